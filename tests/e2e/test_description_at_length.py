"""The API keeps to its own description at every bound that it names: minutes to think of, so only for proofs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case

from cli.local_stack import LocalStack
from cli.openapi import written
from tests.e2e.test_description import check

many = schemathesis.openapi.from_path(written())


@pytest.mark.proof
@many.parametrize()
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_description_knows_at_length(
    case: Case[Any], stack: LocalStack, api: httpx.Client, member: str
) -> None:
    """M36, E30: and at every bound that the description names."""
    check(case, stack, api, member)

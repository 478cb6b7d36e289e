"""The API keeps to its own description, whatever is sent: requests are made up from it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cli.local_stack import LocalStack
from cli.openapi import written
from tests.e2e.calls import found

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

PATIENCE_SECONDS = 60
"""The emulator starts functions one by one, and reads hundreds of items for an export, beside all other tests."""

some = schemathesis.openapi.from_path(written())
some.config.phases.coverage.enabled = False


@some.parametrize()
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_description_knows(
    case: Case[Any], stack: LocalStack, api: httpx.Client, member: str
) -> None:
    """M36, E30: never a 5xx; status, type and shape are documented."""
    check(case, stack, api, member)


def test_the_description_served_is_the_one_generated(api: httpx.Client) -> None:
    """M36: generated from the code."""
    assert found(api.get("/v1/openapi.json")) == json.loads(written().read_text())


def check(case: Case[Any], stack: LocalStack, api: httpx.Client, member: str) -> None:
    """What ``case`` asks of the API, about ``member``, is answered as the description says."""
    _aim(case, member)
    headers = {"Authorization": api.headers["Authorization"]}
    case.call_and_validate(base_url=stack.api_url(), headers=headers, checks=CHECKS, timeout=PATIENCE_SECONDS)


def _aim(case: Case[Any], member: str) -> None:
    """Puts a member and a brand that exist into the places for them, so that requests get past the door."""
    if "member_id" in case.path_parameters and not case.operation.path.endswith("/erasure"):  # the others need them
        case.path_parameters["member_id"] = member
    if isinstance(case.body, dict):
        places: dict[str, Any] = {
            "member": {"id": member},
            "brand": "maru",
            "store": "m1",
            "channel": "store",
            "currency": "TWD",
        }
        case.body |= {name: value for name, value in places.items() if isinstance(case.body.get(name), type(value))}

"""The functions about purchases inside this process."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from tests.contract.targets import REGION
from tests.serving import Loaded, both_tables
from tests.unit.purchases.serving import FUNCTIONS, Cloud, Function


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """Loaded once: the functions' routes take longer to build than all tests to run."""
    with both_tables():
        yield Cloud(Loaded(*FUNCTIONS), boto3.client("dynamodb", region_name=REGION))


@pytest.fixture
def function(cloud: Cloud) -> Function:
    """Over empty tables."""
    cloud.clear()
    return Function(cloud.functions)

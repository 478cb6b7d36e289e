"""The function `record_purchases` inside this process."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import boto3
import pytest

from tests.contract.targets import REGION
from tests.serving import both_tables
from tests.unit.purchases.serving import Cloud, Function


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """Loaded once: the function's routes take longer to build than all tests to run."""
    with both_tables():
        module = importlib.reload(importlib.import_module("functions.record_purchases.handler"))
        yield Cloud(module, boto3.client("dynamodb", region_name=REGION))


@pytest.fixture
def function(cloud: Cloud) -> Function:
    """Over empty tables."""
    cloud.clear()
    return Function(cloud.module)

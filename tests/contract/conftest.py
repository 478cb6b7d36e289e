"""One suite, four targets: what a store promises holds in memory and on DynamoDB alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from uuid import uuid4

import pytest
from moto import mock_aws

from huitou.platform.table import Table
from huitou.simulator.memory import MemoryTable
from tests.contract import targets
from tests.contract.targets import AnyTable

Endpoint = Callable[[str], str | None]
SideBySide = Callable[[int, Callable[[int], object]], list[object]]


@pytest.fixture(scope="session")
def endpoint_of() -> Iterator[Endpoint]:
    """Starts a target when the first test asks for it; skips where it cannot run."""
    started: dict[str, str | None] = {"moto": None}
    starters = {"emulator": targets.emulator, "dynamodb_local": targets.dynamodb_local}
    with ExitStack() as servers:

        def endpoint(target: str) -> str | None:
            if target not in started:
                try:
                    started[target] = servers.enter_context(starters[target]())
                except FileNotFoundError as reason:
                    pytest.skip(str(reason))
            return started[target]

        yield endpoint


@pytest.fixture(autouse=True)
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that open nothing, so that no test can reach a real account."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")


@pytest.fixture(params=["moto", "emulator", "dynamodb_local"])
def dynamo_table(request: pytest.FixtureRequest, endpoint_of: Endpoint) -> Iterator[Table]:
    """An empty table of its own for each test, on each kind of DynamoDB."""
    yield from _dynamo(request.param, endpoint_of)


@pytest.fixture(params=["memory", "moto", "emulator", "dynamodb_local"])
def table(request: pytest.FixtureRequest, endpoint_of: Endpoint) -> Iterator[AnyTable]:
    """As `dynamo_table`, and in memory: a store is built on whichever it is."""
    if request.param == "memory":
        yield MemoryTable()
    else:
        yield from _dynamo(request.param, endpoint_of)


@pytest.fixture
def side_by_side(request: pytest.FixtureRequest) -> SideBySide:
    """Makes so many calls at once and gives what each came to; on moto, which knows no threads, one by one."""

    def outcome(call: Callable[[int], object], number: int) -> object:
        try:
            return call(number)
        except Exception as error:
            return error

    def crowd(calls: int, call: Callable[[int], object]) -> list[object]:
        with ThreadPoolExecutor(1 if "moto" in request.node.name else min(calls, 50)) as pool:
            return list(pool.map(partial(outcome, call), range(calls)))

    return crowd


def _dynamo(target: str, endpoint_of: Endpoint) -> Iterator[Table]:
    with ExitStack() as mocked:
        if target == "moto":
            mocked.enter_context(mock_aws())
        endpoint, name = endpoint_of(target), f"table-{uuid4().hex}"
        targets.create_table(name, endpoint)
        yield Table(name, targets.REGION, endpoint)

"""The whole stack, once for all tests in this folder: the emulator, the real CDK app on it, a programme, keys.

``HUITOU_E2E_STACK`` may name the folder of a local stack that is deployed already: the tests then run on it as it
is and leave it running, which saves a minute while one works on them.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli import deploy, local_stack
from cli.local_stack import LocalStack
from huitou.access.model import PERMISSIONS
from huitou.access.service import KeyService
from huitou.access.store import TableKeys
from huitou.kernel.instants import to_instant
from huitou.platform.table import Table
from huitou.program.model import GROUP
from tests.contract.targets import free_port
from tests.e2e.calls import PROGRAM, buy, enrol
from tests.e2e.listening import Listening
from tests.e2e.platform import Platform
from tests.subscribing import Subscriber

HERE = Path(__file__).parent
LAST = "test_logs.py"
"""Looks at what all the others left behind."""
LINE_ACCESS_TOKEN = "a-token"
LINE_CHANNEL_SECRET = "8f2a6c1d4e7b9035a1c2d3e4f5061728"
WIDTH = 6
"""How many calls of one function run at the same time here."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What takes minutes to be collected is left aside where it would not be run."""
    is_long = collection_path.name == "test_description_at_length.py"
    return True if is_long and config.getoption("markexpr") == "not proof" else None


@pytest.hookimpl(tryfirst=True)  # before the plugin that reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests here share one stack, so one worker runs them, in order; but for those that name a group themselves."""
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.e2e)
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group("e2e"))
    items.sort(key=lambda item: item in ours and item.path.name == LAST)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The emulator with everything deployed, in a folder and on a port of its own."""
    given = os.environ.get("HUITOU_E2E_STACK")
    if given:
        deployed = local_stack.require(Path(given).resolve())
        _keep_narrow(deployed)
        _tell_line_channel(deployed)
        yield deployed
        return
    folder = tmp_path_factory.mktemp("stack")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", os.getpid())
    (tmp_path_factory.getbasetemp().parent / f"stack of {run}").mkdir()  # there is only one: workers must not share it
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUITOU_PORT", str(free_port()))
        patch.setattr(deploy, "ASSEMBLIES", folder / "cdk.out")
        running = local_stack.start(folder)
        try:
            deploy.deploy_local(running)
            _keep_narrow(running)
            _tell_line_channel(running)
            yield running
        finally:
            local_stack.stop(folder)


@pytest.fixture(scope="session")
def platform(stack: LocalStack) -> Iterator[Platform]:
    """What stands behind the API, for what no call shows: tables, queues, logs, functions."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        yield Platform(stack)


@pytest.fixture(scope="module")
def bus(stack: LocalStack) -> Iterator[Listening]:
    """Whoever listens to the group's bus while these tests run."""
    subscriber = Subscriber(stack.client("events"), stack.client("sqs"), stack.outputs()["EventBus"])
    yield Listening(subscriber)
    subscriber.leave()


@pytest.fixture(scope="session")
def keys(platform: Platform) -> KeyService:
    """Mints and revokes keys as `huitou keys` does."""
    table = Table(platform.program_table, local_stack.REGION, platform.stack.endpoint)
    return KeyService(TableKeys(table), table.commit, secrets.token_hex)


@pytest.fixture(scope="session")
def api(stack: LocalStack, keys: KeyService) -> Iterator[httpx.Client]:
    """A key of the group that may do everything, and the programme of the tests published with it."""
    with _client(stack, keys, GROUP) as client:
        published = client.post("/v1/program/versions", json=PROGRAM)
        assert published.is_success, published.text
        yield client


@pytest.fixture(scope="module")
def member(api: httpx.Client) -> str:
    """Somebody to ask about, who has bought something: of members made up nobody exists."""
    member = enrol(api)
    buy(api, member, "5000")
    return member


@pytest.fixture(scope="session")
def maru(stack: LocalStack, keys: KeyService, api: httpx.Client) -> Iterator[httpx.Client]:
    """A key of brand maru that may do everything."""
    with _client(stack, keys, "maru") as client:
        yield client


@pytest.fixture(scope="session")
def sora(stack: LocalStack, keys: KeyService, api: httpx.Client) -> Iterator[httpx.Client]:
    """A key of brand sora that may do everything."""
    with _client(stack, keys, "sora") as client:
        yield client


@pytest.fixture(scope="session")
def reader(stack: LocalStack, keys: KeyService, api: httpx.Client) -> Iterator[httpx.Client]:
    """A key of brand maru that may only read."""
    reading = [permission for permission in PERMISSIONS if permission.endswith(":read")]
    with _client(stack, keys, "maru", reading) as client:
        yield client


def client_of(stack: LocalStack, key: str | None) -> httpx.Client:
    """A client of the API with this key, or with none."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return PatientClient(base_url=stack.api_url(), headers=headers, timeout=60)


class PatientClient(httpx.Client):
    """Sends again, as every caller of AWS does, what was turned away because as many functions run as may."""

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        pause = 0.1
        while True:
            answer = super().send(request, **options)
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS or "LimitExceeded" not in answer.text:
                return answer
            time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - not a secret
            pause = min(pause * 2, 3)


def _client(stack: LocalStack, keys: KeyService, brand: str, permissions: Sequence[str] | None = None) -> httpx.Client:
    now = to_instant(datetime.now(UTC))
    key = keys.mint(brand, permissions or PERMISSIONS, f"tests of {brand}", "tests", now)
    return client_of(stack, str(key))


def _keep_narrow(stack: LocalStack) -> None:
    """The emulator starts a process for each call that finds none free: forty at once would take a minute to begin."""
    functions = stack.client("lambda")
    for name in ("record_purchases", "refund_purchases", "serve_checkouts", "serve_members", "serve_wallets"):
        functions.put_function_concurrency(FunctionName=f"huitou-local-{name}", ReservedConcurrentExecutions=WIDTH)


def _tell_line_channel(stack: LocalStack) -> None:
    """Before anything asks for it: what functions know of a secret is good for minutes."""
    channels = {"huitou": {"access_token": LINE_ACCESS_TOKEN, "channel_secret": LINE_CHANNEL_SECRET}}
    secrets_manager = stack.client("secretsmanager")
    secrets_manager.put_secret_value(SecretId=stack.outputs()["LineSecret"], SecretString=json.dumps(channels))

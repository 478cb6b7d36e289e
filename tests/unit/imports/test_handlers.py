"""The four functions of an import, fed with the samples of `events/`, from the request to the report."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from huitou.imports.errors import UnreadableFileError
from huitou.platform.table import Table
from tests.builders import document
from tests.contract.targets import REGION
from tests.gateway import found_at
from tests.serving import BUCKET, Event, publish, sample, states_and_files

HISTORY = b"""type,card,store,receipt,occurred_at,currency,total,sku,amount
member,MM-1,,,,,,,
purchase,MM-1,m1,20961,2025-11-21T18:30:00+08:00,TWD,1000,bread-1,600
purchase,MM-1,m1,20961,2025-11-21T18:30:00+08:00,TWD,1000,tea-1,400
purchase,MM-1,m1,20962,2025-11-22T18:30:00+08:00,TWD,1000,bread-1,999
"""


def by(brand: str, asked: Event, permissions: str = "imports:write") -> Event:
    """The same call with another key."""
    asked["requestContext"]["authorizer"] |= {"brand": brand, "permissions": permissions}
    return asked


class Functions:
    """The functions as the Lambda service runs them, and the state machine between them."""

    def __init__(self, states: str) -> None:
        self._client: Any = boto3.client("stepfunctions", region_name=REGION)
        self._states = states
        self.files: Any = boto3.client("s3", region_name=REGION)
        self.wallets = Table("members", REGION)

    def call(self, incoming: Event) -> tuple[int, Any]:
        answer = _function("serve_imports").handler(incoming, None)
        return answer["statusCode"], json.loads(answer["body"])

    def location(self, incoming: Event) -> str:
        """Where the answer says that its subject is found."""
        return found_at(incoming, _function("serve_imports").handler(incoming, None))

    def run(self, name: str) -> Any:
        """A state, with its sample as input."""
        return _function(name.split(".", maxsplit=1)[0]).handler(sample(name), None)

    def upload(self, content: bytes) -> None:
        _, created = self.call(sample("serve_imports.create"))
        self.files.put_object(Bucket=BUCKET, Key=f"imports/{created['import_id']}/file", Body=content)

    def executions(self) -> list[str]:
        found = self._client.list_executions(stateMachineArn=self._states)["executions"]
        return [str(each["name"]) for each in found]


def _function(name: str) -> Any:
    return importlib.import_module(f"functions.{name}.handler")


@pytest.fixture
def functions() -> Iterator[Functions]:
    with states_and_files("import") as machine:
        publish(document())
        for name in ("serve_imports", "partition_import", "apply_import", "report_import"):
            importlib.reload(_function(name))
        yield Functions(machine)


def test_the_samples_tell_an_imports_story(functions: Functions) -> None:
    """M36: asked for, uploaded, started, cut, applied, reported."""
    status, created = functions.call(sample("serve_imports.create"))
    assert (status, created["status"], created["format"]) == (201, "created", "csv")
    assert created["upload_url"].startswith("https://")

    functions.upload(HISTORY)
    status, started = functions.call(sample("serve_imports.start"))
    assert (status, started["status"], started["rows"]) == (202, "running", None)
    assert functions.executions() == [f"{created['import_id']}-1"]

    assert functions.run("partition_import") == sample("apply_import")["run"]
    _, running = functions.call(sample("serve_imports.get"))
    assert (running["rows"], sum(running["counts"].values())) == (3, 0)

    functions.run("apply_import")
    functions.run("report_import")
    _, ended = functions.call(sample("serve_imports.get"))
    assert (ended["status"], ended["counts"]) == (
        "completed",
        {"members": 1, "recorded": 1, "known": 0, "rejected": 1, "opened": 0},
    )
    assert [(each["line"], each["code"]) for each in ended["rejections"]] == [(5, "invalid_purchase")]
    assert ended["rejections_url"].startswith("https://")


def test_a_worker_that_is_called_again_gives_the_same_report(functions: Functions) -> None:
    """E21."""
    functions.upload(HISTORY)
    functions.call(sample("serve_imports.start"))
    functions.run("partition_import")
    for _ in range(3):
        functions.run("apply_import")
    assert functions.run("report_import") == {"import_id": sample("report_import")["import_id"], "status": "completed"}
    _, ended = functions.call(sample("serve_imports.get"))
    assert ended["counts"] == {"members": 1, "recorded": 1, "known": 0, "rejected": 1, "opened": 0}


def test_a_file_that_cannot_be_read_is_reported_in_its_own_words(functions: Functions) -> None:
    """E30."""
    functions.upload(b"\x1f\x8b\x08 cut off")
    functions.call(sample("serve_imports.start"))
    with pytest.raises(UnreadableFileError):
        functions.run("partition_import")
    functions.run("report_import.failure")
    _, ended = functions.call(sample("serve_imports.get"))
    assert (ended["status"], ended["failure"]) == ("failed", "The file is compressed, but not whole.")


def test_starting_twice_starts_one_execution(functions: Functions) -> None:
    """E14."""
    functions.upload(HISTORY)
    assert [functions.call(sample("serve_imports.start"))[0] for _ in range(2)] == [202, 202]
    assert len(functions.executions()) == 1


def test_asking_twice_with_one_key_asks_once(functions: Functions) -> None:
    """E14."""
    answers = [functions.call(sample("serve_imports.create")) for _ in range(2)]
    assert [(status, created["replayed"]) for status, created in answers] == [(201, False), (200, True)]
    assert functions.location(sample("serve_imports.create")) == f"/v1/imports/{answers[0][1]['import_id']}"
    assert answers[0][1]["import_id"] == answers[1][1]["import_id"]


def test_an_import_without_a_file_does_not_start(functions: Functions) -> None:
    """E30."""
    functions.call(sample("serve_imports.create"))
    status, problem = functions.call(sample("serve_imports.start"))
    assert (status, problem["code"]) == (409, "nothing_uploaded")


@pytest.mark.parametrize("name", ["create", "start", "get"])
def test_every_call_needs_its_permission(functions: Functions, name: str) -> None:
    """M35."""
    status, problem = functions.call(by("maru", sample(f"serve_imports.{name}"), "purchases:write"))
    assert (status, problem["code"]) == (403, "missing_permission")


def test_another_brand_finds_no_such_import(functions: Functions) -> None:
    """E31."""
    functions.call(sample("serve_imports.create"))
    status, problem = functions.call(by("sora", sample("serve_imports.get")))
    assert (status, problem["code"]) == (404, "import_not_found")

"""The three functions of what-if, fed with the samples of `events/`, from the request to the report."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from huitou.platform.keys import MEMBER_SHARDS
from huitou.platform.program_keys import simulation_report
from huitou.platform.table import Table
from huitou.simulator.store import ReportItem, TableSimulations
from tests.builders import MEI, at, document, program, rule
from tests.contract.targets import REGION
from tests.purchases import Shop, bill
from tests.serving import BUCKET, Event, publish, sample, states_and_files

NOW = at("2026-11-21 18:30")


def event(name: str, **changes: Any) -> Event:
    """A sample, with other fields in its body; None leaves a field out."""
    found = sample(name)
    if changes:
        fields = {**json.loads(found["body"]), **changes}
        found["body"] = json.dumps({field: value for field, value in fields.items() if value is not None})
    return found


class Functions:
    """The functions as the Lambda service runs them, and the state machine between them."""

    def __init__(self, states: str) -> None:
        self._states = states
        self._client: Any = boto3.client("stepfunctions", region_name=REGION)
        self._loaded = {
            name: importlib.reload(importlib.import_module(f"functions.{name}.handler"))
            for name in ("serve_simulations", "replay_members", "report_simulation")
        }
        self._loaded["serve_simulations"].app._clock = lambda: NOW

    def call(self, incoming: Event) -> tuple[int, Any]:
        answer = self._loaded["serve_simulations"].handler(incoming, None)
        return answer["statusCode"], json.loads(answer["body"])

    def executions(self) -> list[str]:
        found = self._client.list_executions(stateMachineArn=self._states)["executions"]
        return [str(each["name"]) for each in found]

    def replay(self) -> None:
        """The first state, for each part of the manifest."""
        run, s3 = event("report_simulation"), boto3.client("s3", region_name=REGION)
        listed = s3.get_object(Bucket=BUCKET, Key=run["manifest_key"])["Body"].read()
        for chunk in json.loads(listed):
            self._loaded["replay_members"].handler({"run": run, "chunk": chunk}, None)

    def report(self, sample: str = "report_simulation") -> Any:
        """The last state."""
        return self._loaded["report_simulation"].handler(event(sample), None)


@pytest.fixture
def functions() -> Iterator[Functions]:
    """Version 1 holds, version 2 would pay double; Mei bought for 1000 in March and in April."""
    with states_and_files("simulation") as machine:
        publish(document())
        publish(document(earning=[rule(points="2")]))
        shop = Shop(program(), Table("members", REGION))
        shop.enrol(MEI)
        shop.sell(bill("A-1"))
        shop.sell(bill("A-2", occurred_at=at("2026-04-01 12:00")))
        yield Functions(machine)


def test_the_samples_tell_the_story_of_a_simulation(functions: Functions) -> None:
    """M14: asked for, replayed, put together; what was bought in April is not asked about."""
    status, created = functions.call(event("serve_simulations.create"))
    assert (status, created["status"], created["replayed"]) == (202, "running", False)
    assert functions.executions() == [created["simulation_id"]]
    assert created["progress"] == {"parts": MEMBER_SHARDS, "done": 0}

    functions.replay()
    _, waiting = functions.call(event("serve_simulations.get"))
    assert (waiting["status"], waiting["progress"]["done"], waiting["report"]) == ("running", MEMBER_SHARDS, None)

    assert functions.report() == {"simulation_id": created["simulation_id"], "status": "completed"}
    _, completed = functions.call(event("serve_simulations.get"))
    [points] = completed["report"]["points"]
    assert points["issued"] == {"before": "10", "after": "20", "more": "10"}
    assert completed["report"]["most_affected"][0]["member"] == MEI
    again, replayed = functions.call(event("serve_simulations.create"))
    assert (again, replayed["replayed"], replayed["report"]) == (200, True, completed["report"])


def test_reports_that_were_kept_before_there_were_coupons_are_told(functions: Functions) -> None:
    """Whoever reads the report relies on each of its fields."""
    functions.call(event("serve_simulations.create"))
    functions.replay()
    found = functions.report()["simulation_id"]
    kept = {"campaigns": [{"campaign": "miss-you", "points": []}]}
    table = Table("program", REGION)
    table.commit([table.delete(ReportItem, *simulation_report(found), refused=LookupError())])
    table.commit([TableSimulations(table).save_report(found, kept)])
    _, answered = functions.call(event("serve_simulations.get"))
    [told] = answered["report"]["campaigns"]
    assert told == {"campaign": "miss-you", "points": [], "coupons": {"before": 0, "after": 0}}


def test_a_simulation_a_part_of_which_failed_has_failed(functions: Functions) -> None:
    """M14: nothing is told from a part of the members."""
    functions.call(event("serve_simulations.create"))
    functions.report("report_simulation.failure")
    _, failed = functions.call(event("serve_simulations.get"))
    assert (failed["status"], failed["report"]) == ("failed", None)
    assert failed["failure"]


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"version": None}, "validation_failed", ""),
        ({"draft_id": "Q" * 26}, "validation_failed", ""),
        ({"version": 0}, "validation_failed", "/version"),
        ({"version": 9}, "invalid_simulation", "/version"),
        ({"version": None, "draft_id": "Q" * 26}, "invalid_simulation", "/draft_id"),
        ({"from": "March"}, "validation_failed", "/from"),
        ({"from": "0001-01-01"}, "validation_failed", "/from"),
        ({"from": "2026-04-01"}, "invalid_simulation", "/to"),
        ({"to": "2026-12-24"}, "invalid_simulation", "/to"),
        ({"version": None, "document": {}}, "invalid_program", "/document/name"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_its_place(
    functions: Functions, changes: Event, code: str, pointer: str
) -> None:
    """E30."""
    status, refused = functions.call(event("serve_simulations.create", **changes))
    assert (status, refused["code"]) == (422, code)
    assert pointer in {each["pointer"] for each in refused["errors"]}
    assert functions.executions() == []


def test_a_brands_key_sees_nothing_of_it(functions: Functions) -> None:
    """E31: a simulation goes over the members of every brand."""
    for name in ("create", "get"):
        asked = event(f"serve_simulations.{name}")
        asked["requestContext"]["authorizer"]["brand"] = "maru"
        status, refused = functions.call(asked)
        assert (status, refused["code"]) == (403, "foreign_brand")


def test_who_may_read_may_not_ask(functions: Functions) -> None:
    """A key carries its permissions."""
    asked = event("serve_simulations.create")
    asked["requestContext"]["authorizer"]["permissions"] = "simulations:read program:read"
    status, refused = functions.call(asked)
    assert (status, refused["code"]) == (403, "missing_permission")

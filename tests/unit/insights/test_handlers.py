"""The four functions of insights, fed with the samples of `events/`, from the request to what is known."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import boto3
import pytest

from huitou.kernel.ids import digest_of
from huitou.platform.table import Table
from huitou.rebuilding.model import Rebuild
from huitou.rebuilding.store import rebuilds_in
from tests.builders import MEI, at, document, program
from tests.contract.targets import REGION
from tests.purchases import LIN, NOON, Shop, bill
from tests.serving import BUCKET, publish, sample, states_and_files
from tests.standing import BEST

NOW = at("2026-11-22 03:30")
NAMES = ("serve_insights", "begin_insights", "measure_members", "fit_insights")


class Functions:
    """The functions as the Lambda service runs them, and the state machine between them."""

    def __init__(self, states: str) -> None:
        self._states = states
        self._client: Any = boto3.client("stepfunctions", region_name=REGION)
        self.loaded: dict[str, Any] = {
            name: importlib.reload(importlib.import_module(f"functions.{name}.handler")) for name in NAMES
        }

    def call(self, case: str) -> tuple[int, Any]:
        answer = self.loaded["serve_insights"].handler(sample(f"serve_insights.{case}"), None)
        return answer["statusCode"], json.loads(answer["body"])

    def executions(self) -> list[str]:
        found = self._client.list_executions(stateMachineArn=self._states)["executions"]
        return [str(each["name"]) for each in found]

    def run(self, begun_by: str) -> Any:
        """All states: what the last one says."""
        with patch.object(self.loaded["begin_insights"], "datetime") as clock:
            clock.now.return_value = NOW
            run = self.loaded["begin_insights"].handler(sample(begun_by), None)
        listed = boto3.client("s3", region_name=REGION).get_object(Bucket=BUCKET, Key=run["manifest_key"])
        for chunk in json.loads(listed["Body"].read()):
            self.loaded["measure_members"].handler({"run": run, "chunk": chunk}, None)
        return self.loaded["fit_insights"].handler(run, None)


@pytest.fixture
def functions() -> Iterator[Functions]:
    """Mei bought for 1000 twice, Lin once."""
    with states_and_files("insight", "rebuild") as machine:
        publish(document())
        shop = Shop(program(), Table("members", REGION))
        for number, member in enumerate((MEI, LIN, MEI)):
            if number < 2:
                shop.enrol(member)
            shop.sell(bill(f"A-{number}"), member)
        yield Functions(machine)


def test_the_samples_tell_the_story_of_a_run(functions: Functions) -> None:
    """M16, M18: asked for, measured, kept; two members are too few to fit a model to."""
    assert functions.call("get")[1]["code"] == "no_insights"
    status, asked = functions.call("ask")
    assert status == 202
    assert functions.executions() == [asked["run_id"]] == [sample("begin_insights.asked")["run_id"]]

    assert functions.run("begin_insights.asked") == {"version": 1}
    status, found = functions.call("get")
    assert (status, found["version"], found["run_id"], found["members"]) == (200, 1, asked["run_id"], 2)
    assert (found["alive"], found["not_fitted"]) == (None, "too_few_members")
    whole_days = (NOW - NOON).days
    assert found["rfm"] == {
        "days": 365,
        "members": 2,
        "recency": [whole_days - 1] * 4,
        "frequency": [2] * 4,
        "money": ["1001", "1001", "2001", "2001"],
    }


def test_the_clock_starts_runs_of_its_own(functions: Functions) -> None:
    """M18: each is another one."""
    assert functions.run("begin_insights") == {"version": 1}
    assert functions.run("begin_insights.asked") == {"version": 2}


def test_where_segments_compare_members_everybody_is_looked_at_anew(functions: Functions) -> None:
    """M16: once for each version of what is known, however often the last state is tried."""
    publish(document(segments=[BEST]))

    assert functions.run("begin_insights.asked") == functions.run("begin_insights.asked") == {"version": 1}

    (rebuild,) = rebuilds_of_insights(1)
    assert (rebuild.cause, rebuild.program, rebuild.status) == ("measured", 2, "running")


def test_where_none_does_nobody_is_looked_at(functions: Functions) -> None:
    functions.run("begin_insights.asked")
    assert rebuilds_of_insights(1) == []


def rebuilds_of_insights(version: int) -> list[Rebuild]:
    """Those that have followed this version of what is known of all."""
    found = rebuilds_in(Table("program", REGION)).find(digest_of(("rebuild", "measured", str(version))))
    return [found] if found else []


def test_the_samples_of_states_are_what_states_hand_on(functions: Functions) -> None:
    run = functions.loaded["begin_insights"].handler(sample("begin_insights.asked"), None)
    assert run.keys() == sample("fit_insights").keys() == sample("measure_members")["run"].keys()
    assert run["manifest_key"] == sample("fit_insights")["manifest_key"]
    assert functions.loaded["measure_members"].handler(sample("measure_members"), None)["part"] == 7


def test_where_a_shard_was_not_measured_all_stays_as_it_was(functions: Functions) -> None:
    """M18: quantiles of a part of the members would be wrong for all."""
    functions.run("begin_insights")
    before = functions.call("get")
    assert functions.loaded["fit_insights"].handler(sample("fit_insights.failure"), None) == {"version": None}
    assert functions.call("get") == before

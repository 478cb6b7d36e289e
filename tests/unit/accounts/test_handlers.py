"""The three functions of the money side, fed with the samples of `events/`, from the request to a closed month."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from huitou.platform.keys import MEMBER_SHARDS
from huitou.platform.table import Table
from huitou.points.store import TableWallets
from tests.accounts import MEMBERS, PRICES_WRITTEN, Town, keep, settled_program
from tests.builders import at, document
from tests.contract.targets import REGION
from tests.serving import BUCKET, Event, publish, sample, states_and_files


class Functions:
    """The functions as the Lambda service runs them, and the state machine between them."""

    def __init__(self, states: str) -> None:
        self._client: Any = boto3.client("stepfunctions", region_name=REGION)
        self._states = states
        self.files: Any = boto3.client("s3", region_name=REGION)

    def call(self, incoming: Event) -> tuple[int, Any]:
        answer = _function("serve_accounts").handler(incoming, None)
        return answer["statusCode"], json.loads(answer["body"])

    def executions(self) -> list[str]:
        found = self._client.list_executions(stateMachineArn=self._states)["executions"]
        return [str(each["name"]) for each in found]

    def carry_out(self) -> Any:
        """What the state machine does with the samples."""
        for shard in range(MEMBER_SHARDS):
            _function("count_accounts").handler({**sample("count_accounts"), "chunk": {"part": shard}}, None)
        return _function("report_accounts").handler(sample("report_accounts"), None)

    def manifest(self) -> Any:
        key = sample("report_accounts")["manifest_key"]
        return json.loads(self.files.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def _function(name: str) -> Any:
    return importlib.import_module(f"functions.{name}.handler")


@pytest.fixture
def functions() -> Iterator[Functions]:
    with states_and_files("account") as machine:
        publish(document(settlement=PRICES_WRITTEN))
        for name in ("serve_accounts", "count_accounts", "report_accounts"):
            importlib.reload(_function(name))
        yield Functions(machine)


def lived_in_march() -> None:
    """Mei earned 300 at maru and spent 140 of them at sora."""
    town = Town(settled_program(), at("2026-03-02 12:00"))
    town.earn(MEMBERS[0], 300)
    town.redeem(MEMBERS[0], 140)
    members = Table("members", REGION)
    keep(town, TableWallets(members), members.commit)


def test_the_samples_tell_the_story_of_a_month(functions: Functions) -> None:
    """M13: asked for, counted, summed up, closed, and from then on what it is."""
    lived_in_march()
    status, created = functions.call(sample("serve_accounts.create"))
    assert (status, created["status"], created["replayed"]) == (202, "running", False)
    assert functions.executions() == [created["account_id"]]
    assert functions.manifest() == [{"part": shard} for shard in range(MEMBER_SHARDS)]

    assert functions.carry_out() == {"account_id": created["account_id"], "status": "completed"}
    _, counted = functions.call(sample("serve_accounts.get"))
    (line,) = counted["settlement"]["lines"]
    assert (line["payer"], line["payee"], line["points"], line["amount"]) == ("maru", "sora", "140", "40")
    assert counted["settlement"]["balances"] == [{"brand": "maru", "amount": "-40"}, {"brand": "sora", "amount": "40"}]

    status, missing = functions.call(sample("serve_accounts.get_settlement"))
    assert (status, missing["code"]) == (404, "settlement_not_found")
    status, closed = functions.call(sample("serve_accounts.close"))
    assert (status, closed["lines"], closed["replayed"]) == (200, [line], False)
    again, _ = functions.call(sample("serve_accounts.close"))
    assert again == 200
    status, final = functions.call(sample("serve_accounts.get_settlement"))
    assert (status, final["lines"], final["closed_by"]) == (200, [line], "8d1c6a340b7ef251")


def test_a_report_whose_shard_could_not_be_counted_has_failed(functions: Functions) -> None:
    """M13: nothing is told from a part of the members."""
    functions.call(sample("serve_accounts.create"))
    _function("report_accounts").handler(sample("report_accounts.failure"), None)
    _, failed = functions.call(sample("serve_accounts.get"))
    assert (failed["status"], failed["settlement"]) == ("failed", None)
    status, refused = functions.call(sample("serve_accounts.close"))
    assert (status, refused["code"]) == (422, "settlement_mismatch")


def test_what_is_open_is_told_by_currency_issuer_and_month_with_its_worth(functions: Functions) -> None:
    """M13."""
    lived_in_march()
    asked = sample("serve_accounts.create")
    asked["body"] = json.dumps({"type": "liability", "at": "2026-03-03T00:00:00+08:00"})
    functions.call(asked)
    functions.carry_out()
    _, counted = functions.call(sample("serve_accounts.get"))
    (row,) = counted["liability"]
    assert (row["currency"], row["issuer"], row["expires"]) == ("points", "maru", "2026-04")
    assert (row["spendable"], row["held"], row["worth"], counted["worth"]) == ("160", "0", "40", "40")


@pytest.mark.parametrize(
    "body",
    [
        {"type": "settlement"},
        {"type": "settlement", "month": "2026-13"},
        {"type": "settlement", "month": "0000-12"},
        {"type": "settlement", "month": "2026-03", "at": "2026-03-03T00:00:00Z"},
        {"type": "liability", "month": "2026-03"},
    ],
)
def test_a_report_is_asked_for_with_what_its_type_needs(functions: Functions, body: Event) -> None:
    """E30."""
    status, refused = functions.call({**sample("serve_accounts.create"), "body": json.dumps(body)})
    assert (status, refused["code"]) == (422, "validation_failed")


def test_a_brands_key_sees_nothing_of_it(functions: Functions) -> None:
    """E31: what brands owe each other is the group's."""
    for name in ("create", "get", "close", "get_settlement"):
        asked = sample(f"serve_accounts.{name}")
        asked["requestContext"]["authorizer"]["brand"] = "maru"
        status, refused = functions.call(asked)
        assert (status, refused["code"]) == (403, "foreign_brand")

"""The three functions of the money side, fed with the samples of `events/`, from the request to a closed month."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from huitou.kernel.instants import EPOCH
from huitou.platform.keys import MEMBER_SHARDS
from huitou.platform.table import Table
from huitou.points.store import TableWallets
from huitou.program.publishing import ProgramPublisher
from huitou.program.store import TableVersions
from tests.accounts import MEMBERS, PRICES_WRITTEN, Town, keep, settled_program
from tests.builders import at, document
from tests.contract.targets import REGION, create_table

EVENTS = Path(__file__).parents[3] / "events"
BUCKET = "imports"

Event = dict[str, Any]


def event(name: str) -> Event:
    loaded: Event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


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
            sample = event("count_accounts")
            _function("count_accounts").handler({**sample, "chunk": {"shard": shard}}, None)
        return _function("report_accounts").handler(event("report_accounts"), None)

    def manifest(self) -> Any:
        key = event("report_accounts")["manifest_key"]
        return json.loads(self.files.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def _function(name: str) -> Any:
    return importlib.import_module(f"functions.{name}.handler")


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    with mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        states: Any = boto3.client("stepfunctions", region_name=REGION)
        definition = {"StartAt": "wait", "States": {"wait": {"Type": "Pass", "End": True}}}
        arn = states.create_state_machine(
            name="account", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/account"
        )["stateMachineArn"]
        for name, value in {
            "AWS_REGION": REGION,
            "HUITOU_MEMBERS_TABLE": "members",
            "HUITOU_PROGRAM_TABLE": "program",
            "HUITOU_IMPORT_BUCKET": BUCKET,
            "HUITOU_ACCOUNT_STATE_MACHINE": arn,
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        create_table("members", None)
        create_table("program", None)
        s3: Any = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        table = Table("program", REGION)
        publisher = ProgramPublisher(TableVersions(table), table.commit, lambda _: None)
        publisher.publish(json.dumps(document(settlement=PRICES_WRITTEN)), by="tests", now=EPOCH)
        for name in ("serve_accounts", "count_accounts", "report_accounts"):
            importlib.reload(_function(name))
        yield Functions(arn)


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
    status, created = functions.call(event("serve_accounts.create"))
    assert (status, created["status"], created["replayed"]) == (202, "running", False)
    assert functions.executions() == [created["account_id"]]
    assert functions.manifest() == [{"shard": shard} for shard in range(MEMBER_SHARDS)]

    assert functions.carry_out() == {"account_id": created["account_id"], "status": "completed"}
    _, counted = functions.call(event("serve_accounts.get"))
    (line,) = counted["settlement"]["lines"]
    assert (line["payer"], line["payee"], line["points"], line["amount"]) == ("maru", "sora", "140", "40")
    assert counted["settlement"]["balances"] == [{"brand": "maru", "amount": "-40"}, {"brand": "sora", "amount": "40"}]

    status, missing = functions.call(event("serve_accounts.get_settlement"))
    assert (status, missing["code"]) == (404, "settlement_not_found")
    status, closed = functions.call(event("serve_accounts.close"))
    assert (status, closed["lines"], closed["replayed"]) == (200, [line], False)
    again, _ = functions.call(event("serve_accounts.close"))
    assert again == 200
    status, final = functions.call(event("serve_accounts.get_settlement"))
    assert (status, final["lines"], final["closed_by"]) == (200, [line], "8d1c6a340b7ef251")


def test_a_report_whose_shard_could_not_be_counted_has_failed(functions: Functions) -> None:
    """M13: nothing is told from a part of the members."""
    functions.call(event("serve_accounts.create"))
    _function("report_accounts").handler(event("report_accounts.failure"), None)
    _, failed = functions.call(event("serve_accounts.get"))
    assert (failed["status"], failed["settlement"]) == ("failed", None)
    status, refused = functions.call(event("serve_accounts.close"))
    assert (status, refused["code"]) == (422, "settlement_mismatch")


def test_what_is_open_is_told_by_currency_issuer_and_month_with_its_worth(functions: Functions) -> None:
    """M13."""
    lived_in_march()
    asked = event("serve_accounts.create")
    asked["body"] = json.dumps({"type": "liability", "at": "2026-03-03T00:00:00+08:00"})
    functions.call(asked)
    functions.carry_out()
    _, counted = functions.call(event("serve_accounts.get"))
    (row,) = counted["liability"]
    assert (row["currency"], row["issuer"], row["expires"]) == ("points", "maru", "2026-04")
    assert (row["spendable"], row["held"], row["worth"], counted["worth"]) == ("160", "0", "40", "40")


@pytest.mark.parametrize(
    "body",
    [
        {"type": "settlement"},
        {"type": "settlement", "month": "2026-13"},
        {"type": "settlement", "month": "2026-03", "at": "2026-03-03T00:00:00Z"},
        {"type": "liability", "month": "2026-03"},
    ],
)
def test_a_report_is_asked_for_with_what_its_type_needs(functions: Functions, body: Event) -> None:
    """E30."""
    status, refused = functions.call({**event("serve_accounts.create"), "body": json.dumps(body)})
    assert (status, refused["code"]) == (422, "validation_failed")


def test_a_brands_key_sees_nothing_of_it(functions: Functions) -> None:
    """E31: what brands owe each other is the group's."""
    for name in ("create", "get", "close", "get_settlement"):
        asked = event(f"serve_accounts.{name}")
        asked["requestContext"]["authorizer"]["brand"] = "maru"
        status, refused = functions.call(asked)
        assert (status, refused["code"]) == (403, "foreign_brand")

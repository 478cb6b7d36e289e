"""The function `serve_suppressions` on tables in this process, fed with the samples of `events/`."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from huitou.kernel.channels import MessageChannel
from huitou.members.identity import Identity
from huitou.platform.table import Table
from huitou.suppressions.model import SuppressionGround, Word, destination
from tests.builders import at
from tests.contract.targets import REGION
from tests.serving import both_tables, sample

NOON = at("2026-03-02 12:00")
HOUR = timedelta(hours=1)
MAILBOX = destination(MessageChannel.EMAIL, "mei@example.com")
LINE_USER = destination(MessageChannel.LINE, "U" + 32 * "1", "huitou")
PHONE = destination(MessageChannel.SMS, "+886912345678")


class Desk:
    """The function, and what is known of addresses."""

    def __init__(self) -> None:
        self.module: Any = importlib.reload(importlib.import_module("functions.serve_suppressions.handler"))
        self.module.app._clock = lambda: NOON
        self._table = Table("members", REGION)

    def say(self, address: Identity, ground: SuppressionGround | None, hours: int = -1) -> None:
        self._table.commit(self.module.suppressions.hear(address, Word(NOON + hours * HOUR, ground)))

    def ask(self, case: str, body: Any = None, brand: str = "group", **path: str) -> tuple[int, Any]:
        event = sample(f"serve_suppressions.{case}")
        event["requestContext"]["authorizer"]["brand"] = brand
        event["body"] = json.dumps(body) if body is not None else event["body"]
        event["pathParameters"] = path or event["pathParameters"]
        event["path"] = event["resource"].format(**(event["pathParameters"] or {}))
        answer = self.module.handler(event, None)
        return answer["statusCode"], json.loads(answer["body"])

    def audited(self) -> list[dict[str, str]]:
        client: Any = boto3.client("dynamodb", region_name=REGION)
        items = client.scan(TableName="program")["Items"]
        return [{name: value["S"] for name, value in item.items() if "S" in value} for item in items]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with both_tables():
        yield Desk()


def test_an_address_is_looked_up_in_whichever_way_it_is_written(desk: Desk) -> None:
    desk.say(MAILBOX, SuppressionGround.BOUNCED)
    desk.say(PHONE, SuppressionGround.BLOCKED)
    desk.say(LINE_USER, None)
    for body, channel, ground in (
        ({"email": "Mei@EXAMPLE.com"}, "email", "bounced"),
        ({"phone": "0912-345-678"}, "sms", "blocked"),
        ({"line": {"provider": "Huitou", "user_id": LINE_USER.value}}, "line", None),
    ):
        status, told = desk.ask("look_up", body)
        assert (status, told["channel"], told["ground"]) == (200, channel, ground)
        assert told["said_at"] == "2026-03-02T03:00:00.000Z"


def test_of_an_address_that_nothing_was_said_of_that_is_told(desk: Desk) -> None:
    status, told = desk.ask("look_up")
    assert (status, told["ground"], told["said_at"]) == (200, None, None)


def test_what_is_lifted_is_written_to_and_the_audit_log_knows_why(desk: Desk) -> None:
    desk.say(MAILBOX, SuppressionGround.BOUNCED)
    first, again = desk.ask("lift"), desk.ask("lift")
    assert first == again
    assert (first[0], first[1]["ground"]) == (200, None)
    (entry,) = desk.audited()
    assert entry["action"] == "suppression_lifted"
    assert entry["subject"] == first[1]["suppression_id"]
    assert entry["reason"] == "She has her mailbox again"
    assert "mei@" not in str(entry).lower()


@pytest.mark.parametrize("hours", [-1, 0, 5])
def test_a_lifting_holds_against_all_that_was_said_before_also_by_a_wrong_clock(desk: Desk, hours: int) -> None:
    desk.say(MAILBOX, SuppressionGround.COMPLAINED, hours)
    desk.ask("lift")
    desk.say(MAILBOX, SuppressionGround.COMPLAINED, hours)
    assert not desk.module.suppressions.holds_back(MAILBOX)
    desk.say(MAILBOX, SuppressionGround.BOUNCED, 6)
    assert desk.module.suppressions.holds_back(MAILBOX)


@pytest.mark.parametrize("name", ["email-AAAAAAAAAAAAAAAAAAAAAAAAAA", "fax-AAAAAAAAAAAAAAAAAAAAAAAAAA", "email", "-"])
def test_what_nobody_knows_cannot_be_lifted(desk: Desk, name: str) -> None:
    status, problem = desk.ask("lift", suppression_id=name)
    assert (status, problem["code"]) == (404, "suppression_not_found")
    assert desk.audited() == []


@pytest.mark.parametrize(
    "body", [{}, {"email": "x"}, {"email": "mei@example.com", "phone": "0912345678"}, {"card": "1"}, {"phone": "12"}]
)
def test_what_is_no_address_is_refused(desk: Desk, body: Any) -> None:
    status, problem = desk.ask("look_up", body)
    assert (status, problem["code"]) == (422, "validation_failed")


def test_a_lifting_says_why(desk: Desk) -> None:
    desk.say(MAILBOX, SuppressionGround.BOUNCED)
    assert desk.ask("lift", {})[0] == 422
    assert desk.module.suppressions.holds_back(MAILBOX)


@pytest.mark.parametrize("case", ["look_up", "lift"])
def test_only_the_group_may(desk: Desk, case: str) -> None:
    desk.say(MAILBOX, SuppressionGround.BOUNCED)
    status, problem = desk.ask(case, brand="maru")
    assert (status, problem["code"]) == (403, "foreign_brand")
    assert desk.module.suppressions.holds_back(MAILBOX)

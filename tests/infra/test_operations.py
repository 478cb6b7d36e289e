"""Whatever a function does, it may: what it really asks for, also about who was merged, is held to its role."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import boto3
import pytest

from huitou.kernel.ids import OwnedId, parse_id
from huitou.standing.messages import DueMessage, write_message
from tests.asking import asked_for
from tests.contract.targets import REGION
from tests.gateway import request
from tests.infra.test_permissions import ALLOWED
from tests.messaging import FANG, NOW, MessageDesk
from tests.serving import MEI, Loaded, both_tables, sample
from tests.templates import SENDERS, speaking, template

HOUR = timedelta(hours=1)
PUBLISHED = speaking(template(), segments=["staff"])
PUBLISHED["messages"] |= {"frequency_caps": [{"most": 3, "days": 7}], "testers": "staff"}
NEWS = {"template": "hello"}
CONSENT = "/v1/members/{member_id}/consents/{channel}/{brand}/{purpose}"
TOLD = {
    "HUITOU_MESSAGES_QUEUE_URL": "messages",
    "HUITOU_SERVICE_QUEUE_URL": "service-messages",
    "HUITOU_PUBLIC_URL": "https://m.huitou.example",
    "HUITOU_EMAIL_SERVICE": "ses",
    "HUITOU_SMS_SERVICE": "sns",
    "HUITOU_LINE_SERVICE": "line",
    "HUITOU_LINE_SECRET": "line",
}


class Merged(MessageDesk):
    """Mei, who has a mailbox and agreed to news, and has absorbed Fang; something was planned for each before."""

    def __init__(self) -> None:
        super().__init__(PUBLISHED)
        self._records = Loaded("serve_members", "serve_records")
        for module in self._records.modules.values():
            module.app._clock = lambda: NOW
        self._tell("PATCH", "/v1/members/{member_id}", {"profile": {"contact_email": "mei@example.com"}})
        consent = {"member_id": MEI, "channel": "email", "brand": "maru", "purpose": "marketing"}
        self._tell("PUT", CONSENT, {"granted": True, "source": "till"}, consent)
        self.of_mei, self.of_fang = self.sent(**NEWS), self.send(FANG, **NEWS)[1]
        merge = {"survivor": MEI, "absorbed": FANG, "reason": "One person", "actor": "staff-7"}
        self._tell("POST", "/v1/merges", merge, {})

    def _tell(self, method: str, route: str, body: Any, path: Mapping[str, str] | None = None) -> None:
        named = {"member_id": MEI} if path is None else path
        headers = {"If-Match": '"1"', "Idempotency-Key": "told"}
        answer = self._records.answer(request(method, route, path=named, headers=headers, body=body))
        assert answer["statusCode"] in {200, 201}, answer["body"]

    def dispatch(self, view: Any, hours: int) -> Any:
        """By the worker, so much later than planned; the message as it stands afterwards."""
        worker = importlib.reload(importlib.import_module("functions.dispatch_messages.handler"))
        worker.dispatcher._clock = lambda: NOW + hours * HOUR
        named = parse_id(view["message_id"])
        assert isinstance(named, OwnedId)
        event = sample("dispatch_messages")
        event["Records"][0]["body"] = write_message(DueMessage(named, NOW))
        assert worker.handler(event, None) == {"batchItemFailures": []}
        return self.ask("get", named=view["message_id"])[1]


@pytest.fixture
def merged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Merged]:
    with both_tables():
        email: Any = boto3.client("ses", region_name=REGION)
        email.verify_email_identity(EmailAddress=SENDERS[0]["email"]["address"])  # type: ignore[index]
        for name, value in TOLD.items():
            monkeypatch.setenv(name, value)
        yield Merged()


def test_who_plans_messages_may_do_all_that_it_does(merged: Merged) -> None:
    """E23: a slot of the survivor's is taken only if those of the absorbed one are as they were seen."""
    with asked_for() as actions:
        merged.ask("get", named=merged.of_mei["message_id"])
        merged.ask("cancel", named=merged.of_mei["message_id"])
        merged.ask("list")
        assert [merged.sent(**NEWS)["state"] for _ in range(2)] == ["planned"] * 2
        assert merged.sent(**NEWS)["reason"] == "cap_reached"
        assert merged.refusal(**NEWS, trial=True)[1] == "not_a_tester"
    assert "dynamodb:ConditionCheckItem" in actions
    assert actions == ALLOWED["serve_messages"]


def test_who_sends_messages_may_do_all_that_it_does(merged: Merged) -> None:
    """E23: a slot that moves is checked against the survivor's too."""
    with asked_for() as actions:
        sent = merged.dispatch(merged.of_fang, hours=1)
    assert sent["state"] == "accepted"
    assert "dynamodb:ConditionCheckItem" in actions
    assert actions <= ALLOWED["dispatch_messages"]

"""What providers tell later (M25): over the topic, the queue and the function; the emulator itself tells nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cli.redrive import Queue
from huitou.kernel.instants import to_millis
from tests.e2e.calls import found, now, refusal, unique
from tests.e2e.conftest import LINE_CHANNEL_SECRET, client_of
from tests.e2e.mailbox import Mei, Provider, spoken, writing
from tests.e2e.platform import Platform, eventually
from tests.reports import told
from tests.webhooks import event, signature, webhook


@pytest.fixture(scope="module", autouse=True)
def _spoken(api: httpx.Client, platform: Platform) -> Iterator[None]:
    with writing(api, platform, spoken(quiet_hours=None, frequency_caps=[])):
        yield


def test_a_message_that_arrived_is_delivered_and_one_that_bounced_has_failed(
    api: httpx.Client, platform: Platform
) -> None:
    """However often it is told, in whichever order, and whatever else comes by the same way."""
    mei, provider = Mei(api, platform), Provider(platform)
    message = str(mei.send(unique("message")).json()["message_id"])
    assert eventually(lambda: mei.message(message)["state"] == "accepted")

    provider.tell("Successfully validated SNS topic for Amazon SES event publishing.", "{", told("delivery", message))
    assert eventually(lambda: mei.message(message)["state"] == "delivered")

    bounce = provider.of("bounce", message, mei.address)
    platform.give_up(Queue.REPORTS, json.dumps(bounce))  # nobody could handle it, and it is known nowhere else
    assert platform.redrive(Queue.REPORTS) == "1 went back to reports.\n"
    assert eventually(lambda: mei.message(message)["state"] == "failed")
    assert platform.dead_letters(Queue.REPORTS) == []
    provider.tell(told("delivery", message), bounce)
    assert mei.message(message)["reason"] == "bounced"
    assert [step["state"] for step in mei.message(message)["history"]][-2:] == ["delivered", "failed"]

    after = str(mei.send(unique("message")).json()["message_id"])
    assert eventually(lambda: mei.message(after)["state"] == "suppressed")
    assert mei.message(after)["reason"] == "suppressed_address"
    assert len(mei.mail()) == 1


def test_an_address_that_is_good_again_is_written_to(api: httpx.Client, maru: httpx.Client, platform: Platform) -> None:
    """M25, M35: once somebody of the group has said so; what is told again of before undoes nothing."""
    mei, provider = Mei(api, platform), Provider(platform)
    message = str(mei.send(unique("message")).json()["message_id"])
    assert eventually(lambda: mei.message(message)["state"] == "accepted")
    bounce = provider.of("bounce", message, mei.address)
    provider.tell(bounce)
    asked = {"email": mei.address}
    assert eventually(lambda: found(api.post("/v1/suppressions/lookup", json=asked))["ground"] == "bounced")

    known = found(api.post("/v1/suppressions/lookup", json=asked))["suppression_id"]
    reason = {"reason": "she has room in her mailbox again"}
    refusal(maru.post(f"/v1/suppressions/{known}/lifting", json=reason), 403, "foreign_brand")
    assert found(api.post(f"/v1/suppressions/{known}/lifting", json=reason))["ground"] is None
    (entry,) = [item for (_, sk), item in platform.items().items() if sk.endswith(f"#suppression_lifted:{known}")]
    assert entry["reason"]["S"] == reason["reason"]

    provider.tell(bounce)
    after = str(mei.send(unique("message")).json()["message_id"])
    assert eventually(lambda: mei.message(after)["state"] == "accepted")
    assert len(mei.mail()) == 2


def test_who_blocks_the_line_account_is_sent_nothing_there_until_they_follow_it_again(
    api: httpx.Client, platform: Platform
) -> None:
    """M25: LINE signs it, and nobody else can."""
    user, said_at = unique("U"), to_millis(now())

    def tells(kind: str, seconds: int, secret: str = LINE_CHANNEL_SECRET) -> httpx.Response:
        body = webhook(event(kind, said_at + 1000 * seconds, user))
        headers = {"Content-Type": "application/json", "X-Line-Signature": signature(body, secret)}
        with client_of(platform.stack, None) as line:
            return line.post("/v1/webhooks/line/huitou", content=body.encode(), headers=headers)

    def ground() -> Any:
        asked = {"line": {"provider": "huitou", "user_id": user}}
        return found(api.post("/v1/suppressions/lookup", json=asked))["ground"]

    refusal(tells("unfollow", 0, "another"), 403, "invalid_signature")
    assert ground() is None
    assert tells("unfollow", 0).status_code == 200
    assert ground() == "blocked"
    assert tells("follow", 2).status_code == 200
    assert tells("unfollow", 0).status_code == 200
    assert ground() is None


def test_a_complaint_takes_consent_back_and_holds_back_the_mailbox(api: httpx.Client, platform: Platform) -> None:
    mei, provider = Mei(api, platform), Provider(platform)
    agreed = {"granted": True, "source": "said at the till"}
    consents = f"/v1/members/{mei.id}/consents"
    found(api.put(f"{consents}/email/maru/marketing", json=agreed))
    message = str(mei.send(unique("message"), "hello").json()["message_id"])
    assert eventually(lambda: mei.message(message)["state"] == "accepted")

    complaint = provider.of("complaint", message, mei.address)
    provider.tell(complaint, complaint)

    assert eventually(lambda: not found(api.get(consents))["items"][0]["granted"])
    assert found(api.get(consents))["items"][0]["source"] == "complaint"
    assert mei.message(message)["state"] == "delivered"
    receipt = str(mei.send(unique("message")).json()["message_id"])
    assert eventually(lambda: mei.message(receipt)["state"] == "suppressed")
    assert mei.message(receipt)["reason"] == "suppressed_address"

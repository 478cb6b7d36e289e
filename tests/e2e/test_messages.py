"""Messages (M23): from a call to a member's mailbox, by the stream or the clock, the queue and the provider; once."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from cli.redrive import Queue
from huitou.kernel.instants import format_instant, to_instant
from tests.builders import TAIPEI
from tests.e2e.calls import Body, found, now, refusal, unique
from tests.e2e.mailbox import Mei, spoken, writing
from tests.e2e.platform import Platform, eventually
from tests.e2e.publishing import hold

CAP = 3
RULES: dict[str, Any] = {"quiet_hours": None, "frequency_caps": [{"most": CAP, "days": 7}]}


def tried_by_tasters(**rules: Any) -> Body:
    """The programme of the tests, by these rules for messages, which tasters may try on themselves."""
    return {**spoken(testers="tasters", **rules), "segments": ["tasters"]}


@pytest.fixture(scope="module", autouse=True)
def _spoken(api: httpx.Client, platform: Platform) -> Iterator[None]:
    with writing(api, platform, tried_by_tasters(**RULES)):
        yield


@pytest.fixture
def mei(api: httpx.Client, platform: Platform) -> Mei:
    return Mei(api, platform)


def test_a_message_comes_to_the_members_mailbox_once(mei: Mei, platform: Platform) -> None:
    """M23, E14: also where the call is repeated, and where somebody puts it back into its queue (E21)."""
    key = unique("message")
    sent, again = mei.send(key), mei.send(key)
    assert (sent.status_code, again.status_code) == (201, 200)
    message = sent.json()["message_id"]
    assert again.json()["message_id"] == message
    assert eventually(lambda: mei.message(message)["state"] == "accepted")
    assert mei.mail() == ["Hello 小美"]
    told = mei.message(message)
    assert (told["channel"], told["attempts"]) == ("email", 1)
    assert [step["state"] for step in told["history"]] == ["planned", "sending", "accepted"]

    due = json.dumps({"message_id": message, "due_at": told["history"][0]["at"]})
    platform.give_up(Queue.SERVICE_MESSAGES, due)
    assert platform.redrive(Queue.SERVICE_MESSAGES) == "1 went back to service-messages.\n"
    assert eventually(lambda: platform.queue_is_empty(Queue.SERVICE_MESSAGES))
    assert platform.dead_letters(Queue.SERVICE_MESSAGES) == []
    assert (mei.message(message), len(mei.mail())) == (told, 1)


def test_marketing_without_consent_is_not_sent(api: httpx.Client, mei: Mei) -> None:
    """M22; with it, it has a way out (M25)."""
    message = mei.send(unique("message"), "hello").json()["message_id"]
    assert eventually(lambda: mei.message(message)["state"] == "suppressed")
    assert mei.message(message)["reason"] == "no_consent"
    assert mei.mail() == []

    mei.agree()
    message = mei.send(unique("message"), "hello").json()["message_id"]
    assert eventually(lambda: mei.message(message)["state"] == "accepted")
    assert mei.mail() == ["Hello 小美"]


def test_the_link_in_an_email_leads_to_where_one_says_no(api: httpx.Client, mei: Mei) -> None:
    """M25: as a mailbox shows it, with no key."""
    mei.agree()
    message = mei.send(unique("message"), "hello").json()["message_id"]
    assert eventually(lambda: mei.message(message)["state"] == "accepted")
    (mail,) = mei.mails()
    (link,) = re.findall(r"https?://[^\s<>()]+/v1/unsubscriptions/[\w-]+", mail["BodyText"])
    assert unescape(mail["BodyHtml"]).count(link) == 1

    opened = httpx.get(link, timeout=60)
    assert (opened.status_code, "<h1>No more from Maru by email?</h1>" in opened.text) == (200, True)
    assert httpx.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=60).status_code == 200
    (said,) = found(api.get(f"{mei.path}/consents"))["items"]
    assert (said["granted"], said["source"]) == (False, "unsubscribe_link")


def test_of_many_at_once_a_cap_lets_through_what_it_says(api: httpx.Client, platform: Platform, mei: Mei) -> None:
    """E23, E18: however many ask at the same time; who is not sent anything is told why. So is who shares a mailbox."""
    mei.agree()
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: mei.send(unique("message"), "hello"), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    messages = [answer.json()["message_id"] for answer in answers]
    assert eventually(lambda: all(mei.message(each)["state"] in {"accepted", "suppressed"} for each in messages))
    reasons = Counter(mei.message(each)["reason"] for each in messages)
    assert reasons == {None: CAP, "cap_reached": len(messages) - CAP}

    tom = Mei(api, platform, mei.address)
    tom.agree()
    sent = tom.send(unique("message"), "hello").json()
    assert sent["state"] == "planned"
    assert eventually(lambda: tom.message(sent["message_id"])["reason"] == "cap_reached")
    assert mei.mail() == ["Hello 小美"] * CAP


def test_marketing_waits_for_the_end_of_the_quiet_hours_and_a_trial_does_not(api: httpx.Client, mei: Mei) -> None:
    """E24: and whoever tries it has agreed to nothing (M22)."""
    trial = unique("trial")
    refusal(mei.send(trial, "hello", trial=True), 409, "not_a_tester")
    found(api.put(f"{mei.path}/tags/tasters"))
    shown = now().astimezone(TAIPEI)
    begin, end = (shown + timedelta(hours=hours) for hours in (-1, 2))
    morning = end.replace(minute=0, second=0, microsecond=0)
    hold(api, tried_by_tasters(quiet_hours={"from": f"{begin:%H}:00", "to": f"{end:%H}:00"}))
    try:
        assert mei.send(unique("message"), "hello").json()["send_at"] == format_instant(to_instant(morning))
        receipt = mei.send(unique("message")).json()["message_id"]
        assert eventually(lambda: mei.message(receipt)["state"] == "accepted")
        assert eventually(lambda: mei.send(trial, "hello", trial=True).is_success)
        tried = mei.send(trial, "hello", trial=True).json()["message_id"]
        assert eventually(lambda: mei.message(tried)["state"] == "accepted")
        assert mei.mail() == ["Hello 小美"] * 2
    finally:
        hold(api, tried_by_tasters(**RULES))


def test_a_message_for_tomorrow_waits_and_is_taken_back(api: httpx.Client, mei: Mei, platform: Platform) -> None:
    tomorrow = format_instant(now() + timedelta(days=1))
    message = mei.send(unique("message"), send_at=tomorrow).json()["message_id"]
    platform.tick()
    assert mei.message(message)["state"] == "planned"
    cancelled = found(api.post(f"/v1/messages/{message}/cancellation"))
    assert (cancelled["state"], cancelled["reason"]) == ("suppressed", "cancelled")
    assert [each["message_id"] for each in found(api.get(f"/v1/members/{mei.id}/messages"))["items"]] == [message]
    assert mei.mail() == []


def test_what_is_due_soon_is_sent_at_its_instant(mei: Mei) -> None:
    at = now() + timedelta(seconds=4)
    message = mei.send(unique("message"), send_at=format_instant(at)).json()["message_id"]
    assert eventually(lambda: mei.message(message)["state"] == "accepted")
    assert now() >= at


def test_bad_calls_are_refused_and_nothing_is_sent(api: httpx.Client, maru: httpx.Client, mei: Mei) -> None:
    """E30, E31."""
    refusal(mei.send(unique("message"), "nothing"), 404, "template_not_found")
    refusal(mei.send(unique("message"), channels=["sms"]), 422, "channel_not_written")
    refusal(mei.send(unique("message"), brand="nobody"), 422, "wrong_speaker")
    refusal(api.get("/v1/messages/nothing"), 404, "not_found")
    path = f"/v1/members/{mei.id}/messages"
    foreign = {"template": "receipt", "brand": "sora"}
    refusal(maru.post(path, headers={"Idempotency-Key": unique()}, json=foreign), 403, "foreign_brand")
    refusal(maru.post(path, json={"template": "receipt"}), 400, "idempotency_key_required")
    assert mei.mail() == []

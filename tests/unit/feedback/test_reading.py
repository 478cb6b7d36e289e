"""What is made of what SES and End User Messaging tell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from huitou.feedback.model import UnreadableReportError
from huitou.feedback.reading import read_report
from huitou.kernel.channels import MessageChannel
from huitou.outbox.model import DeliveryReport, MessageState
from tests.reports import MESSAGE, Told, bounced, complained, emailed, texted, told

ACCEPTED, DELIVERED, FAILED = MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.FAILED
SES_ID = "0106018e7c191be4-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000"
SMS_ID = "862a8790-60c0-4430-9b2b-658bdexample"


@pytest.mark.parametrize(
    ("event", "state", "reason"),
    [
        (emailed("Send", send={}), ACCEPTED, None),
        (told("delivery"), DELIVERED, None),
        (emailed("Reject", reject={"reason": "Bad content"}), FAILED, "rejected"),
        (emailed("Rendering Failure", failure={"templateName": "x"}), FAILED, "invalid"),
        (bounced(), FAILED, "bounced"),
        (bounced("Permanent", "OnAccountSuppressionList"), FAILED, "bounced"),
        (bounced("Transient", "MailboxFull"), FAILED, "bounced_for_now"),
        (bounced("Undetermined", "Undetermined"), FAILED, "bounced_for_now"),
        (complained(), DELIVERED, None),
        (complained(complaintFeedbackType="not-spam"), DELIVERED, None),
        (complained(complaintSubType="OnAccountSuppressionList"), FAILED, "blocked"),
    ],
)
def test_what_ses_tells_of_an_email(event: Told, state: Any, reason: str | None) -> None:
    report = read_report(json.dumps(event))
    assert report is not None
    assert report.message_id == MESSAGE
    assert report.delivery == DeliveryReport(
        state, SES_ID, reason, MessageChannel.EMAIL, is_undeliverable=state is FAILED and reason != "bounced_for_now"
    )


@pytest.mark.parametrize(
    ("kind", "state", "reason"),
    [
        ("TEXT_QUEUED", ACCEPTED, None),
        ("TEXT_PENDING", ACCEPTED, None),
        ("TEXT_SENT", ACCEPTED, None),
        ("TEXT_SUCCESSFUL", ACCEPTED, None),
        ("TEXT_UNKNOWN", ACCEPTED, None),
        ("TEXT_DELIVERED", DELIVERED, None),
        ("TEXT_BLOCKED", FAILED, "blocked"),
        ("TEXT_CARRIER_BLOCKED", FAILED, "blocked_by_carrier"),
        ("TEXT_SPAM", FAILED, "blocked_by_carrier"),
        ("TEXT_INVALID", FAILED, "invalid"),
        ("TEXT_INVALID_MESSAGE", FAILED, "invalid"),
        ("TEXT_PROTECT_BLOCKED", FAILED, "country_not_served"),
        ("TEXT_UNREACHABLE", FAILED, "not_reached"),
        ("TEXT_CARRIER_UNREACHABLE", FAILED, "not_reached"),
        ("TEXT_TTL_EXPIRED", FAILED, "not_reached"),
    ],
)
def test_what_end_user_messaging_tells_of_an_sms(kind: str, state: Any, reason: str | None) -> None:
    report = read_report(json.dumps(texted(kind)))
    assert report is not None
    assert report.message_id == MESSAGE
    assert report.delivery == DeliveryReport(
        state,
        SMS_ID,
        reason,
        MessageChannel.SMS,
        is_undeliverable=reason in {"blocked", "invalid", "country_not_served"},
    )


def test_a_failure_that_may_still_change_is_none() -> None:
    report = read_report(json.dumps(texted("TEXT_UNREACHABLE", is_final=False)))
    assert report is not None
    assert (report.delivery.state, report.delivery.is_undeliverable) == (ACCEPTED, False)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(emailed("Open", open={})),
        json.dumps(emailed("DeliveryDelay", deliveryDelay={})),
        "Successfully validated SNS topic for Amazon SES event publishing.",
    ],
)
def test_what_says_nothing_of_where_a_message_is_is_passed_over(text: str) -> None:
    assert read_report(text) is None


def test_what_was_sent_by_others_names_no_message() -> None:
    for event in (told("delivery", None), told("sms", None)):
        report = read_report(json.dumps(event))
        assert report is not None
        assert report.message_id is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '"x"', "{}", '{"eventType": 1}', '{"eventType": "Send"}', '{"eventType": "Bounce"}'),
        *(
            '{"eventType": "TEXT_DELIVERED"}',
            '{"eventType": "Send", "mail": []}',
            '{"eventType": "Bounce", "bounce": 1}',
        ),
    ],
)
def test_what_no_provider_sends_is_told_apart(text: str) -> None:
    with pytest.raises(UnreadableReportError):
        read_report(text)

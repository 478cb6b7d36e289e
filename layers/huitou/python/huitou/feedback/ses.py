"""What SES tells of an email, as its configuration set publishes it.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from huitou.channels.model import MESSAGE_TAG
from huitou.channels.reasons import BLOCKED, INVALID, REJECTED
from huitou.feedback.model import Report, Verdict
from huitou.kernel.channels import MessageChannel
from huitou.kernel.instants import parse_instant
from huitou.outbox.decisions import BOUNCED_FOR_NOW
from huitou.outbox.model import DeliveryReport, MessageState
from huitou.suppressions.model import SuppressionGround, Word, destination

BOUNCED: Final = "bounced"


def _undeliverable(reason: str) -> DeliveryReport:
    return DeliveryReport(MessageState.FAILED, reason=reason, is_undeliverable=True)


_BOUNCED_FOR_NOW: Final = DeliveryReport(MessageState.FAILED, reason=BOUNCED_FOR_NOW)
_DELIVERED: Final = DeliveryReport(MessageState.DELIVERED)
_SAID: Final = {
    "Send": DeliveryReport(MessageState.ACCEPTED),
    "Delivery": _DELIVERED,
    "Reject": _undeliverable(REJECTED.reason),
    "Rendering Failure": _undeliverable(INVALID.reason),
}
"""What some kinds of event say by themselves."""


def read_email_report(event: Mapping[str, Any]) -> Report | None:
    """None: it says nothing of where the email is. Raises `LookupError` or `TypeError` where it is of another form."""
    told = _told(event)
    if told is None:
        return None
    mail = event["mail"]
    delivery = told._replace(provider_id=mail["messageId"], channel=MessageChannel.EMAIL)
    return Report(next(iter(mail.get("tags", {}).get(MESSAGE_TAG, ())), None), delivery, _verdict(event))


def _told(event: Mapping[str, Any]) -> DeliveryReport | None:
    match event["eventType"]:
        case "Bounce":
            is_for_good = event["bounce"]["bounceType"] == "Permanent"
            return _undeliverable(BOUNCED) if is_for_good else _BOUNCED_FOR_NOW
        case "Complaint":
            return _complained(event["complaint"])
        case kind:
            return _SAID.get(kind)


def _complained(complaint: Mapping[str, Any]) -> DeliveryReport:
    """SES tells of a complaint also where it sends nothing because of an earlier one."""
    is_old = complaint.get("complaintSubType") == "OnAccountSuppressionList"
    return _undeliverable(BLOCKED.reason) if is_old else _DELIVERED


def _verdict(event: Mapping[str, Any]) -> Verdict | None:
    """Of the one address that it was sent to; whom a mail server names may be somebody whom it was passed on to."""
    match event:
        case {"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "timestamp": at}}:
            ground = SuppressionGround.BOUNCED
        case {"eventType": "Complaint", "complaint": {"complaintFeedbackType": "not-spam"}}:
            return None
        case {"eventType": "Complaint", "complaint": {"timestamp": at}}:
            ground = SuppressionGround.COMPLAINED
        case _:
            return None
    (to,) = event["mail"]["destination"]
    return Verdict(destination(MessageChannel.EMAIL, to), Word(parse_instant(at), ground))

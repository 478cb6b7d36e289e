"""What End User Messaging tells of an SMS, as its configuration set publishes it.

https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from huitou.channels.model import MESSAGE_TAG
from huitou.channels.reasons import BLOCKED, INVALID, NOT_SERVED
from huitou.feedback.model import Report, Verdict
from huitou.kernel.channels import MessageChannel
from huitou.kernel.instants import from_millis
from huitou.outbox.model import DeliveryReport, MessageState
from huitou.suppressions.model import SuppressionGround, Word, destination

KINDS: Final = "TEXT_"
"""What the names of its events begin with."""
BLOCKED_BY_CARRIER: Final = "blocked_by_carrier"
NOT_REACHED: Final = "not_reached"
_FAILURES: Final = {
    "TEXT_BLOCKED": BLOCKED.reason,
    "TEXT_CARRIER_BLOCKED": BLOCKED_BY_CARRIER,
    "TEXT_CARRIER_UNREACHABLE": NOT_REACHED,
    "TEXT_INVALID": INVALID.reason,
    "TEXT_INVALID_MESSAGE": INVALID.reason,
    "TEXT_PROTECT_BLOCKED": NOT_SERVED.reason,
    "TEXT_SPAM": BLOCKED_BY_CARRIER,
    "TEXT_TTL_EXPIRED": NOT_REACHED,
    "TEXT_UNREACHABLE": NOT_REACHED,
}
_UNDELIVERABLE: Final = frozenset({"TEXT_BLOCKED", "TEXT_INVALID", "TEXT_INVALID_MESSAGE", "TEXT_PROTECT_BLOCKED"})
"""What says that nobody gets it there; who was out of reach, or what is taken for spam, may be told otherwise."""
_GROUNDS: Final = {"TEXT_BLOCKED": SuppressionGround.BLOCKED, "TEXT_INVALID": SuppressionGround.BOUNCED}
"""What says that nothing else will arrive there either."""


def read_sms_report(event: Mapping[str, Any]) -> Report:
    """Raises `LookupError` or `TypeError` where it is of another form."""
    kind, is_final = event["eventType"], event["isFinal"]
    state, reason = _told(kind, is_final)
    is_undeliverable = is_final and kind in _UNDELIVERABLE
    delivery = DeliveryReport(state, event["messageId"], reason, MessageChannel.SMS, is_undeliverable)
    return Report(event.get("context", {}).get(MESSAGE_TAG), delivery, _verdict(event))


def _told(kind: str, is_final: bool) -> tuple[Any, str | None]:
    """Whatever else is told, it was accepted: a carrier may not say more, and what is not final may change."""
    if kind == "TEXT_DELIVERED":
        return MessageState.DELIVERED, None
    if is_final and kind in _FAILURES:
        return MessageState.FAILED, _FAILURES[kind]
    return MessageState.ACCEPTED, None


def _verdict(event: Mapping[str, Any]) -> Verdict | None:
    ground = _GROUNDS.get(event["eventType"])
    if ground is None or not event["isFinal"]:
        return None
    word = Word(from_millis(event["eventTimestamp"]), ground)
    return Verdict(destination(MessageChannel.SMS, event["destinationPhoneNumber"]), word)

"""What falls due, and how the tick says so to its worker.

It is a wallet, a position, a refund, a message, a journey, or a campaign that begins with many.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from huitou.kernel.errors import InvalidError
from huitou.kernel.ids import Digest, MemberId, OwnedId, is_member_id, parse_digest, parse_id
from huitou.kernel.instants import format_instant, parse_instant
from huitou.program.model import CurrencyId


class UnreadableMessageError(InvalidError):
    """Not a message of the tick: repeating it will not help."""

    code = "unreadable_message"
    title = "The message cannot be read"


@dataclass(frozen=True, slots=True)
class DueWallet:
    """A wallet that time alone changes at ``at``: points begin or end, or a hold does."""

    member: MemberId
    currency: CurrencyId
    at: datetime


@dataclass(frozen=True, slots=True)
class DuePosition:
    """A member whose tier or segments time alone may change at ``at``."""

    member: MemberId
    at: datetime


@dataclass(frozen=True, slots=True)
class DueRefund:
    """E19: a refund that waits for its sale until ``at``."""

    refund: Digest
    at: datetime


@dataclass(frozen=True, slots=True)
class DueMessage:
    """A message to a member that somebody has to look at, at ``at``."""

    message: OwnedId
    at: datetime
    is_service: bool = False
    """It never waits behind marketing. False where that is not known: it was planned before there was a difference."""


@dataclass(frozen=True, slots=True)
class DueJourney:
    """A member's way through a campaign, whose next step is taken at ``at``."""

    member: MemberId
    campaign: str
    occurrence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DueOccasion:
    """A part of those with whom a campaign begins at ``begins_at``; somebody goes on with it at ``at``."""

    campaign: str
    begins_at: datetime
    part: int
    at: datetime


Due = DueWallet | DuePosition | DueRefund | DueMessage | DueJourney | DueOccasion


def delay_until(at: datetime, now: datetime) -> int:
    """Whole seconds, never too few: what is delayed by them comes at ``at`` or within the second after it."""
    return max(0, -((now - at) // timedelta(seconds=1)))


def write_message(due: Due) -> str:
    """The inverse of `read_message`."""
    match due:
        case DueWallet(member, currency):
            named = {"member_id": member, "currency": currency}
        case DuePosition(member):
            named = {"member_id": member}
        case DueRefund(refund):
            named = {"refund_id": refund}
        case DueMessage(message, _, is_service):
            named = {"message_id": str(message)} | ({"kind": "service"} if is_service else {})
        case DueJourney(member, campaign, occurrence):
            named = {"member_id": member, "campaign": campaign, "occurrence": occurrence}
        case DueOccasion(campaign, begins_at, part):
            named = {"campaign": campaign, "begins_at": format_instant(begins_at), "part": str(part)}
    return json.dumps({**named, "due_at": format_instant(due.at)})


def read_message(text: str) -> Due:
    """Raises `InvalidError` or `NotFoundError` for what the tick has not written."""
    try:
        match json.loads(text):
            case {"member_id": str(member), "currency": str(currency), "due_at": str(at)} if is_member_id(member):
                return DueWallet(MemberId(member), currency, parse_instant(at))
            case {
                "member_id": str(member),
                "campaign": str(campaign),
                "occurrence": str(occurrence),
                "due_at": str(at),
            } if is_member_id(member):
                return DueJourney(MemberId(member), campaign, occurrence, parse_instant(at))
            case {"member_id": str(member), "due_at": str(at), **more} if is_member_id(member) and not more:
                return DuePosition(MemberId(member), parse_instant(at))
            case {"campaign": str(campaign), "begins_at": str(begins), "part": str(part), "due_at": str(at)}:
                return DueOccasion(campaign, parse_instant(begins), int(part), parse_instant(at))
            case {"refund_id": str(refund), "due_at": str(at)}:
                return DueRefund(parse_digest(refund), parse_instant(at))
            case {"message_id": str(message), "due_at": str(at), **more} if isinstance(
                named := parse_id(message), OwnedId
            ):
                return DueMessage(named, parse_instant(at), more.get("kind") == "service")
    except ValueError as error:
        raise UnreadableMessageError("The message is not JSON.") from error
    raise UnreadableMessageError("The message names nothing that falls due.")

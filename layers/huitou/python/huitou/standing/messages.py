"""What the tick says to the worker: which wallet, and since when it is due."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from huitou.kernel.errors import InvalidError
from huitou.kernel.ids import MemberId, is_member_id
from huitou.kernel.instants import format_instant, parse_instant
from huitou.program.model import CurrencyId


class UnreadableMessageError(InvalidError):
    """Not a message of the tick: repeating it will not help."""

    code = "unreadable_message"
    title = "The message cannot be read"


@dataclass(frozen=True, slots=True)
class DueWallet:
    """A wallet that time alone changes at ``at``: points begin or end."""

    member: MemberId
    currency: CurrencyId
    at: datetime


def write_message(due: DueWallet) -> str:
    """The inverse of `read_message`."""
    return json.dumps({"member_id": due.member, "currency": due.currency, "due_at": format_instant(due.at)})


def read_message(text: str) -> DueWallet:
    """Raises `InvalidError`, as a rule `UnreadableMessageError`."""
    try:
        match json.loads(text):
            case {"member_id": str(member), "currency": str(currency), "due_at": str(at)} if is_member_id(member):
                return DueWallet(MemberId(member), currency, parse_instant(at))
    except ValueError as error:
        raise UnreadableMessageError("The message is not JSON.") from error
    raise UnreadableMessageError("The message names no wallet.")

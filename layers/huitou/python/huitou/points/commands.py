"""Commands on points that are their ``Idempotency-Key`` (E14): redemptions, holds, transfers, what is done by hand.

A command is its own idempotency marker: its id is a digest of who asked and under which key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from huitou.kernel.errors import InvalidError
from huitou.kernel.ids import Digest, MemberId, digest_of
from huitou.program.model import BrandId, CurrencyId, StoreId

PointsCommandType = Literal["redemption", "adjustment", "expiry", "hold", "transfer", "conversion", "reinstatement"]


class InvalidCommandError(InvalidError):
    """The command has the right shape, but cannot be under the programme in force; ``errors`` names each fault."""

    code = "invalid_command"
    title = "The points cannot be booked like this"


@dataclass(frozen=True, slots=True)
class PointsCommand:
    """A command on points that was carried out. ``points`` is signed for an adjustment, positive for all else.

    The fields behind ``reversed_version`` belong to some types only.
    """

    id: Digest
    type: PointsCommandType
    member: MemberId
    currency: CurrencyId
    points: int
    """What was asked for; 0 where that is told in another way."""
    brand: BrandId
    store: StoreId | None
    reason: str | None
    actor: str | None
    client_reference: str | None
    booked_at: datetime
    version: int
    """The version of its entry."""
    reversed_version: int | None = None
    """The version of the entry that reversed it."""
    bill: int | None = None
    """The bill that points shall pay a part of, in the smallest unit of money."""
    lasts: timedelta | None = None
    """How long a hold waits for its till, or points given by courtesy live. Of a hold, None: as long as it may."""
    ended_version: int | None = None
    """Of a hold: the version of the entry that captured or released it; None while it waits, and when time ended it."""
    recipient: MemberId | None = None
    target: CurrencyId | None = None
    """What points are converted to."""
    survivor: MemberId | None = None
    """E15: in whose wallet the entry that reversed or ended it is, where the member had been merged into them."""
    arrived_version: int | None = None
    """The version of the entry in the wallet that points arrived in."""
    message: str | None = None
    """What the sender has to say to the recipient."""
    entry: str | None = None
    """The id of the expiry that is made good."""
    lots: tuple[int, ...] = ()
    """The numbers of the lots that are to end."""
    identity_of: MemberId | None = None
    """E15: whose identity was used to spend points, where they had been merged into the member."""

    @property
    def named(self) -> MemberId:
        """Who goes on with it when the two are parted again."""
        return self.identity_of or self.member

    def content(self) -> Mapping[str, object]:
        """What a repeat must agree in."""
        return {
            "type": self.type,
            "member": self.member,
            "currency": self.currency,
            "points": self.points,
            "brand": self.brand,
            "store": self.store,
            "reason": self.reason,
            "bill_total": self.bill,
            "lasts": int(self.lasts.total_seconds()) if self.lasts else None,
            "to": self.recipient or self.target,
            "message": self.message,
            "entry_id": self.entry,
            "lots": list(self.lots) or None,
        }


def command_id(scope: BrandId, idempotency_key: str) -> Digest:
    """One key space per brand (and one for the group), so that a rotated API key changes nothing."""
    return digest_of((scope, idempotency_key))


def reinstatement_of(entry: str) -> Digest:
    """The id under which it is noted that an expiry was made good: once for each."""
    return digest_of(("reinstatement", "of", entry))

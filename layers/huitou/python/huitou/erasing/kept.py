"""What is kept of a person, as an export hands it over (E25)."""

from __future__ import annotations

from typing import NamedTuple

from huitou.campaigns.model import Journey
from huitou.kernel.ids import Digest
from huitou.members.model import ConsentChange, Member
from huitou.members.service import SeenMember
from huitou.merging.model import Merge
from huitou.outbox.model import OutboxMessage
from huitou.points.commands import PointsCommand
from huitou.points.wallet import Entry, Wallet
from huitou.purchases.model import Purchase, Visit
from huitou.purchases.refunds import Refund
from huitou.rewards.model import Coupon
from huitou.standing.model import Record
from huitou.standing.service import Past


class BeforeMerge(NamedTuple):
    """A member's record as it was before a merge, kept for who undoes it (E15)."""

    merge: Digest
    record: Member


class TiersKept(NamedTuple):
    """What is kept of a member's tiers, and what they come to, the latest first."""

    record: Record
    past: tuple[Past, ...]


Trace = ConsentChange | BeforeMerge | Purchase | Visit | Entry | OutboxMessage | Journey | Coupon
"""What lies in a member's partition beside record, standing and wallets."""
Behind = PointsCommand | Refund | Merge
"""What a trace leads to, outside of the partition."""
Whole = SeenMember | TiersKept | Wallet
"""What there is one of, or one of each currency."""


class Kept(NamedTuple):
    """``trace`` and what lies ``behind`` it; ``place`` is where the walk goes on after it."""

    place: str
    trace: Trace
    behind: tuple[Behind, ...]


Part = Whole | Trace | Behind


class Exported(NamedTuple):
    """Parts of an export that belong together; ``place`` is where it goes on after them."""

    place: str
    parts: tuple[Whole | Trace, ...]
    behind: tuple[Behind, ...] = ()

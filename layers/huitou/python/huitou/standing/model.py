"""What is derived about a member's tier, and what it is derived from (M15).

Instants are whole milliseconds, so that "strictly after a sale" is "from the next millisecond on" (E7), and every
interval is half open: it holds from its ``since`` until the next one's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.kernel.facts import Fact
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.values import lean
from huitou.program.model import BrandId
from huitou.program.tiers import TierId, TierPolicy
from huitou.standing.sheet import EMPTY, Sheet


class TierCause(StrEnum):
    """Why a tier began."""

    ENROLMENT = "enrolment"
    PURCHASE = "purchase"
    """Something that counts reached the threshold: a purchase, or a visit where visits count."""
    REVIEW = "review"
    """What the window held at a review, or at the end of its grace, was not enough."""
    REFUND = "refund"
    """E8: under a programme that says `drop`."""
    GRANT = "grant"
    PROGRAM = "program"
    """E20: a publication changed the tiers."""


class Interval(NamedTuple):
    """``tier`` from ``since`` until the next interval; None while the programme had no tiers."""

    tier: TierId | None
    since: datetime
    cause: TierCause


class Grant(NamedTuple):
    """At least ``tier`` from ``at`` to ``until`` (None: as long as if it had been reached at ``at``), then reviewed.

    ``id`` is the digest of the command (E14).
    """

    id: Digest
    tier: TierId
    at: datetime
    until: datetime | None
    brand: BrandId
    reason: str
    actor: str

    @property
    def without_reason(self) -> Grant:
        """Of somebody who was erased (E25)."""
        return self._replace(reason="")


class State(NamedTuple):
    """Where a member stands. The lowest tier is never reviewed.

    In grace (``grace_until`` is set) ``review_at`` is the review that was failed.
    """

    tier: TierId | None = None
    review_at: datetime | None = None
    grace_until: datetime | None = None

    @property
    def next_review_at(self) -> datetime | None:
        """When time alone may change the tier."""
        return self.grace_until or self.review_at


@lean
class Standing:
    """How a member has stood until ``through``, that instant included, and stands there.

    ``regime`` is the programme version in force then. ``progress`` is what the window held then: what a next sale
    can bring it to at most is this and the sale.
    """

    through: datetime
    state: State
    intervals: tuple[Interval, ...]
    regime: int
    progress: int

    def interval_at(self, instant: datetime) -> Interval:
        """The one that held at ``instant``, up to ``through``; before them all, the first."""
        for interval in reversed(self.intervals):
            if interval.since <= instant:
                return interval
        return self.intervals[0]

    def tier_at(self, instant: datetime) -> TierId | None:
        """The tier that held at ``instant``: E7, before any sale of that instant."""
        return self.interval_at(instant).tier


class Regime(NamedTuple):
    """How members move from ``since`` on: the tiers of programme ``version``, or none. Days are ``zone``'s."""

    version: int
    since: datetime
    policy: TierPolicy | None
    zone: ZoneInfo


@lean
class Record:
    """What is kept of a member to tell the standing from.

    ``facts`` are those taken in from the home wallet in ``folds`` goes. Where the older ones have been dropped,
    ``base`` says how the member stood by then. ``reached`` is how they stand after ``facts`` and the first
    ``grants_seen`` of ``grants``: worked out before, to go on from. ``birthday`` is month and day, ``profile``
    the version of the member's own record since it was last changed; 0 while it never was.
    """

    member: MemberId
    folds: int = 0
    facts: Sheet = field(default_factory=lambda: EMPTY)
    grants: tuple[Grant, ...] = ()
    base: Standing | None = None
    reached: Standing | None = None
    grants_seen: int = 0
    birthday: tuple[int, int] | None = None
    profile: int = 0


class Known(NamedTuple):
    """All that is known of a member's way: the record, and the facts that it has yet to take in."""

    record: Record
    unseen: Sequence[Fact]
    enrolled_at: datetime

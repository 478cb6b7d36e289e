"""Where a member stands, as worked out last: tier and segments, since when, and when time alone may change that; and
which of their points were said to end soon.

A position is derived and never corrected by hand: whoever doubts it works it out again from the facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import MILLISECOND
from huitou.kernel.values import lean
from huitou.program.model import BrandId, CurrencyId
from huitou.program.rules import SegmentId
from huitou.program.tiers import TierId
from huitou.standing.model import TierCause

MOST_ENDED = 200
"""Memberships that were over before: some twenty of the 400 KB that the item may have, and months for most members."""
MOST_ENDED_AT_ONCE = 2_000
"""Between two looks: with 500 segments that hold, still less than two thirds of those 400 KB."""


class MoveCause(StrEnum):
    """Why a membership began or ended."""

    FACTS = "facts"
    """The member did something, or something became known of them."""
    TIME = "time"
    PROGRAM = "program"
    """E20: a publication, or a rebuild under it."""


class Membership(NamedTuple):
    """In ``segment`` in [``since``, ``until``); None: still. ``cause`` is why it began, ``end`` why it ended."""

    segment: SegmentId
    since: datetime
    cause: MoveCause
    until: datetime | None = None
    end: MoveCause | None = None

    def holds_at(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


class Expiring(NamedTuple):
    """``points`` of ``currency``, in its smallest unit, end at ``ends_at``, as was announced at ``at``."""

    currency: CurrencyId
    ends_at: datetime
    points: int
    at: datetime


class Seen(NamedTuple):
    """Which state of the facts a position was worked out from. Each number only grows.

    ``wallets`` is the sum of the versions of the member's wallets, one of which changes with whatever they do;
    ``record`` that of their own record; ``grants`` how many tiers were given by hand; ``insights`` the version of what
    was known of all members together, 0 where no segment asks.
    """

    wallets: int
    record: int
    grants: int
    insights: int = 0


@lean
class Position:
    """How ``member`` stands at ``through``, under version ``program`` of the programme.

    ``version`` counts what was stored of it. ``tier`` is held since ``tier_since`` because of ``tier_cause``; these are
    None where nobody has worked out a tier. ``memberships`` are those that hold, and what is `remembered` of those that
    have ended. ``due_at`` is the next instant at which time alone may change anything here, because of
    ``due_for``; it may be early, never late. ``seen`` is None where it is that of no member any more (`is_emptied`).
    ``joined`` are the brands that the member has joined, in order: lists of members are shown to those (E31).
    ``unlisted`` are segments whose lists have yet to follow (`standing.listed`). ``expiring`` is what was announced of
    points whose end is ahead, or was when somebody looked last.
    """

    member: MemberId
    version: int
    program: int
    through: datetime
    seen: Seen | None
    tier: TierId | None = None
    tier_since: datetime | None = None
    tier_cause: TierCause | None = None
    memberships: tuple[Membership, ...] = ()
    due_at: datetime | None = None
    due_for: str | None = None
    joined: tuple[BrandId, ...] = ()
    unlisted: tuple[SegmentId, ...] = ()
    expiring: tuple[Expiring, ...] = ()

    @property
    def is_emptied(self) -> bool:
        """Whether the member was merged away or erased, and only their lists have yet to follow."""
        return self.seen is None

    def contains(self, facts: Seen) -> bool:
        """Whether it was worked out from ``facts``, of which ``record`` and ``insights`` may be earlier ones."""
        seen = self.seen
        if seen is None or seen.record < facts.record or seen.insights < facts.insights:
            return False
        return seen._replace(record=facts.record, insights=facts.insights) == facts

    def is_due(self, now: datetime) -> bool:
        """Whether time alone may have changed it by ``now``."""
        return self.due_at is not None and self.due_at <= now

    def tells_all_since(self, late_limit: timedelta) -> datetime:
        """From here on, no membership that has ended is missing. ``late_limit`` is how late sales may come."""
        kept_since = self.through - late_limit
        ended = [each.until for each in self.memberships if each.until is not None]
        return kept_since if len(ended) < MOST_ENDED else max(kept_since, min(ended) + MILLISECOND)

    def segments_at(self, at: datetime) -> frozenset[SegmentId]:
        """Those that hold at ``at``, up to ``through``."""
        return frozenset(each.segment for each in self.memberships if each.holds_at(at))


def remembered(before: Iterable[Membership], news: Sequence[Membership], since: datetime) -> Sequence[Membership]:
    """Of memberships that have ended, those that a position keeps: the latest, and none that ended by ``since``.

    ``before`` were over in the position before already. ``news`` were not: who compares the two positions tells others
    of them, so they are kept, however many, up to `MOST_ENDED_AT_ONCE`.
    """
    most = max(MOST_ENDED, min(len(news), MOST_ENDED_AT_ONCE))
    ended = (each for each in (*before, *news) if each.until is not None and each.until > since)
    return sorted(ended, key=attrgetter("until"))[-most:]

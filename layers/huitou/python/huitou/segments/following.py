"""Judging one member for one sale after the other: by imports, which keep many at once, and by simulations.

Each sale sees what happened before it and nothing else (E7), so it does not matter whether later deeds are known
already. What was worked out of the deeds for one sale, which ones count and when each leaves a window, therefore serves
the next, as long as no deed comes to them.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping, Set
from datetime import datetime
from operator import attrgetter

from huitou.members.model import Member
from huitou.points.home import Home
from huitou.points.wallet import Wallet
from huitou.program.model import CurrencyId, Program
from huitou.program.rules import SegmentId
from huitou.segments.facts import UNKNOWN, Deed, Insights
from huitou.segments.judging import Judge
from huitou.segments.loading import Holdings, facts_of
from huitou.standing.keeping import Timeline
from huitou.standing.model import Record

_AT = attrgetter("at")


class Follower:
    """What ``program`` says of a member who did ``deeds``; ``member`` is None where there is no record of them."""

    def __init__(
        self,
        member: Member | None,
        deeds: Iterable[Deed],
        program: Program,
        timeline: Timeline,
        insights: Insights = UNKNOWN,
    ) -> None:
        self._member = member
        self._deeds = sorted(deeds, key=_AT)
        self._program = program
        self._timeline = timeline
        self._insights = insights
        self._judge: Judge | None = None

    def add(self, deed: Deed) -> None:
        """One more thing that the member did, at any time."""
        insort(self._deeds, deed, key=_AT)
        self._judge = None

    def judged(
        self, asked: Set[SegmentId], home: Home, wallets: Mapping[CurrencyId, Wallet], record: Record, at: datetime
    ) -> frozenset[SegmentId]:
        """As `MemberSegments.judged`; all but the deeds is as given."""
        has = Holdings(home, wallets, record, self._timeline, at)
        if self._judge is None:
            self._judge = Judge(facts_of(self._member, has, self._deeds, self._insights), self._program)
        else:
            self._judge.go_on(has)
        return self._judge.holding(asked, at)

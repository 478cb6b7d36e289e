"""What a member whose past is replayed is beside points: what they joined and bought, and how they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from huitou.kernel.facts import Fact
from huitou.points.moves import Command
from huitou.points.wallet import Wallet
from huitou.program.model import BrandId, CurrencyId, Program
from huitou.purchases.standing import known_of
from huitou.segments.facts import Deed, Insights
from huitou.simulator.history import History
from huitou.standing.keeping import Timeline, fold, settled_by, stand
from huitou.standing.model import Record, Standing
from huitou.standing.tiers import Rest

MOST_WAITING = 128
"""Facts that the record takes in at once at the latest: who asks for the tier of later instants goes through them."""


class Membership:
    """`huitou.points.home.Home` and the member's record, which go on from one sale to the next.

    All that is noted comes in the order of time.
    """

    def __init__(self, history: History, program: Program, timeline: Timeline) -> None:
        born = history.person and history.person.profile.birthday
        self.member = history.member
        self.brands: dict[BrandId, datetime] = {}
        self.bought: Counter[BrandId] = Counter()
        self.unseen: list[Fact] = []
        self.record = Record(history.member, birthday=(born.month, born.day) if born else None)
        self._program = program
        self._timeline = timeline
        self._standing: Standing | None = None
        self._rest: Rest | None = None

    def join(self, brand: BrandId, at: datetime) -> None:
        """E31: unless they have joined it before."""
        self.brands.setdefault(brand, at)

    def note(self, fact: Fact) -> None:
        """Something that tiers count."""
        self.unseen.append(fact)
        if self._rest is not None:
            self._rest.take(fact)

    def standing(self, at: datetime) -> Standing | None:
        """How the member stands before what happens at ``at`` (E7); None where the programme has no tiers.

        It is worked out again where something can have happened to the tier.
        """
        policy = self._program.tiers
        if policy is not None and not self._is_at_rest(at):
            self._take_in()
            self._standing = stand(known_of(self, self.record), self._timeline, at)
            self._rest = Rest(self._standing, policy)
        return self._standing

    def _is_at_rest(self, at: datetime) -> bool:
        return self._rest is not None and self._rest.lasts(at) and len(self.unseen) <= MOST_WAITING

    def _take_in(self) -> None:
        if self.unseen:
            settled = settled_by(self._program, self.unseen[-1].at)
            self.record = fold(known_of(self, self.record), self._timeline, settled)
            self.unseen = []


class Life(NamedTuple):
    """All that there is of a member whose past is replayed. ``membership`` and ``wallets`` are as they are by now."""

    history: History
    deeds: Sequence[Deed]
    """Also those to come: each counts from its own time on."""
    membership: Membership
    wallets: Mapping[CurrencyId, Wallet]
    timeline: Timeline
    insights: Insights
    book: Callable[[CurrencyId, Command, datetime], None]
    """Changes their points."""

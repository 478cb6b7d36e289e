"""The standing of who buys: what a sale sees of it, and how what the sale counts reaches it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from huitou.kernel.calendars import local_date
from huitou.kernel.facts import Fact
from huitou.kernel.ids import MemberId, occurred_at_of
from huitou.kernel.values import changed
from huitou.points.decisions import Decision, KeepAlive, keep_alive, touch
from huitou.points.home import Home
from huitou.points.membership import require_seen
from huitou.points.wallet import Cause, Wallet, noted
from huitou.program.model import BrandId, CurrencyId, Program
from huitou.program.rules import SegmentId
from huitou.program.tiers import TierId
from huitou.purchases.model import Purchase, Visit
from huitou.purchases.ports import MemberSegments, MemberState, MemberStates
from huitou.standing.keeping import MOST_UNSEEN, Timeline, fold, settled_by, stand
from huitou.standing.model import Known, Record, Standing
from huitou.standing.ports import TierPrograms


class Personal(NamedTuple):
    """What a rule may ask of the member as of a sale, beside what they bought before."""

    tier: TierId | None = None
    birthday_month: bool = False
    segments: frozenset[SegmentId] = frozenset()
    """Of those that rules name."""


STRANGER = Personal()
NONE: frozenset[SegmentId] = frozenset()


def personal(
    home: Wallet,
    record: Record,
    timeline: Timeline,
    program: Program,
    at: datetime,
    *,
    segments: frozenset[SegmentId] = NONE,
) -> Personal:
    """E7: as of ``at``, before what happens then; ``program`` decides the sale. ``segments``: see `segments_seen`."""
    standing = stand(known_of(home, record), timeline, at) if program.tiers else None
    return personal_of(standing, record, program, at, segments=segments)


def personal_of(
    standing: Standing | None, record: Record, program: Program, at: datetime, *, segments: frozenset[SegmentId] = NONE
) -> Personal:
    """`personal` of a member who stands so, if there are tiers. Born on 29 February is born in February (E10)."""
    is_month = record.birthday is not None and record.birthday[0] == local_date(at, program.zone).month
    return Personal(standing.tier_at(at) if standing else None, is_month, segments)


def segments_seen(
    member: MemberId, state: MemberState, program: Program, purchase: Purchase, segments: MemberSegments
) -> frozenset[SegmentId]:
    """E7: in which of the segments that rules of ``program`` ask about, the member was when ``purchase`` happened.

    A position that holds then has come with ``state`` and says so for nothing. One that was worked out later does not:
    it tells when something became known, and a sale goes by when it happened, as for tiers.
    """
    at, asked = purchase.occurred_at, program.segments_asked_at(purchase.brand)
    if not asked:
        return NONE
    position = state.position_at(program, at)
    if position is not None and position.through <= at:
        return position.segments_at(at) & asked
    return segments.judged(member, state, program, at, asked)


def known_of(home: Home, record: Record) -> Known:
    """All that counts. A member enrolled when they first joined a brand; without any, when their id was made."""
    enrolled_at = min(home.brands.values()) if home.brands else occurred_at_of(home.member)
    return Known(record, home.unseen, enrolled_at)


def is_whole(wallets: Mapping[CurrencyId, Wallet], record: Record) -> bool:
    """Whether the two were not read while facts went over from one to the other."""
    return max((wallet.folds for wallet in wallets.values()), default=0) == record.folds


def visited(
    wallets: Mapping[CurrencyId, Wallet], home: Wallet, visit: Visit, program: Program, now: datetime
) -> Mapping[CurrencyId, Decision]:
    """The home wallet one version on, in any case; it notes who was there for the standing."""
    if not visit.type.is_presence:
        return {home.currency: Decision(touch(home, now), ())}
    home = noted(home, Fact(visit.occurred_at, visit.occurred_at, 0, 1, 0))
    activity = KeepAlive(visit.brand, visit.occurred_at, Cause("event", str(visit.id)))
    kept_alive = keep_alive({**wallets, home.currency: home}.values(), activity, program, now)
    return {home.currency: Decision(touch(home, now), ()), **kept_alive}


def taken_in(
    home: Wallet, record: Record, timeline: Timeline, program: Program, now: datetime
) -> tuple[Wallet, Record]:
    """Both, after the standing has taken in what the wallet noted; the same, while that is not too much to wait.

    An import brings old sales one after the other (E20): as long as it does, what lies shortly before them is not
    settled, however long ago that was.
    """
    if len(home.unseen) <= MOST_UNSEEN:
        return home, record
    latest = max(fact.at for fact in home.unseen)
    folded = fold(known_of(home, record), timeline, settled_by(program, min(now, latest)))
    return changed(home, unseen=(), folds=folded.folds), folded


class MemberFacts:
    """`Acquaintance`: what is known of members, from their wallets and records."""

    def __init__(self, states: MemberStates, programs: TierPrograms) -> None:
        self._states = states
        self._programs = programs

    def known(self, member: MemberId, brand: BrandId) -> Known:
        wallets, record, _ = self._states.load(member)
        home = require_seen(wallets.get(self._programs.active().home_currency), brand)
        return known_of(home, record)

    def are_one(self, member: MemberId, other: MemberId) -> bool:
        return member == other or self._survivor(member) == self._survivor(other)

    def _survivor(self, member: MemberId) -> MemberId:
        home = self._states.load(member).wallets.get(self._programs.active().home_currency)
        return self._survivor(home.moved_to) if home is not None and home.moved_to else member

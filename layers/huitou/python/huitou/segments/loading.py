"""The facts of a member, put together from what is kept: as they count now, whatever came back or was moved (E2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from huitou.kernel.values import changed, lean
from huitou.members.model import Member
from huitou.points.home import Home
from huitou.points.wallet import Wallet
from huitou.program.model import BrandId, CurrencyId, LinesAsked, Program
from huitou.program.tiers import TierId
from huitou.purchases.model import Purchase, Visit
from huitou.purchases.returns import left_of
from huitou.purchases.standing import known_of
from huitou.segments.facts import UNKNOWN, Deed, Facts, Having, Insights, told_of
from huitou.standing.keeping import Timeline, stand
from huitou.standing.model import Interval, Known, Record, Standing, TierCause
from huitou.standing.outlook import look

_DISCOUNT = attrgetter("discount")
_HAPPENED = frozenset({TierCause.GRANT, TierCause.REFUND})


def read_facts(
    member: Member,
    wallets: Mapping[CurrencyId, Wallet],
    record: Record,
    program: Program,
    timeline: Timeline,
    *,
    deeds: Sequence[Deed],
    now: datetime,
    insights: Insights = UNKNOWN,
) -> Facts:
    """What is known of a member at ``now``, who did ``deeds``: see `huitou.segments.past`."""
    has = Holdings(wallets[program.home_currency], wallets, record, timeline, now)
    return changed(facts_of(member, has, deeds, insights), moments=has.tiers.moments)


@lean
class Holdings:
    """`facts.Having` of a member, each part worked out when it is asked for."""

    home: Home
    wallets: Mapping[CurrencyId, Wallet]
    record: Record
    timeline: Timeline
    now: datetime

    @property
    def enrolled_at(self) -> datetime:
        return known_of(self.home, self.record).enrolled_at

    @property
    def joined(self) -> Mapping[BrandId, datetime]:
        return self.home.brands

    @property
    def tiers(self) -> TierPath:
        return TierPath(known_of(self.home, self.record), self.timeline, self.now)


def facts_of(member: Member | None, has: Having, deeds: Sequence[Deed], insights: Insights) -> Facts:
    """The same of who is at hand, or has no record; what their tiers went through is left out (`Facts.moments`)."""
    facts = Facts(has.enrolled_at, has.joined, has.wallets, has.tiers, deeds, insights=insights)
    if member is None:
        return facts
    return changed(
        facts,
        birthday=member.profile.birthday,
        gender=member.profile.gender,
        language=member.profile.language,
        home_store=member.profile.home_store,
        tags=frozenset(member.tags),
        consents=frozenset(key for key, consent in member.consents.items() if consent.granted),
    )


def deed_of_purchase(purchase: Purchase, asked: LinesAsked | None = None) -> Deed | None:
    """What is left of a purchase; None where that is nothing, or another member's (M40).

    With lines as `told_of` those who ask for them.
    """
    if purchase.moved is not None or purchase.is_refunded:
        return None
    lines = left_of(purchase.lines, purchase.returns.lines)
    return Deed(
        at=purchase.occurred_at,
        brand=purchase.brand,
        store=purchase.store,
        is_purchase=True,
        channel=purchase.channel,
        spend=purchase.kept_spend,
        lines=told_of(lines, asked),
        payments=frozenset([payment.method for payment in purchase.payments]),
        discounted=bool(purchase.discounts) or any(map(_DISCOUNT, lines)),
    )


def deed_of_visit(visit: Visit) -> Deed | None:
    """A visit; None where the member was not there."""
    return Deed(visit.occurred_at, visit.brand, visit.store, is_purchase=False) if visit.type.is_presence else None


@lean
class TierPath:
    """`facts.TierPath` of a member: as they stood until ``now``, and will stand if nothing else happens."""

    known: Known
    timeline: Timeline
    now: datetime

    def tier_at(self, at: datetime) -> TierId | None:
        return self._until(at).tier_at(at)

    def interval_at(self, at: datetime) -> Interval:
        return self._until(at).interval_at(at)

    def changes_after(self, at: datetime) -> datetime | None:
        standing = self._until(at)
        begun = [each.since for each in standing.intervals if each.since > at]
        return min(begun) if begun else standing.state.next_review_at

    def lost_at(self, at: datetime) -> datetime | None:
        ahead = look(self.known, self.timeline, at).prospect
        return (ahead.grace_until or ahead.review_at) if ahead and ahead.is_at_risk else None

    @property
    def moments(self) -> list[datetime]:
        """When tiers began for another reason than time, a sale or a publication."""
        return [each.since for each in self._until(self.now).intervals if each.cause in _HAPPENED]

    def _until(self, at: datetime) -> Standing:
        return stand(self.known, self.timeline, max(at, self.now))

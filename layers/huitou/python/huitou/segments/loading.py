"""The facts of a member, put together from what is kept: as they count now, whatever came back or was moved (E2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from huitou.kernel.values import changed, lean
from huitou.members.model import Member
from huitou.points.wallet import Wallet
from huitou.program.model import BrandId, CurrencyId, Program
from huitou.program.tiers import TierId
from huitou.purchases.model import Purchase, Visit
from huitou.purchases.returns import left_of
from huitou.purchases.standing import known_of
from huitou.segments.facts import UNKNOWN, Deed, DeedLine, Facts, Insights
from huitou.standing.keeping import Timeline, stand
from huitou.standing.model import Interval, Known, Record, Standing, TierCause

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
    home = wallets[program.home_currency]
    known = known_of(home, record)
    facts = facts_of(member, known, home.brands, wallets, timeline, deeds=deeds, now=now, insights=insights)
    return changed(facts, moments=TierPath(known, timeline, now).moments)


def facts_of(
    member: Member | None,
    known: Known,
    joined: Mapping[BrandId, datetime],
    wallets: Mapping[CurrencyId, Wallet],
    timeline: Timeline,
    *,
    deeds: Sequence[Deed],
    now: datetime,
    insights: Insights = UNKNOWN,
) -> Facts:
    """The same of who is at hand, or has no record; what their tiers went through is left out (`Facts.moments`)."""
    facts = Facts(known.enrolled_at, joined, wallets, TierPath(known, timeline, now), deeds, insights=insights)
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


def deed_of_purchase(purchase: Purchase) -> Deed | None:
    """What is left of a purchase; None where that is nothing, or another member's (M40)."""
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
        lines=tuple([DeedLine(sku, category, amount) for sku, category, _, amount, _ in lines]),
        payments=frozenset([payment.method for payment in purchase.payments]),
        discounted=bool(purchase.discounts) or any([line.discount for line in lines]),
    )


def deed_of_visit(visit: Visit) -> Deed | None:
    """A visit; None where the member was not there."""
    return Deed(visit.occurred_at, visit.brand, visit.store, False) if visit.type.is_presence else None


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

    @property
    def moments(self) -> list[datetime]:
        """When tiers began for another reason than time, a sale or a publication."""
        return [each.since for each in self._until(self.now).intervals if each.cause in _HAPPENED]

    def _until(self, at: datetime) -> Standing:
        return stand(self.known, self.timeline, max(at, self.now))

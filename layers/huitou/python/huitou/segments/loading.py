"""The facts of a member, put together from what is kept: as they count now, whatever came back or was moved (E2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from huitou.members.model import Member
from huitou.points.wallet import Wallet
from huitou.program.model import CurrencyId, Program
from huitou.program.tiers import TierId
from huitou.purchases.model import Purchase, Visit
from huitou.purchases.returns import left_of
from huitou.purchases.standing import known_of
from huitou.segments.facts import UNKNOWN, Deed, DeedLine, Facts, Insights
from huitou.standing.keeping import Timeline, stand
from huitou.standing.model import Known, Record, Standing, TierCause

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
    path = TierPath(known, timeline, now)
    return Facts(
        enrolled_at=known.enrolled_at,
        joined=home.brands,
        wallets=wallets,
        tiers=path,
        deeds=deeds,
        birthday=member.profile.birthday,
        gender=member.profile.gender,
        language=member.profile.language,
        home_store=member.profile.home_store,
        tags=frozenset(member.tags),
        consents=frozenset(key for key, consent in member.consents.items() if consent.granted),
        moments=path.moments,
        insights=insights,
    )


def deed_of_purchase(purchase: Purchase) -> Deed | None:
    """What is left of a purchase; None where that is nothing, or another member's (M40)."""
    if purchase.moved is not None or purchase.is_refunded:
        return None
    returned = purchase.returns.lines
    lines = left_of(purchase.lines, returned)
    return Deed(
        at=purchase.occurred_at,
        brand=purchase.brand,
        store=purchase.store,
        is_purchase=True,
        channel=purchase.channel,
        spend=purchase.total - purchase.paid_in_points - purchase.money_of(returned),
        lines=tuple(DeedLine(line.sku, line.category, line.amount) for line in lines),
        payments=frozenset(payment.method for payment in purchase.payments),
        discounted=bool(purchase.discounts) or any(line.discount for line in lines),
    )


def deed_of_visit(visit: Visit) -> Deed | None:
    """A visit; None where the member was not there."""
    return Deed(visit.occurred_at, visit.brand, visit.store, False) if visit.type.is_presence else None


@dataclass(frozen=True, slots=True)
class TierPath:
    """`facts.TierPath` of a member: as they stood until ``now``, and will stand if nothing else happens."""

    known: Known
    timeline: Timeline
    now: datetime

    def tier_at(self, at: datetime) -> TierId | None:
        return self._until(at).tier_at(at)

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

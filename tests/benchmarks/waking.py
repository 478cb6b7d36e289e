"""How often the clock wakes somebody for nothing: real members, a year of theirs lived through as in production.

After each purchase they are looked at, as by the stream; whenever the clock was told to, their points are booked and
they are looked at. A wake is worth it if the member is in another tier or segment afterwards, or has been told that
points end soon.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from cli.sample_data import SampleSales
from huitou.insights.model import RFM_DAYS, Findings, Survey
from huitou.kernel.ids import MemberId, digest_of
from huitou.members.decisions import Presented
from huitou.members.identity import card_identity
from huitou.members.model import Profile
from huitou.members.service import Enrolment
from huitou.points.service import Points
from huitou.segments.loading import deed_of_purchase
from huitou.segments.rfm import scale_of
from huitou.simulator.history import History
from tests.files import sample_program
from tests.purchases import SOON
from tests.standing import Standings

MEMBERS = 40
QUARTER = timedelta(days=92)
"""In which tiers of the year before are reviewed, and those who do not come any more are missed."""


class Due(NamedTuple):
    """When the clock is told to look next, and whether at the position or at points."""

    at: datetime
    is_position: bool


@dataclass(slots=True)
class Woken:
    """``wakes`` of positions, of which so many were ``real``; ``reasons`` of the wakes."""

    purchases: int
    wakes: int
    real: int
    reasons: Counter[str]

    @property
    def per_real_change(self) -> float:
        return self.wakes / self.real

    @property
    def per_purchase(self) -> float:
        return self.wakes / self.purchases


class Year:
    """Members of a shop, in memory, and the clock."""

    def __init__(self, histories: list[History]) -> None:
        self.shop = Standings(sample_program())
        self.end = max(history.purchases[-1].occurred_at for history in histories) + QUARTER
        self.woken = Woken(0, 0, 0, Counter())
        shop = self.shop
        self._points = Points(shop.wallets, shop.ledger.commands, shop.programs, shop.table.commit, lambda _: None)
        shop.table.commit(shop.findings.add(self._findings(histories)))

    def live(self, history: History) -> None:
        """All that they did, and the time between."""
        member = self._enrolled(history)
        for sale in history.purchases:
            now = sale.occurred_at + SOON
            self._wait(member, now)
            self.shop.sell(replace(sale, received_at=now), member)
            self.shop.segments.renew(member, now)
            self.woken.purchases += 1
        self._wait(member, self.end)

    def _enrolled(self, history: History) -> MemberId:
        first = history.purchases[0]
        order = Enrolment((Presented(card_identity(history.name)),), Profile(), first.brand)
        return self.shop.members.enrol(order, first.brand, history.enrolled_at).view.member.id

    def _wait(self, member: MemberId, until: datetime) -> None:
        while (due := self._next(member)) is not None and due.at <= until:
            for currency in self.shop.wallets.load_all(member):
                self._points.settle(member, currency, due.at)
            kept = self.shop.kept(member)
            renewed = self.shop.segments.renew(member, due.at)
            if due.is_position and kept is not None and renewed.after is not None:
                self.woken.wakes += 1
                self.woken.real += renewed.moved or renewed.after.expiring != kept.expiring
                self.woken.reasons[str(kept.due_for).partition(":")[0]] += 1

    def _next(self, member: MemberId) -> Due | None:
        wallets, _, position = self.shop.states.load(member)
        found = [Due(at, False) for wallet in wallets.values() if (at := wallet.due_at())]
        if position is not None and position.due_at is not None:
            found.append(Due(position.due_at, True))
        return min(found, key=lambda due: (due.at, not due.is_position), default=None)

    def _findings(self, histories: list[History]) -> Findings:
        """What a run at the end of the year would find of them."""
        zone, survey = self.shop.programs.active().zone, Survey()
        for history in histories:
            deeds = [deed for sale in history.purchases if (deed := deed_of_purchase(sale))]
            survey.take(deeds, self.end, zone)
        members, scale = len(histories), scale_of(survey.measured, RFM_DAYS)
        at = histories[0].enrolled_at
        return Findings(1, digest_of(["waking"]), at, program_version=1, members=members, recent=members, rfm=scale)


def measure() -> Woken:
    histories = list(SampleSales(members=MEMBERS).histories())
    year = Year(histories)
    for history in histories:
        year.live(history)
    return year.woken

"""Rows that name a card which was merged, or somebody who was erased (E15, E25)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huitou.erasing.model import Erasure
from huitou.erasing.service import Erasures
from huitou.imports.model import Counts
from huitou.kernel.ids import MemberId
from huitou.merging.model import Merge
from huitou.merging.service import Merges, merge_id
from huitou.simulator.memory_erasing import MemoryErasures, MemoryTraces
from huitou.simulator.memory_merging import MemoryMerges
from huitou.simulator.memory_purchases import MemoryMemberStates
from tests.builders import document, program
from tests.importing import STARTED, Importer, member_row, purchase_row
from tests.members import HASHER
from tests.merging import TIERS
from tests.unit.imports.test_openings import opening_row, tier_row

OLD_SALE = purchase_row("A-1", "2026-03-02 12:00", "1000", card="C-2")
SOON = timedelta(minutes=1)


class TwoCards:
    """A group that imports; Mei's second card, with a sale, is merged into her first."""

    def __init__(self) -> None:
        self.importer = Importer(program(document(tiers=TIERS)))
        self.importer.bring([member_row("C-1"), member_row("C-2"), OLD_SALE])
        self.mei, self.other = self.importer.member("C-1"), self.importer.member("C-2")

    def merge(self) -> None:
        merges = Merges(merges=MemoryMerges(self.importer.table), states=self._states, **self._shared)
        merges.merge(Merge(merge_id("M-1"), self.mei, self.other, "one person", "staff-7", None, STARTED + SOON))

    def erase(self) -> None:
        table = self.importer.table
        erasures = Erasures(erasures=MemoryErasures(table), traces=MemoryTraces(table), **self._shared)
        erasures.erase(Erasure(self.mei, "asked for it", "staff-7", None, STARTED + SOON))

    def named(self, **row: Any) -> dict[str, Any]:
        """The row, about the member with the id of the second card."""
        return {**row, "member": {"id": self.other}}

    def points(self, member: MemberId) -> int:
        wallet = self.importer.wallets.load(member, "points")
        assert wallet is not None
        return sum(lot.remaining for lot in wallet.lots)

    @property
    def _states(self) -> MemoryMemberStates:
        return MemoryMemberStates(self.importer.table)

    @property
    def _shared(self) -> dict[str, Any]:
        importer = self.importer
        return {
            "members": importer.members,
            "wallets": importer.wallets,
            "standings": importer.standings,
            "programs": importer.programs,
            "hasher": HASHER,
            "commit": importer.commit,
            "pause": lambda _: None,
        }


@pytest.fixture
def cards() -> TwoCards:
    return TwoCards()


def test_sales_that_name_the_absorbed_card_are_the_survivors(cards: TwoCards) -> None:
    """E15: and what was imported under the old name is known under it (E14)."""
    cards.merge()
    rows = [cards.named(**OLD_SALE), cards.named(**purchase_row("A-2", "2026-04-02 12:00", "500"))]

    made = cards.importer.bring(rows, key="second", now=STARTED + timedelta(hours=1))

    assert made.run.counts == Counts(recorded=1, known=1)
    assert (cards.points(cards.mei), cards.points(cards.other)) == (5, 0)


def test_lots_and_tiers_that_are_brought_along_go_to_the_survivor(cards: TwoCards) -> None:
    """E15, M36."""
    cards.importer.bring([cards.named(**opening_row("L-0", "30"))], key="openings")
    cards.merge()
    rows = [cards.named(**row) for row in (opening_row("L-0", "30"), opening_row("L-1", "70"), tier_row())]

    made = cards.importer.bring(rows, key="second", now=STARTED + timedelta(hours=1))

    assert made.run.counts == Counts(opened=2, known=1)
    assert cards.points(cards.mei) == 100
    state = MemoryMemberStates(cards.importer.table).load(cards.mei)
    assert [grant.tier for grant in state.record.grants] == ["gold"]


def test_rows_about_who_was_erased_are_refused_one_by_one(cards: TwoCards) -> None:
    """E25: and stop nobody else's."""
    cards.merge()
    cards.erase()
    rows = [cards.named(**purchase_row("A-2")), cards.named(**opening_row()), member_row("C-3")]

    made = cards.importer.bring(rows, key="second", now=STARTED + timedelta(hours=1))

    assert made.run.counts == Counts(members=1, rejected=2)
    assert {row["code"] for row in cards.importer.rejected(made.run)} == {"member_erased"}

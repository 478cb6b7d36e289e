"""An import comes to what the rows mean, not to how they lie in the file, nor to how they fall into commits."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from huitou.imports import apply, partition
from huitou.imports.apply import Bill
from huitou.imports.requests import read_row
from huitou.kernel.ids import MemberId
from huitou.members.directory import FoundMember
from huitou.members.identity import Identity
from huitou.points.replay import discrepancies
from huitou.points.service import Points
from huitou.program.model import Program
from huitou.purchases.service import Purchases
from huitou.simulator.memory_budgets import MemoryBudgets
from huitou.simulator.memory_points import MemoryCommands
from huitou.simulator.memory_purchases import MemoryMemberStates
from huitou.simulator.memory_refunds import MemoryRefunds
from tests.builders import TAIPEI, document, program
from tests.importing import STARTED, Importer, member_row, ndjson, purchase_row
from tests.purchases import Publications, judged_on

CARDS = ("C1", "C2", "C3")
EXPIRIES = st.sampled_from(
    [
        {"type": "never"},
        {"type": "rolling_days", "days": 20},
        {"type": "sliding", "days": 15},
        {"type": "end_of_month", "months": 0},
    ]
)
FIRST_DAY = datetime.fromisoformat("2026-01-05T12:00+08:00")


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Shared points and sora's beans, each with an expiry and perhaps a cooling-off of its own."""
    earning = [
        {"id": "base", "name": "Base", "currency": "points", "points": "1", "per": "100"},
        {"id": "beans", "name": "Beans", "currency": "beans", "points": "1", "per": "50"},
    ]
    currencies = [
        {"id": name, "name": name, "expiry": draw(EXPIRIES), "pending_days": draw(st.sampled_from([0, 3])), **brand}
        for name, brand in (("points", {}), ("beans", {"brand": "sora"}))
    ]
    return program(document(point_currencies=currencies, earning=earning))


@st.composite
def sales(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Sales of three members at two brands; several in the same second, some of them twice, one of a stranger."""
    drawn = draw(
        st.lists(
            st.tuples(st.integers(0, 150), st.sampled_from(CARDS), st.sampled_from("ms"), st.integers(0, 20)),
            max_size=40,
        )
    )
    rows = []
    for number, (day, card, brand, hundreds) in enumerate(drawn):
        store = {"m": ("maru", "m1"), "s": ("sora", "s1")}[brand]
        when = (FIRST_DAY + timedelta(days=day)).isoformat()
        rows.append(purchase_row(f"A-{number}", when, str(hundreds * 100), card, brand=store[0], store=store[1]))
    repeated = draw(st.lists(st.sampled_from(rows), max_size=5)) if rows else []
    return rows + repeated


def members() -> list[dict[str, Any]]:
    return [member_row(card) for card in CARDS]


@given(programs(), sales(), st.randoms(use_true_random=False))
def test_a_shuffled_file_gives_identical_wallets(
    only: Program, rows: list[dict[str, Any]], chance: random.Random
) -> None:
    """M36, E20: the same entries, versions and purchases, down to the last field."""
    calm, shuffled = Importer(only), Importer(only)
    calm.bring(members() + rows)
    mixed = members() + rows
    chance.shuffle(mixed)
    shuffled.bring(mixed)
    assert shuffled.anonymous() == calm.anonymous()


@given(programs(), sales(), st.integers(1, 30), st.integers(1, 2000))
def test_where_commits_and_chunks_are_cut_does_not_matter(
    only: Program, rows: list[dict[str, Any]], most_writes: int, chunk_bytes: int
) -> None:
    """E13: many sales in one commit come to what they come to one by one."""
    usual, cut = Importer(only), Importer(only)
    usual.bring(members() + rows)
    before = apply.MOST_WRITES, partition.CHUNK_BYTES
    apply.MOST_WRITES, partition.CHUNK_BYTES = most_writes, chunk_bytes
    try:
        cut.bring(members() + rows)
    finally:
        apply.MOST_WRITES, partition.CHUNK_BYTES = before
    assert cut.anonymous() == usual.anonymous()


@given(programs(), sales())
def test_an_import_leaves_what_the_api_would_have_left_had_each_sale_come_at_once_and_the_clock_been_on_time(
    only: Program, rows: list[dict[str, Any]]
) -> None:
    """E20: history is no other kind of purchase."""
    imported, lived = Importer(only), Importer(only)
    imported.bring(members() + rows)
    _live(lived, rows)
    for card in CARDS:
        assert imported.anonymous()[card][1:3] == lived.anonymous()[card][1:3]
        for currency, wallet in imported.wallets.load_all(imported.member(card)).items():
            assert discrepancies(wallet, imported.entries(card, currency), lambda _: TAIPEI) == []


@given(programs(), sales())
def test_the_second_time_nothing_changes(only: Program, rows: list[dict[str, Any]]) -> None:
    """E14."""
    importer = Importer(only)
    first = importer.bring(members() + rows)
    before = importer.anonymous()
    second = importer.bring(members() + rows, key="again", now=STARTED + timedelta(days=200))
    assert importer.anonymous() == before
    assert second.counts.recorded == 0
    assert second.counts.known == first.counts.recorded + first.counts.known


def _live(importer: Importer, rows: list[dict[str, Any]]) -> None:
    """The same sales over the API, each at its own time, with a clock that books everything when it falls due."""
    importer.bring(members())
    run = importer.begin(ndjson(rows) + b"\n", key="to read them by")
    only, commit = importer.programs.active(), importer.table.commit
    programs = Publications(only)
    points = Points(importer.wallets, MemoryCommands(importer.table), programs, commit, lambda _: None)
    purchases = Purchases(
        importer.purchases,
        importer.wallets,
        programs,
        commit,
        lambda _: None,
        budgets=MemoryBudgets(importer.table),
        states=MemoryMemberStates(importer.table),
        standings=importer.standings,
        commands=MemoryCommands(importer.table),
        refunds=MemoryRefunds(importer.table),
        segments=judged_on(importer.table, programs),
    )
    read = [read_row(json.dumps(row).encode(), run, only) for row in rows]
    for bill in sorted((each for each in read if isinstance(each, Bill)), key=_order):
        assert isinstance(bill.buyer, Identity)
        buyer = FoundMember(importer.member_of(bill.buyer), presented=True)
        _settle(importer, points, buyer.id, bill.purchase.occurred_at)
        purchases.record(bill.purchase, buyer, bill.purchase.occurred_at)
    for card in CARDS:
        _settle(importer, points, importer.member(card), STARTED)


def _order(bill: Bill) -> tuple[datetime, bytes]:
    return bill.purchase.occurred_at, blake2b(bill.purchase.receipt.encode(), digest_size=8).digest()


def _settle(importer: Importer, points: Points, member: MemberId, until: datetime) -> None:
    """The clock: at each instant at which something falls due, not a moment later."""
    while True:
        wallets = importer.wallets.load_all(member)
        dues = [(due, currency) for currency, wallet in wallets.items() if (due := wallet.due_at()) is not None]
        if not wallets or not dues or min(dues)[0] > until:
            return
        due, currency = min(dues)
        points.settle(member, currency, due)

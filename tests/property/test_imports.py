"""An import comes to what the rows mean, not to how they lie in the file, nor to how they fall into commits."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from huitou.imports import partition
from huitou.kernel import commits
from huitou.program.model import Program
from tests.builders import TAIPEI, document, program
from tests.importing import STARTED, Importer, member_row, purchase_row
from tests.living import live
from tests.soundness import discrepancies

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
    before = commits.MOST_WRITES, partition.CHUNK_BYTES
    commits.MOST_WRITES, partition.CHUNK_BYTES = most_writes, chunk_bytes
    try:
        cut.bring(members() + rows)
    finally:
        commits.MOST_WRITES, partition.CHUNK_BYTES = before
    assert cut.anonymous() == usual.anonymous()


@given(programs(), sales())
def test_an_import_leaves_what_the_api_would_have_left_had_each_sale_come_at_once_and_the_clock_been_on_time(
    only: Program, rows: list[dict[str, Any]]
) -> None:
    """E20: history is no other kind of purchase."""
    imported, lived = Importer(only), Importer(only)
    imported.bring(members() + rows)
    lived.bring(members())
    live(lived, rows)
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

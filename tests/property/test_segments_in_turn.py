"""E7: who decides many sales of a member at once, sees what their tills saw, of any segments."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import BEGINNING
from huitou.program.looking_back import comparing, lines_asked, looks_back_days
from huitou.program.model import Program
from huitou.program.predicates import InSegment, Not, Predicate, Segment
from huitou.program.rules import SegmentId
from huitou.purchases.model import Purchase
from huitou.segments.judging import Judge
from huitou.segments.loading import read_facts
from huitou.segments.past import read_past
from huitou.simulator.account import Account
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_segments import MemoryDeeds
from huitou.simulator.past import MembersPast
from huitou.simulator.replaying import Replayer
from huitou.standing.timeline import ProgramTimeline
from tests.builders import document, program, rule
from tests.importing import STARTED, Importer, Row, member_row, purchase_row
from tests.living import live
from tests.predicates import LISTS, PREDICATES, TIERS
from tests.purchases import Publications
from tests.simulations import archive_on

CARDS = ("C1", "C2")
FIRST_DAY = datetime.fromisoformat("2026-01-05T12:00+08:00")
LEVELS = [
    {"id": TIERS[0], "name": "Basic", "threshold": "0"},
    {"id": TIERS[1], "name": "Gold", "threshold": "3000"},
]
ROLLING = {"measure": "spend", "window": {"type": "rolling", "days": 30}, "levels": LEVELS}
ASKED = ("one", "two", "rest")
NAMES = (*ASKED, *LISTS)
LISTED = [{"id": name, "name": name, "list": True} for name in NAMES]
INVITING = [rule(id=name, name=name, points="7", per=None, when={"segments": [name]}) for name in ASKED]
PLAIN = program(document(tiers=ROLLING, segments=LISTED, earning=[rule(), *INVITING]))


def asking(one: Predicate, two: Predicate, brand: str | None) -> Program:
    """Two segments, the second of which is ``brand``'s, and of those who are in the first one the rest."""
    segments = {
        **PLAIN.segments,
        "one": Segment("one", "One", None, one),
        "two": Segment("two", "Two", brand, two),
        "rest": Segment("rest", "Rest", None, Not(InSegment(frozenset({"one"})))),
    }
    ordered = {name: segments[name] for name in (*LISTS, *ASKED)}
    return replace(
        PLAIN,
        segments=ordered,
        looks_back_days=looks_back_days(ordered.values()),
        lines_asked=lines_asked(ordered.values()),
        comparing_segments=comparing(ordered.values()),
    )


PROGRAMS = st.builds(asking, PREDICATES, PREDICATES, st.sampled_from((None, "maru", "sora")))


def members(rows: list[Row]) -> list[Row]:
    """One says much; one says nothing, and enrols as they buy for the first time."""
    said = {"birthday": "1990-03-31", "gender": "female", "language": "ja", "home_store": "s1"}
    bought = [row["occurred_at"] for row in rows if row["member"] == {"card": "C2"}]
    first = min(bought, key=datetime.fromisoformat, default=FIRST_DAY.isoformat())
    return [member_row("C1", "2025-12-24 18:00", profile=said), {**member_row("C2", None), "enrolled_at": first}]


@st.composite
def sales(draw: st.DrawFn) -> list[Row]:
    """Of bread and tea, at both brands, some at the same second."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.one_of(st.integers(0, 150 * 24).map(lambda hours: hours * 3600), st.integers(0, 150 * 86_400)),
                st.sampled_from(CARDS),
                st.sampled_from((("maru", "m1"), ("sora", "s1"))),
                st.integers(1, 20).map(lambda hundreds: str(100 * hundreds)),
                st.sampled_from(("bread", "tea")),
                st.sampled_from(("cash", "card")),
            ),
            min_size=1,
            max_size=14,
        )
    )
    rows = []
    for number, (seconds, card, (brand, store), amount, category, payment) in enumerate(drawn):
        fields: dict[str, Any] = {
            "brand": brand,
            "store": store,
            "lines": [{"sku": f"{category}-1", "category": category, "amount": amount}],
            "payments": [{"method": payment, "amount": amount}],
            "occurred_at": (FIRST_DAY + timedelta(seconds=seconds)).isoformat(),
        }
        rows.append(purchase_row(f"A-{number}", amount=amount, card=card, **fields))
    return rows


def seen_by_sales(importer: Importer) -> dict[str, frozenset[SegmentId]]:
    """Of each sale, what it saw."""
    return {str(sale.number): sale.seen.segments for sale in importer.table.all(Purchase)}


def told_by_wallets(importer: Importer, only: Program) -> dict[MemberId, frozenset[SegmentId]]:
    """In which segments the members are at last, by what is kept of them."""
    told = {}
    for card in CARDS:
        member, found = importer.member(card), importer.members.load(importer.member(card))
        assert found is not None
        wallets, record, _ = importer.states.load(member)
        facts = read_facts(
            found,
            wallets,
            record,
            only,
            ProgramTimeline(Publications(only)),
            deeds=read_past(MemoryDeeds(importer.table), wallets[only.home_currency], only, STARTED).deeds,
            now=STARTED,
        )
        told[member] = Judge(facts, only).holding(only.segments, STARTED)
    return told


def relived(table: MemoryTable, only: Program) -> dict[MemberId, Account]:
    """What a simulation makes of it."""
    replayer, archive = Replayer(only, STARTED), archive_on(table)
    past = MembersPast(archive, range(archive.index.shards), BEGINNING, STARTED)
    return {history.member: replayer.replay(history) for history in past.histories()}


@given(PROGRAMS, sales())
def test_imported_or_replayed_a_sale_sees_what_its_till_saw(only: Program, rows: list[Row]) -> None:
    """E7, M14, E20: also members end in the segments in which the platform has them."""
    lived, imported = Importer(only), Importer(only)
    imported.bring(members(rows) + rows)
    lived.bring(members(rows))
    live(lived, rows)
    assert seen_by_sales(imported) == seen_by_sales(lived)
    accounts = relived(imported.table, only)
    told = told_by_wallets(imported, only)
    assert {member: account.segments for member, account in accounts.items()} == {
        member: told[member] for member in accounts
    }
    seen = Counter(name for segments in seen_by_sales(imported).values() for name in segments)
    assert {name: sum(each.times[name] for each in accounts.values()) for name in ASKED} == {
        name: seen[name] for name in ASKED
    }

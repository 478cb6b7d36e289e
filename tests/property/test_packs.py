"""What is read of a member from packs is what is kept of them, whatever happened, and whenever it was packed (M17)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitou.kernel.calendars import add_days
from huitou.kernel.commits import StaleReadError
from huitou.kernel.errors import DomainError
from huitou.kernel.instants import from_millis
from huitou.members.directory import FoundMember
from huitou.merging.service import merge_id
from huitou.points.decisions import Decision, touch
from huitou.points.wallet import Wallet
from huitou.program.model import LinesAsked, Program
from huitou.purchases.model import Purchase, VisitType
from huitou.segments import packs
from huitou.segments.facts import Deed, DeedLine, told_of
from huitou.segments.judging import judge
from huitou.segments.packs import Pack, beginning_of, pack, quarter_of, unpack
from huitou.segments.past import packed, read_past
from tests.builders import document, program, wallet
from tests.deeds import bought
from tests.facts import CHANGES, ZONES, facts
from tests.members import MEI_EMAIL, MEI_PHONE
from tests.merging import TIERS, TwoRecords
from tests.purchases import NOON, Shop, bill, booking, bread, deeds_on, line, return_of

DAY = timedelta(days=1)
ASKING = {
    "nothing of lines": {"purchases": {"at_least": 1, "in": "ever"}},
    "bread": {"spend": {"at_least": "1", "in": "last 60 days", "of": {"categories": ["bread"]}}},
    "a kind": {"purchases": {"at_least": 1, "in": "ever", "of": {"skus": ["tea-1", "bread-1"]}}},
    "all kinds": {"categories": {"at_least": 2, "in": "this year"}},
}
"""Conditions that ask for different lines, and look back for different times."""


def asking(number: int, when: object) -> Program:
    segment = {"id": "some", "name": "Some", "when": when}
    return program(document(tiers=TIERS, segments=[segment], late_limit_days=60, claim_limit_days=60), number)


PROGRAMS = [asking(number, when) for number, when in enumerate(ASKING.values(), 1)]


class Step(NamedTuple):
    """Something that one of two cards does, ``late`` days before we hear of it; ``number`` names things by turns."""

    what: str
    who: int
    days: int
    late: int
    number: int


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(
            [*["buy"] * 6, "visit", "booking", "claim", *["refund"] * 2, "line", "move", "merge", "unmerge"]
        ),
        st.integers(0, 1),
        st.integers(0, 20),
        st.sampled_from([0, 0, 0, 1, 9, 50]),
        st.integers(0, 5),
    ),
    min_size=4,
    max_size=24,
)


@pytest.fixture(autouse=True, scope="module")
def _packed_soon() -> Iterator[None]:
    """So that a few deeds show what many do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packs, "WORTH_PACKING", 3)
        patch.setattr(packs, "LEFT_LOOSE", 1)
        patch.setattr(packs, "MOST_PACKS", 2)
        yield


class TwoLives(TwoRecords):
    """Two cards, of one person or of two, as time goes on."""

    def __init__(self) -> None:
        super().__init__(Shop(PROGRAMS[0]))
        self.now = NOON
        self.cards = [self.enrol(each, brand="maru", now=NOON) for each in (MEI_PHONE, MEI_EMAIL)]
        self.kept = deeds_on(self.shop.table)
        self.sold: list[Purchase] = []
        self.merged = 0

    def take(self, step: Step) -> None:
        """What cannot be, changes nothing."""
        self.now += timedelta(days=step.days, hours=1)
        with suppress(DomainError):
            getattr(self, step.what)(step, self.now - step.late * DAY)

    def buy(self, step: Step, at: datetime) -> None:
        lines = [bread(100 * (step.number + 1)), bread(30, sku="tea-1", category="tea"), bread(7, category=None)]
        sale = bill(f"A-{len(self.sold)}", *lines[: 1 + step.number % 3], occurred_at=at)
        self.sold.append(self.shop.sell(sale, self._card(step), now=self.now).purchase)

    def visit(self, step: Step, at: datetime) -> None:
        self.booking(step, at, VisitType.VISIT)

    def booking(self, step: Step, at: datetime, kind: VisitType = VisitType.BOOKING) -> None:
        who = self._card(step)
        visit = booking(f"{self.now}", type=kind, member=who.named, occurred_at=at)
        self.shop.visit(visit, who, now=self.now)

    def claim(self, step: Step, at: datetime) -> None:
        sale = self.shop.sell(bill(f"N-{self.now}", occurred_at=at), None, now=self.now).purchase
        self.sold.append(self.shop.claim(sale, self._card(step), now=self.now).purchase)

    def refund(self, step: Step, _: datetime) -> None:
        self.shop.refund(return_of(self._any(step), f"R-{self.now}", occurred_at=self.now))

    def line(self, step: Step, _: datetime) -> None:
        self.shop.refund(return_of(self._any(step), f"R-{self.now}", line(0, 500), occurred_at=self.now))

    def move(self, step: Step, _: datetime) -> None:
        self.sold.append(self.shop.move(self._any(step).id, self._card(step), now=self.now).purchase)

    def merge(self, step: Step, _: datetime) -> None:  # type: ignore[override]
        super().merge(self.cards[step.who], self.cards[1 - step.who], self.now, f"M-{self.merged + 1}")
        self.merged += 1

    def unmerge(self, *_: object) -> None:
        self.use.reverse(merge_id(f"M-{self.merged}"), self.now)

    def _card(self, step: Step) -> FoundMember:
        return self.by((MEI_PHONE, MEI_EMAIL)[step.who])

    def _any(self, step: Step) -> Purchase:
        if not self.sold:
            raise StaleReadError("There is nothing yet.")
        return self.sold[-1 - step.number % len(self.sold)]

    def homes(self) -> list[Wallet]:
        wallets = (self.shop.wallet(card) for card in self.cards)
        return [wallet for wallet in wallets if wallet.moved_to is None]

    def look(self, version: Program) -> None:
        """As whoever keeps positions does."""
        for home in self.homes():
            for member in read_past(self.kept, home, version, self.now).worth_packing:
                self.shop.table.commit(packed(self.kept, self.shop.wallet(member), version))

    def is_told_rightly(self, version: Program) -> bool:
        loose = Loose(self)
        return all(
            read_past(self.kept, home, version, self.now).deeds == read_past(loose, home, version, self.now).deeds
            for home in self.homes()
        )


class Loose:
    """`Deeds`, as if nothing had ever been packed."""

    def __init__(self, lives: TwoLives) -> None:
        self._kept = lives.kept
        self.pack = lives.kept.pack

    def read(self, member: str, since: datetime | None, _: datetime | None) -> packs.Kept:
        return self._kept.read(member, since, None)  # type: ignore[arg-type]

    def packed_until(self, *_: object) -> None:
        return None


@settings(max_examples=150, deadline=None)
@given(STEPS, st.lists(st.sampled_from(PROGRAMS), min_size=24, max_size=24))
def test_facts_from_packs_are_those_of_what_is_kept(steps: Sequence[Step], looking: Sequence[Program]) -> None:
    """E2, E15, E20, M40: after late sales, claims, refunds, moves, merges and unmerges, under changed programmes."""
    lives = TwoLives()
    for step, version in zip(steps, looking, strict=False):
        lives.take(step)
        for each in PROGRAMS:
            assert lives.is_told_rightly(each)
        lives.look(version)
        for each in PROGRAMS:
            assert lives.is_told_rightly(each)


def test_who_packs_over_a_wallet_that_has_changed_is_refused() -> None:
    """E18: what was done meanwhile would be neither packed nor loose."""
    lives = TwoLives()
    for number in range(5):
        lives.take(Step("buy", 0, 1, 0, number))
    (home, _) = lives.homes()
    writes = packed(lives.kept, home, PROGRAMS[0])
    lives.take(Step("buy", 0, 0, 3, 1))
    with pytest.raises(StaleReadError):
        lives.shop.table.commit(writes)


def test_a_sale_that_overtakes_a_packing_leaves_what_was_true_before() -> None:
    """E18: it writes the wallet as it had read it, and packs are believed up to where they were then."""
    lives = TwoLives()
    for number in range(5):
        lives.take(Step("buy", 0, 1, 0, number))
    lives.look(PROGRAMS[0])
    for number in range(5):
        lives.take(Step("visit", 0, 1, 0, number))
    (before, _) = lives.homes()
    lives.look(PROGRAMS[0])
    (after, _) = lives.homes()
    assert after.version == before.version
    assert after.packed_until is not None
    assert before.packed_until is not None
    assert after.packed_until > before.packed_until

    lives.shop.table.commit(lives.shop.wallets.save(before, Decision(touch(before, lives.now), ())))

    assert lives.homes()[0].packed_until == before.packed_until
    assert all(map(lives.is_told_rightly, PROGRAMS))


# --- how far back ---

WITHIN_A_WEEK = [{"id": "some", "name": "Some", "when": {"purchases": {"at_least": 1, "in": "last 7 days"}}}]
WEEKLY = {zone: program(document(time_zone=zone, segments=WITHIN_A_WEEK)) for zone in ZONES}
A_WEEK_BEFORE = st.builds(
    lambda change, minutes: change + timedelta(days=-7, minutes=minutes), st.sampled_from(CHANGES), st.integers(-60, 60)
)
"""Clocks change."""


class Packed:
    """`Deeds` of who did one thing, long since packed."""

    def __init__(self, deed: Deed) -> None:
        self._deed = deed
        self.pack: Any = None
        self.packed_until: Any = None

    def read(self, *_: object) -> packs.Kept:
        return packs.Kept([Pack(quarter_of(self._deed.at), LinesAsked(), (self._deed,))], (), ())


@pytest.mark.parametrize("version", WEEKLY.values(), ids=WEEKLY)
@given(A_WEEK_BEFORE, st.integers(-3600, 60))
def test_all_is_read_that_a_window_still_holds(version: Program, done_at: datetime, seconds: int) -> None:
    """E9: also where the clock jumped over the local time at which it would end, or shows it twice."""
    now = add_days(done_at, 7, version.zone) + timedelta(seconds=seconds)
    done = bought(done_at)
    past = read_past(Packed(done), wallet(packed_until=now + 999 * DAY), version, now)
    assert judge(facts(past.deeds), version, now) == judge(facts([done]), version, now)


# --- as bytes ---

INSTANTS = st.integers(0, 10**10).map(lambda millis: from_millis(1_700_000_000_000 + millis))
LINES = st.lists(
    st.builds(
        DeedLine, st.sampled_from(["", "tea-1", "茶"]), st.sampled_from([None, "tea", "bread"]), st.integers(0, 10**6)
    ),
    max_size=3,
)
DEEDS = st.lists(
    st.builds(
        Deed,
        INSTANTS,
        st.sampled_from(["maru", "sora"]),
        st.sampled_from([None, "m1", "s1"]),
        st.booleans(),
        st.sampled_from(["", "store", "app"]),
        st.integers(-(10**9), 10**12),
        LINES.map(tuple),
        st.frozensets(st.sampled_from(["cash", "card", "points"])),
        st.booleans(),
    ),
    max_size=12,
)
ASKED = st.builds(
    LinesAsked,
    st.none() | st.frozensets(st.sampled_from(["tea", "bread"])),
    st.frozensets(st.sampled_from(["tea-1", "茶"])),
)


@given(LINES, ASKED, ASKED)
def test_lines_that_were_told_tell_all_that_less_is_asked_of(
    lines: list[DeedLine], asked: LinesAsked, other: LinesAsked
) -> None:
    """So that whoever knows more lines, of a pack or of a purchase, comes to the same."""
    told = told_of(lines, asked)
    assert told_of(told, asked) == told
    if asked.contains(other):
        assert told_of(told, other) == told_of(lines, other)


@given(DEEDS, ASKED)
def test_what_was_packed_comes_back_as_it_was(deeds: list[Deed], asked: LinesAsked) -> None:
    made = Pack(8104, asked, tuple(sorted(deeds, key=lambda deed: deed.at)))
    assert unpack(8104, pack(made)) == made


def test_a_pack_of_another_format_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a function of before can go on beside one of after."""
    made = Pack(8104, LinesAsked(), ())
    monkeypatch.setattr(packs, "FORMAT", 2)
    packed_later = pack(made)
    monkeypatch.undo()
    assert not unpack(8104, packed_later).tells(LinesAsked())


@given(st.integers(-(10**13), 10**14).map(from_millis))
def test_every_instant_is_in_its_quarter(at: datetime) -> None:
    quarter = quarter_of(at)
    assert beginning_of(quarter) <= at < beginning_of(quarter + 1)
    assert beginning_of(quarter).month in {1, 4, 7, 10}

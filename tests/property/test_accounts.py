"""What must hold of the money side, whatever members did: told from entries alone, it equals wallets and adds up."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from huitou.accounts.liability import Cohort, Open, count_cohorts, count_open
from huitou.accounts.model import Tally, month_of, rounded
from huitou.accounts.movements import count_movements
from huitou.accounts.statements import Statement, next_month, statement_of
from huitou.kernel.ids import MemberId
from huitou.points.wallet import Balance
from huitou.program.model import Program
from tests.accounts import MEMBERS, STEPS, Step, Town, lived, settled_program, take
from tests.builders import OPENED, TAIPEI
from tests.soundness import totals

HISTORIES = st.lists(
    st.tuples(st.sampled_from([*STEPS, "wait", "earn", "earn", "redeem"]), *[st.integers(0, 150)] * 3), max_size=40
)
PROGRAMS = st.sampled_from(
    [
        settled_program(),
        settled_program({}),
        settled_program(pending_days=3, courtesy_days=5),
        settled_program({"waived": "group"}, expiry={"type": "sliding", "days": 20}),
    ]
)
SPANS = st.integers(-60, 90).map(lambda days: timedelta(days=days))


@given(program=PROGRAMS, steps=HISTORIES, span=SPANS)
def test_what_is_open_is_what_the_wallets_hold_at_that_instant(
    program: Program, steps: list[Step], span: timedelta
) -> None:
    """E13, M13: per member, currency and issuer, in the past, now and later, if nothing else happens."""
    town = _with_snapshots(program, steps)
    for at, balances in [*town.snapshots, (town.now + abs(span), _balances(town, town.now + abs(span)))]:
        for (member, currency), balance in balances.items():
            tally = count_open(town.story(member, currency), at, TAIPEI, _zone)
            counted = [sum(column) for column in zip(Open(), *tally.sums.values(), strict=True)]
            assert Balance(*map(int, counted)) == balance


@given(program=PROGRAMS, steps=HISTORIES, span=SPANS)
def test_each_cohort_adds_up_and_all_of_them_are_what_was_ever_issued(
    program: Program, steps: list[Step], span: timedelta
) -> None:
    """M13: at any instant; what is open in cohorts is what is open in the books."""
    town, at = lived(program, steps), OPENED
    at = max(OPENED, town.now + span)
    for (member, currency), entries in town.entries.items():
        tally = count_cohorts(entries, at, TAIPEI, _zone)
        for values in tally.sums.values():
            cohort = Cohort(*map(int, values))
            assert cohort.issued + cohort.received == sum(cohort[2:])
        known = totals(entry for entry in entries if entry.recorded_at <= at)
        assert sum(Cohort(*map(int, each)).issued for each in tally.sums.values()) == known.issued
        still = count_open(entries, at, TAIPEI, _zone)
        assert sum(each[-1] for each in tally.sums.values()) == sum(sum(each[:3]) for each in still.sums.values())
        assert town.story(member, currency) is entries


@given(program=PROGRAMS, steps=HISTORIES, more=HISTORIES, closed=st.integers(0, 5))
def test_statements_sum_to_zero_and_months_add_up_whatever_comes_late(
    program: Program, steps: list[Step], more: list[Step], closed: int
) -> None:
    """M13: closed months never change, and what comes late is in the first open one, marked by its month."""
    town = lived(program, steps)
    months = [month_of(OPENED - timedelta(days=40), TAIPEI)]
    statements: list[Statement] = []
    for _ in range(closed):
        statements.append(statement_of(months[-1], _movements(town), statements))
        months.append(next_month(months[-1]))
    before = [(each.month, each.lines) for each in statements]

    for step in more:
        take(town, step)
    movements, last = _movements(town), month_of(town.now, TAIPEI)
    last = max(last, next_month(months[-1]))
    while not statements or statements[-1].month < last:
        month = next_month(statements[-1].month) if statements else months[-1]
        statements.append(statement_of(month, movements, statements))

    assert [(each.month, each.lines) for each in statements[:closed]] == before
    assert all(sum(each.balances().values()) == 0 for each in statements)
    assert all(line.month <= each.month for each in statements for line in each.lines)
    assert not any(line.month < each.month for each in statements[closed + 1 :] for line in each.lines)
    _adds_up(statements, movements)
    assert statement_of(next_month(last), movements, statements).lines == ()


@given(program=PROGRAMS, steps=HISTORIES)
def test_an_open_month_reads_the_same_before_and_after_those_before_it_are_closed(
    program: Program, steps: list[Step]
) -> None:
    """M13."""
    town = lived(program, steps)
    movements, first = _movements(town), month_of(OPENED - timedelta(days=40), TAIPEI)
    statements = [statement_of(first, movements, [])]
    seen = statement_of("2026-04", movements, statements)
    while statements[-1].month < "2026-03":
        statements.append(statement_of(next_month(statements[-1].month), movements, statements))
    assert statement_of("2026-04", movements, statements) == seen


@given(points=st.integers(1, 200), funded=st.integers(0, 100), spent=st.integers(0, 100), days=st.integers(0, 60))
def test_what_is_undone_leaves_nothing_between_the_brands(points: int, funded: int, spent: int, days: int) -> None:
    """M13: also where prices changed between the sale and its refund."""
    town = Town(settled_program(expiry={"type": "never"}))
    member, *_ = MEMBERS
    sale = town.earn(member, points, funded=points * funded // 100)
    redemption = town.redeem(member, points * spent // 100) if points * spent // 100 else None
    town.pass_time(timedelta(days=days))
    if redemption:
        town.reverse(member, redemption, "maru")
    town.refund(member, sale, points // 2)
    town.refund(member, sale, points - points // 2)
    assert not any(_exact(_movements(town)).values())


def _adds_up(statements: list[Statement], movements: Tally) -> None:
    """The months of a pair are its exact total, rounded once."""
    exact = _exact(movements)
    amounts = dict.fromkeys(exact, 0)
    for line in (line for each in statements for line in each.lines):
        amounts[line[1:5]] += line.amount
    assert amounts == {pair: rounded(money) for pair, money in exact.items()}


def _exact(movements: Tally) -> dict[tuple[str, ...], Fraction]:
    """All months together, by pair, currency and reason."""
    sums: dict[tuple[str, ...], Fraction] = {}
    for key, (_, money) in movements.sums.items():
        sums[key[1:]] = sums.get(key[1:], Fraction(0)) + money
    return sums


class _Watched(Town):
    snapshots: list[tuple[datetime, dict[tuple[MemberId, str], Balance]]]


def _with_snapshots(program: Program, steps: list[Step]) -> _Watched:
    """What the wallets held just before each time something passed."""
    town = _Watched(program)
    town.snapshots = []
    for step in steps:
        if step[0] == "wait" and step[2]:
            town.snapshots.append((town.now, _balances(town, town.now)))
        take(town, step)
    return town


def _balances(town: Town, at: datetime) -> dict[tuple[MemberId, str], Balance]:
    return {key: wallet.balance(at) for key, wallet in town.wallets.items()}


def _movements(town: Town) -> Tally:
    tally = Tally()
    for entries in town.entries.values():
        tally.merge(count_movements(entries, town.terms()))
    return tally


def _zone(_: int) -> ZoneInfo:
    return TAIPEI

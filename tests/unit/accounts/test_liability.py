"""What is open and what became of cohorts, case by case (M13)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from huitou.accounts.liability import Cohort, Open, count_cohorts, count_open
from huitou.kernel.ids import Digest, MemberId
from huitou.points.moves import HandOver, PlaceHold, TakeOver
from huitou.points.wallet import Cause
from tests.accounts import MEMBERS, Town, settled_program
from tests.builders import TAIPEI, at

MEI, TOM, _ = MEMBERS
NOON = at("2026-01-10 12:00")


def opened(town: Town, member: MemberId, when: datetime) -> dict[tuple[str, ...], Open]:
    tally = count_open(town.story(member), when, TAIPEI, _zone)
    return {key[1:]: Open(*map(int, values)) for key, values in tally.rows()}


def cohorts(town: Town, member: MemberId, when: datetime) -> dict[tuple[str, ...], Cohort]:
    tally = count_cohorts(town.story(member), when, TAIPEI, _zone)
    return {key[1:]: Cohort(*map(int, values)) for key, values in tally.rows()}


def test_points_stand_with_the_last_month_in_which_they_are_valid() -> None:
    """E5: what ends at the first instant of a month is valid in the month before."""
    town = Town(settled_program(expiry={"type": "end_of_month", "months": 1}), NOON)
    town.earn(MEI, 30)
    assert opened(town, MEI, NOON) == {("maru", "2026-02"): Open(spendable=30)}
    assert opened(town, MEI, at("2026-03-01 00:00")) == {}


def test_the_past_reads_as_it_was_whatever_is_booked_later() -> None:
    town = Town(settled_program(), NOON)
    town.earn(MEI, 30)
    town.pass_time(timedelta(days=1))
    town.redeem(MEI, 10)
    town.earn(MEI, 5, "sora", late=timedelta(days=2))
    assert opened(town, MEI, NOON) == {("maru", "2026-02"): Open(spendable=30)}
    assert cohorts(town, MEI, town.now) == {
        ("maru", "2026-01"): Cohort(issued=30, redeemed=10, open=20),
        ("sora", "2026-01"): Cohort(issued=5, open=5),
    }


def test_an_end_that_nobody_has_booked_yet_is_breakage_all_the_same() -> None:
    town = Town(settled_program(), NOON)
    town.earn(MEI, 30)
    assert cohorts(town, MEI, NOON + timedelta(days=40)) == {("maru", "2026-01"): Cohort(issued=30, expired=30)}


def test_who_was_merged_keeps_their_cohorts_with_what_is_held() -> None:
    """E15: what one has sent the other has received."""
    town = Town(settled_program(), NOON)
    town.earn(MEI, 30)
    town.do(MEI, PlaceHold(Digest("h"), 8, "sora", NOON + timedelta(days=1), Cause("hold", "h")))
    handed = town.do(MEI, HandOver(TOM, Cause("merge", "m"))).entries[-1]
    town.do(TOM, TakeOver(handed.changes, handed.holds, handed.debts, MEI, handed.cause))
    assert opened(town, MEI, NOON) == {}
    assert opened(town, TOM, NOON) == {("maru", "2026-02"): Open(spendable=22, held=8)}
    assert cohorts(town, MEI, NOON) == {("maru", "2026-01"): Cohort(issued=30, sent=30)}
    assert cohorts(town, TOM, NOON) == {("maru", "2026-01"): Cohort(received=30, open=30)}


def _zone(_: int) -> ZoneInfo:
    return TAIPEI

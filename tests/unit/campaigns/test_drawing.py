"""E27: who is told nothing is drawn once for all who share a phone or mailbox, and kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from huitou.campaigns.drawing import EVERYTHING, MOST_MEMBERS
from huitou.campaigns.model import Draw, JourneyState
from huitou.campaigns.ports import DrawId, Kept
from huitou.kernel.ids import MemberId
from huitou.kernel.shares import is_in_share
from huitou.simulator.memory import MemoryTable
from tests.campaigns import DAY, HELLO, Town, campaign, draws_on, turns
from tests.office import HOUR
from tests.outbox import NOON
from tests.results import Assessor

PHONE, MAILBOX = "+886912345678", "family@example.com"
TOLD: Final = NOON + 31 * DAY
AGAIN: Final = NOON + 91 * DAY
HoldOut = Callable[..., None]


@pytest.fixture
def hold_out(monkeypatch: pytest.MonkeyPatch) -> HoldOut:
    """Draws whom the campaign, or everything where that is said, tells nothing."""
    drawn: set[tuple[MemberId, str]] = set()
    monkeypatch.setattr("huitou.campaigns.drawing.is_in_share", lambda member, scope, _: (member, scope) in drawn)

    def hold(member: MemberId, scope: str = "miss-you") -> None:
        drawn.add((member, scope))

    return hold


def away(town: Town, days: int = 0, **profile: Any) -> MemberId:
    """Somebody who buys so many days after the first noon, and not again."""
    town.until(NOON + days * DAY)
    member = town.join(**profile)
    town.buy(member, f"A-{member}")
    return member


def arms(town: Town, *members: MemberId) -> list[tuple[list[str], Draw | None]]:
    return [(turns(each), each.draw) for member in members for each in town.journeys_of(member)]


def test_who_shares_an_address_follows_whoever_was_drawn_first(hold_out: HoldOut) -> None:
    """Also who shares it with one who follows; whoever shares none is drawn alone."""
    town = Town(campaign(holdout_percent=10))
    mei = away(town, contact_phone=PHONE)
    lin = away(town, 1, contact_phone=PHONE, contact_email=MAILBOX)
    kai = away(town, 2, contact_email=MAILBOX.upper())
    hui = away(town, 3)
    hold_out(mei)
    town.until(TOLD + 3 * DAY)
    follows = (["held_out"], Draw(held_out=True, follows=True))
    assert arms(town, mei, lin, kai, hui) == [
        (["held_out"], Draw(held_out=True)),
        follows,
        follows,
        (["planned"], Draw(held_out=False)),
    ]


@pytest.mark.parametrize("is_told", [True, False])
def test_a_cluster_has_one_arm_though_its_members_are_due_at_once(
    monkeypatch: pytest.MonkeyPatch, hold_out: HoldOut, is_told: bool
) -> None:
    """Both workers have read that nobody was drawn, and each would have drawn something else."""
    town = Town(campaign(holdout_percent=10))
    mei, lin = away(town, contact_phone=PHONE), away(town, contact_phone=PHONE)
    hold_out(lin if is_told else mei)
    town.until(NOON + 30 * DAY - timedelta(seconds=1))
    town.now = NOON + 30 * DAY
    for member in (mei, lin):
        town.segments.refresh(member, town.now)
    (mine,), (theirs,) = town.journeys_of(mei), town.journeys_of(lin)
    commit = town.shop.table.commit
    overtaken: list[bool] = []

    def commits(writes: Any) -> None:
        if not overtaken:
            overtaken.append(True)
            town.walk.advance(mine.id, town.now)
        commit(writes)

    town.walk._commit = commits
    town.walk.advance(theirs.id, town.now)
    outcome = "planned" if is_told else "held_out"
    held_out = not is_told
    assert arms(town, mei, lin) == [
        ([outcome], Draw(held_out)),
        ([outcome], Draw(held_out, follows=True)),
    ]


def test_an_arm_stays_whatever_becomes_of_the_addresses(hold_out: HoldOut) -> None:
    """Also where the programme draws more by now; new addresses are in the same arm."""
    town = Town(campaign(holdout_percent=1))
    mei = away(town, contact_phone=PHONE)
    town.until(TOLD)
    hold_out(mei)
    town.republish(campaigns=[campaign(holdout_percent=50)])
    town.enrolment.change_profile(mei, {"contact_phone": None, "contact_email": MAILBOX}, None, "maru", town.now)
    town.buy(mei, "B-1")
    lin = away(town, 40, contact_email=MAILBOX)
    hold_out(lin)
    town.until(AGAIN)
    followed = Draw(held_out=False, follows=True)
    assert [draw for _, draw in arms(town, mei, lin)] == [Draw(held_out=False)] * 2 + [followed]


def test_what_was_drawn_both_ways_and_shares_an_address_later_is_told_nothing(hold_out: HoldOut) -> None:
    """Whoever brings both together, and from then on all of them; and they count in neither arm."""
    town = Town(campaign(holdout_percent=10))
    mei, lin = away(town, contact_phone=PHONE), away(town, contact_email=MAILBOX)
    hold_out(lin)
    town.until(TOLD)
    kai = away(town, 40, contact_phone=PHONE, contact_email=MAILBOX)
    town.until(NOON + 71 * DAY)
    assert arms(town, kai) == [(["held_out"], Draw(held_out=True, follows=True, apart=True))]
    for member in (mei, lin):
        town.buy(member, f"B-{member}")
    town.until(NOON + 110 * DAY)
    assert [turn for turn, _ in arms(town, mei, lin)] == [["planned"], ["shared_address"], ["held_out"], ["held_out"]]
    assert len(town.handed()) == 1
    found = Assessor(town).found()
    assert (found["members"], found["set_apart"], found["treated"]["members"], found["held_out"]["members"]) == (
        3,
        3,
        0,
        0,
    )


DUMMY = "none@shop.example"


def test_an_address_that_more_than_a_handful_go_by_is_no_name(hold_out: HoldOut) -> None:
    """A till's dummy: whoever comes first draws for a household's worth, and the others draw for themselves."""
    town = Town(campaign(holdout_percent=10))
    first = away(town, contact_email=DUMMY)
    hold_out(first)
    others = [away(town, 1, contact_email=DUMMY) for _ in range(MOST_MEMBERS + 2)]
    others.append(away(town, 2, contact_email=DUMMY))
    hold_out(others[-1])
    town.until(TOLD + 4 * DAY)
    drawn = [draw for _, draw in arms(town, first, *others)]
    assert drawn.count(Draw(held_out=True, follows=True)) == MOST_MEMBERS - 1
    assert [each for each in drawn if each and not each.follows] == [
        Draw(held_out=True),
        *[Draw(held_out=False)] * 3,
        Draw(held_out=True),
    ]
    for each in (first, *others):
        town.buy(each, f"B-{each}")
    town.until(AGAIN)
    assert [draw for _, draw in arms(town, first, *others)] == [each for each in drawn for _ in range(2)]


def test_a_mark_does_not_spread_by_an_address_that_is_no_name(hold_out: HoldOut) -> None:
    """Whoever is held out and gets the dummy too silences nobody, and is silenced by nobody."""
    town = Town(campaign(holdout_percent=10))
    lin = away(town)
    hold_out(lin)
    others = [away(town, contact_email=DUMMY) for _ in range(MOST_MEMBERS + 1)]
    town.until(TOLD)
    town.enrolment.change_profile(lin, {"contact_email": DUMMY}, None, "maru", town.now)
    for each in (lin, *others):
        town.buy(each, f"B-{each}")
    town.until(NOON + 62 * DAY)
    assert {turn[0] for turn, _ in arms(town, *others)} == {"planned"}
    assert [turn for turn, _ in arms(town, lin)] == [["held_out"], ["held_out"]]
    assert Assessor(town).found()["set_apart"] == 0


def test_who_gets_an_address_later_counts_there_once(hold_out: HoldOut) -> None:
    """However often they come; so does one who is two since a merge."""
    town = Town(campaign(holdout_percent=10))
    mei, lin, kai = away(town, contact_email=MAILBOX), away(town), away(town, contact_phone=PHONE)
    town.until(TOLD)
    town.merge(lin, kai, town.now)
    town.enrolment.change_profile(lin, {"contact_email": MAILBOX}, None, "maru", town.now)
    for days in (31, 62, 93):
        for each in (mei, lin):
            town.buy(each, f"B-{each}-{days}")
        town.until(NOON + (days + 31) * DAY)
    kept = [each for each in town.shop.table.all(Kept) if each.members > 1]
    assert [each.members for each in kept] == [2]


def test_a_merge_of_both_arms_keeps_both_and_tells_nothing(hold_out: HoldOut) -> None:
    """E15: neither draw changes, though one of the journeys goes on: that which has told something."""
    town = Town(campaign(holdout_percent=10, stays=False, steps=[HELLO, {"wait_days": 5}, HELLO]))
    mei, lin = away(town), away(town)
    hold_out(lin)
    town.until(TOLD)
    town.merge(lin, mei, town.now)
    town.until(TOLD + 10 * DAY)
    (mine,), (theirs,) = town.journeys_of(mei), town.journeys_of(lin)
    assert (mine.reason, turns(mine), mine.draw) == (
        None,
        ["planned", "shared_address"],
        Draw(held_out=False, apart=True),
    )
    assert (theirs.reason, turns(theirs), theirs.draw) == ("merged", ["held_out"], Draw(held_out=True))
    assert Assessor(town).found()["set_apart"] == 2


def test_a_journey_that_a_merge_hands_on_tells_nothing_to_who_is_held_out(hold_out: HoldOut) -> None:
    """E15: the survivor was drawn at another occurrence."""
    town = Town(campaign(holdout_percent=10, stays=False, steps=[HELLO, {"wait_days": 5}, HELLO]))
    lin = away(town)
    hold_out(lin)
    mei = away(town, 40)
    town.until(NOON + 71 * DAY)
    town.merge(lin, mei, town.now)
    town.until(NOON + 80 * DAY)
    assert arms(town, mei) == [(["planned", "shared_address"], Draw(held_out=False, apart=True))]


def test_who_is_merged_with_one_of_the_same_cluster_goes_on_counting(hold_out: HoldOut) -> None:
    """They were one all along."""
    town = Town(campaign(holdout_percent=10))
    mei, lin = away(town, contact_phone=PHONE), away(town, 1, contact_phone=PHONE)
    town.until(TOLD + 2 * DAY)
    found = Assessor(town).found()
    assert (found["treated"]["members"], found["following"], found["set_apart"]) == (1, 1, 0)
    town.merge(lin, mei, town.now)
    town.now += HOUR
    found = Assessor(town).found(key="later")
    assert (found["treated"]["members"], found["following"], found["set_apart"]) == (1, 1, 0)


def test_who_is_held_out_of_everything_gets_no_marketing_of_any_campaign(hold_out: HoldOut) -> None:
    """A service message is none. They count in no campaign's arms, and take no room."""
    receipt = {"send": {"template": "receipt", "channels": ["sms"]}}
    town = Town(
        campaign(holdout_percent=10), campaign(id="other", steps=[HELLO, receipt], stays=False), holdout_percent=5
    )
    mei, lin = (away(town, contact_phone=number) for number in (PHONE, "+886912345679"))
    hold_out(mei, EVERYTHING)
    town.until(TOLD)
    told = {each.campaign: turns(each) for each in town.journeys_of(mei)}
    assert told == {"miss-you": ["held_out_of_all"], "other": ["held_out_of_all", "planned"]}
    assert {each.campaign: turns(each)[0] for each in town.journeys_of(lin)} == dict.fromkeys(told, "planned")
    drawn = {each.campaign: each.draw for member in (mei, lin) for each in town.journeys_of(member)}
    assert drawn == {"miss-you": Draw(held_out=False), "other": None}
    assert [each.draw for each in town.journeys_of(mei)] == [
        Draw(held_out=False, of_all=True),
        Draw(None, of_all=True),
    ]
    assessor = Assessor(town)
    for name in told:
        found = assessor.found(name, name)
        assert (found["members"], found["held_out_of_all"], found["treated"]["members"]) == (2, 1, 1)


def test_service_messages_go_also_where_both_arms_of_everything_have_met(hold_out: HoldOut) -> None:
    """They are owed, whatever was drawn for all campaigns together; marketing stays back, and the member set apart."""
    steps = [{"send": {"template": "receipt", "channels": ["sms"]}}, HELLO]
    town = Town(campaign(steps=steps, holdout_percent=10), holdout_percent=5)
    mei, lin = away(town, contact_phone=PHONE), away(town)
    hold_out(lin, EVERYTHING)
    town.until(TOLD)
    town.merge(mei, lin, town.now)
    town.buy(mei, "B-1")
    town.until(NOON + 70 * DAY)
    assert arms(town, mei)[1:] == [(["planned", "shared_address"], Draw(held_out=False, apart_of_all=True))]
    assert Assessor(town).found()["set_apart"] == 1


def test_before_a_step_that_tells_something_nobody_is_drawn(hold_out: HoldOut) -> None:
    """Who was not right for it before that is in no arm."""
    town = Town(campaign(holdout_percent=10, steps=[{"wait_days": 7}, HELLO]))
    mei, lin = away(town), away(town)
    town.until(NOON + 33 * DAY)
    town.buy(mei, "B-1")
    assert [journey.draw for journey in town.journeys_of(mei, lin)] == [None, None]
    found = Assessor(town).found()
    assert (found["members"], found["not_drawn"], found["treated"]["members"]) == (2, 2, 0)
    town.until(NOON + 50 * DAY)
    found = Assessor(town).found(key="later")
    assert (found["members"], found["not_drawn"], found["treated"]["members"]) == (2, 1, 1)
    (ended,) = [each for each in town.journeys_of(mei) if each.state is JourneyState.STOPPED]
    assert ended.draw is None


def test_what_was_told_while_nobody_was_held_out_is_not_compared(hold_out: HoldOut) -> None:
    """Mei is drawn at the second occurrence, Lin has none."""
    town = Town(campaign(attribution_days=40))
    mei, lin = away(town), away(town)
    town.until(TOLD)
    for member in (mei, lin):
        town.buy(member, f"B-{member}")
    assert Assessor(town).found()["treated"]["members"] == 2
    hold_out(mei)
    town.republish(campaigns=[campaign(holdout_percent=10, attribution_days=40)])
    town.until(TOLD + 14 * DAY)
    town.buy(lin, "C-1")
    town.until(TOLD + 30 * DAY + HOUR)
    found = Assessor(town).found(key="later")
    assert (found["members"], found["journeys"], found["not_drawn"], found["treated"]["members"]) == (2, 3, 1, 0)
    assert (found["held_out"]["members"], found["held_out"]["exposed"], found["held_out"]["sales"]) == (1, 1, "0")


def test_where_nobody_is_held_out_nothing_is_read_or_kept() -> None:
    town = Town(campaign())
    mei = away(town, contact_phone=PHONE)
    town.until(TOLD)
    assert arms(town, mei) == [(["planned"], None)]
    assert town.shop.table.all(Kept) == []


def test_what_is_kept_of_an_address_names_nobody(hold_out: HoldOut) -> None:
    """E25: nothing leads from it to a member, and an erasure leaves it; who enrols again follows."""
    town = Town(campaign(holdout_percent=10))
    mei = away(town, contact_phone=PHONE)
    hold_out(mei)
    town.until(TOLD)
    table: MemoryTable = town.shop.table
    kept = [each for each in table.all(Kept) if each.draw.follows]
    assert kept == [Kept(Draw(held_out=True, follows=True), members=1)] * 3
    (own,) = draws_on(table).load([DrawId("miss-you", mei)])
    assert own is not None
    assert own.draw == Draw(held_out=True)
    assert {len(each) for each in own.counted} == {2}
    town.erase(mei)
    again = away(town, 40, contact_phone=PHONE)
    town.until(NOON + 80 * DAY)
    assert arms(town, again) == [(["held_out"], Draw(held_out=True, follows=True))]


def test_so_many_of_a_hundred_are_held_out_and_of_more_all_of_fewer() -> None:
    members = [MemberId(f"01JNSM3VF0R6T8C1W5PJ{number:06}") for number in range(20_000)]
    few, many = ({each for each in members if is_in_share(each, "miss-you", percent)} for percent in (10, 30))
    assert few < many
    assert abs(len(few) - 2_000) < 4 * 42
    assert abs(len(many) - 6_000) < 4 * 65
    other = {each for each in members if is_in_share(each, "other", 10)}
    assert abs(len(few & other) - 200) < 4 * 14

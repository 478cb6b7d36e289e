"""M21, E27, E29: what a campaign did, counted over all members and compared with those who were held out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from huitou.campaigns.model import Draw, TurnOutcome
from huitou.channels.model import Accepted, Outcome, Refused
from huitou.jobs.model import JobStatus
from huitou.kernel.channels import MessageChannel
from huitou.kernel.errors import ContentReusedError, UnavailableError
from huitou.kernel.ids import MemberId, digest_of
from huitou.members.consents import Word
from huitou.members.model import ConsentKey
from huitou.outbox.decisions import resolve
from huitou.outbox.model import DeliveryReport, MessageState
from huitou.outcomes.errors import CampaignNotFoundError, ResultNotFoundError
from huitou.outcomes.findings import findings_in
from huitou.outcomes.requests import result_view
from huitou.program.model import GROUP
from huitou.rewards.decisions import reverse, use
from huitou.rewards.model import Coupon
from tests.campaigns import DAY, HELLO, Town, campaign
from tests.coupons import used
from tests.outbox import NOON
from tests.purchases import bill, bread, line, return_of
from tests.results import Assessor, HoldOut, away, shown
from tests.templates import WAY_OUT, template, text

TOLD_ON = 30
"""The day on which who bought on the first is told."""


@pytest.fixture
def hold_out(monkeypatch: pytest.MonkeyPatch) -> HoldOut:
    """Draws whom it is told."""
    drawn: set[MemberId] = set()
    monkeypatch.setattr("huitou.campaigns.drawing.is_in_share", lambda member, *_: member in drawn)
    return drawn.add


def test_both_groups_are_counted_by_what_they_bought_after_they_were_told(hold_out: HoldOut) -> None:
    town = Town(campaign(attribution_days=10, holdout_percent=10))
    mei, lin, kai, hui = (away(town) for _ in range(4))
    hold_out(kai)
    hold_out(hui)
    town.until(NOON + (TOLD_ON + 1) * DAY)
    town.buy(mei, "B-1", bread(300))
    town.buy(mei, "B-2", bread(200))
    town.buy(kai, "B-3", bread(700))
    town.until(NOON + (TOLD_ON + 11) * DAY)
    town.buy(lin, "B-4", bread(900))
    found = Assessor(town).found()
    assert (found["members"], found["journeys"], found["set_apart"]) == (4, 4, 0)
    assert shown(found, "treated") == (2, 2, 1, "500")
    assert shown(found, "held_out") == (2, 2, 1, "700")
    assert found["conversion_lift"]["value"] == 0
    assert found["says"] == {
        "zh-TW": "資料還不夠，無法判斷活動的成效。",
        "en": "Not enough data yet to say what the campaign does.",
    }
    (step,) = found["steps"]
    assert step["treated"] == {"exposed": 2, "purchases": 2, "sales": "500"}
    assert step["held_out"] == {"exposed": 2, "purchases": 1, "sales": "700"}
    assert (step["planned"], step["sent"], step["not_told"]) == (2, 2, 0)


def test_what_came_back_is_taken_out(hold_out: HoldOut) -> None:
    """E29: also where it came back after the window."""
    town = Town(campaign(attribution_days=5))
    mei, lin = away(town), away(town)
    town.until(NOON + (TOLD_ON + 1) * DAY)
    kept = bill("B-1", bread(300), bread(50), occurred_at=town.now)
    gone = bill("B-2", bread(400), occurred_at=town.now)
    town.shop.sell(kept, mei, now=town.now)
    town.shop.sell(gone, lin, now=town.now)
    assessor = Assessor(town)
    town.now += timedelta(hours=1)
    assert shown(assessor.found(), "treated") == (2, 2, 2, "750")
    town.now += 20 * DAY
    town.shop.refund(return_of(kept, "R-1", line(1)), now=town.now)
    town.shop.refund(return_of(gone, "R-2"), now=town.now)
    assert shown(assessor.found(key="later"), "treated") == (2, 2, 1, "300")


def test_a_purchase_is_credited_once_to_who_spoke_last(hold_out: HoldOut) -> None:
    """E29: for the steps; of what is compared, both count all within their own windows."""
    first = campaign(steps=[HELLO, {"wait_days": 3}, HELLO], stays=False)
    town = Town(first, campaign(id="again", at="09:00", stays=False, attribution_days=2))
    mei = away(town)
    town.until(NOON + 31 * DAY)
    town.buy(mei, "B-1", bread(100))
    town.until(NOON + 34 * DAY)
    town.buy(mei, "B-2", bread(20))
    town.now += DAY
    assessor = Assessor(town)
    one, other = assessor.found(), assessor.found("again", "second")
    assert [each["treated"]["sales"] for each in one["steps"]] == ["0", "20"]
    assert [each["treated"]["sales"] for each in other["steps"]] == ["100"]
    assert shown(one, "treated") == (1, 1, 1, "120")
    assert shown(other, "treated") == (1, 1, 1, "100")


def test_what_another_campaign_tells_those_held_out_is_no_effect_of_this_one(hold_out: HoldOut) -> None:
    """E27: where they have taken no room under a cap, the other one speaks to them alone, and last."""
    town = Town(
        campaign(holdout_percent=10),
        campaign(id="other", steps=[{"wait_days": 2}, HELLO], stays=False),
        frequency_caps=[{"kind": "marketing", "most": 1, "days": 7}],
    )
    members = [away(town) for _ in range(4)]
    for member in members[2:]:
        hold_out(member)
    town.until(NOON + (TOLD_ON + 3) * DAY)
    for number, member in enumerate(members):
        town.buy(member, f"B-{number}", bread(100))
    town.now += DAY
    assessor = Assessor(town)
    found, others = assessor.found(), assessor.found("other", "second")
    assert others["steps"][0]["not_told"] == 2
    assert (shown(found, "treated"), shown(found, "held_out")) == ((2, 2, 2, "200"), (2, 2, 2, "200"))
    assert found["conversion_lift"]["value"] == 0
    credited = [found["steps"][0]["treated"], found["steps"][0]["held_out"], others["steps"][0]["treated"]]
    assert [each["sales"] for each in credited] == ["200", "0", "200"]


def test_who_could_not_be_told_again_is_compared_as_who_could(hold_out: HoldOut) -> None:
    """E27: after the first occurrence one of the treated has had enough, and one of those held out hears something
    else, for which there was room.
    """
    caps = [{"kind": "marketing", "most": 1, "days": 7}]
    town = Town(campaign(holdout_percent=10, attribution_days=5), frequency_caps=caps)
    members = _, lin, kai, hui = [away(town) for _ in range(4)]
    hold_out(kai)
    hold_out(hui)
    town.until(NOON + (TOLD_ON + 1) * DAY)
    for number, member in enumerate(members):
        town.buy(member, f"B-{number}", bread(100))
    town.refuse(lin)
    town.until(NOON + (2 * TOLD_ON - 1) * DAY)
    town.order(kai)
    town.until(NOON + (2 * TOLD_ON + 2) * DAY)
    for number, member in enumerate(members):
        town.buy(member, f"C-{number}", bread(20))
    town.now += DAY
    found = Assessor(town).found()
    assert [[turn.outcome for turn in town.journeys_of(each)[-1].turns] for each in (lin, kai)] == [
        [TurnOutcome.NO_CONSENT],
        [TurnOutcome.CAP_REACHED],
    ]
    assert (shown(found, "treated"), shown(found, "held_out")) == ((2, 2, 2, "240"), (2, 2, 2, "240"))


def test_a_brands_campaign_is_credited_with_its_own_sales_and_the_groups_with_all(hold_out: HoldOut) -> None:
    """E31"""
    for brand, sales in (("maru", "30"), (None, "130")):
        town = Town(campaign(brand=brand))
        mei = away(town)
        _agree_with_the_group(town, mei)
        town.until(NOON + 31 * DAY)
        town.buy(mei, "B-1", bread(100), brand="sora", store="s1")
        town.buy(mei, "B-2", bread(30))
        town.now += DAY
        assert shown(Assessor(town).found(), "treated") == (1, 1, 1, sales)


def test_whoever_could_not_be_told_stays_in_the_group_that_they_were_drawn_for(hold_out: HoldOut) -> None:
    """E27: by intention to treat; without an exposure nothing is credited, in either group."""
    town = Town(campaign(holdout_percent=10))
    mei, lin = away(town), away(town)
    town.refuse(mei)
    hold_out(lin)
    town.refuse(lin)
    town.until(NOON + 31 * DAY)
    town.buy(mei, "B-1")
    town.now += DAY
    found = Assessor(town).found()
    assert (shown(found, "treated"), shown(found, "held_out")) == ((1, 0, 0, "0"), (1, 0, 0, "0"))
    assert found["steps"][0]["not_told"] == 2
    assert town.journeys_of(mei)[0].turns[0].outcome is TurnOutcome.NO_CONSENT


def test_two_who_turn_out_to_be_one_are_set_apart(hold_out: HoldOut) -> None:
    """E27: neither is in a group any more; of who was merged with somebody who was never drawn, all counts."""
    town = Town(campaign(holdout_percent=10))
    mei, lin, kai = away(town), away(town), away(town)
    hui = town.join()
    hold_out(lin)
    town.until(NOON + 31 * DAY)
    town.merge(mei, lin, town.now, key="M-1")
    town.merge(hui, kai, town.now, key="M-2")
    town.buy(hui, "B-1", bread(60))
    town.now += DAY
    found = Assessor(town).found()
    assert (found["members"], found["set_apart"]) == (3, 2)
    assert shown(found, "treated") == (1, 1, 1, "60")
    assert shown(found, "held_out") == (0, 0, 0, "0")


def test_messages_are_counted_by_what_became_of_them_and_sms_cost_their_parts(hold_out: HoldOut) -> None:
    """0.8 a part: three are 2.4, and money is whole."""
    town = Town(campaign(steps=[{"send": {"template": "hello", "channels": ["sms"]}}]))
    members = [away(town, contact_phone="+886912345678") for _ in range(4)]
    answers: Iterator[Outcome] = iter([Accepted("p-1"), Refused("invalid_address"), Accepted("p-2"), Accepted("p-3")])
    town.carriers[MessageChannel.SMS].says = lambda: next(answers)
    town.until(NOON + 31 * DAY)
    arrived = next(each for member in members for each in town.messages_of(member) if each.provider_id == "p-2")
    after = resolve(arrived, DeliveryReport(MessageState.DELIVERED), town.now)
    town.shop.table.commit([town.outbox.save(arrived, after)])
    found = Assessor(town).found()
    (step,) = found["steps"]
    assert [step[name] for name in ("planned", "sent", "delivered", "not_sent")] == [4, 3, 1, 1]
    assert found["costs"] == {"points": "0", "coupons": "0", "messages": "2", "total": "2"}


def test_what_has_a_price_costs_it_by_the_message(hold_out: HoldOut) -> None:
    """0.3 an email: five are 1.5, and money is whole."""
    town = Town(campaign(steps=[{"send": {"template": "hello", "channels": ["email"]}}]), email_price="0.3")
    for n in range(5):
        away(town, contact_email=f"mei{n}@example.com")
    town.until(NOON + 31 * DAY)
    assert Assessor(town).found()["costs"]["messages"] == "2"


@pytest.mark.parametrize(("by_sms", "cost"), [(Accepted("p-2"), "3"), (Refused("blocked"), "0")])
@pytest.mark.parametrize("channels", [["email", "sms"], ["sms", "email"]])
def test_what_came_back_is_sent_once_and_its_sms_cost_where_one_was_accepted(
    hold_out: HoldOut, channels: list[str], by_sms: Outcome, cost: str
) -> None:
    """Four parts at 0.8, whichever channel was first."""
    long = template(texts=[text(sms="點" * 130 + WAY_OUT)])
    town = Town(campaign(steps=[{"send": {"template": "hello", "channels": channels}}]), changes={"templates": [long]})
    member = away(town, contact_phone="+886912345678")
    town.carriers[MessageChannel.SMS].says = lambda: by_sms
    town.until(NOON + 31 * DAY)
    (sent,) = town.messages_of(member)
    report = DeliveryReport(MessageState.FAILED, "p-1", "bounced", sent.channel, is_undeliverable=True)
    town.shop.table.commit([town.outbox.save(sent, resolve(sent, report, town.now))])
    town.until(town.now + DAY)
    found = Assessor(town).found()
    (step,) = found["steps"]
    assert [step[name] for name in ("planned", "sent", "not_sent")] == [1, 1, 0]
    assert found["costs"]["messages"] == cost


def test_a_message_counts_as_clicked_once_however_often_it_was_opened(hold_out: HoldOut) -> None:
    """M21, M25: what was opened after the result was asked for is none of its."""
    town = Town(campaign(steps=[{"send": {"template": "hello", "channels": ["email"]}}]))
    often, once, late, never = (away(town, contact_email="mei@example.com") for _ in range(4))
    town.until(NOON + 31 * DAY)
    ((message, again), (other,), (too_late,)) = (
        [each.id for each in town.messages_of(member)] * times for member, times in ((often, 2), (once, 1), (late, 1))
    )
    for opened in (message, again, other):
        town.shop.table.commit([town.outbox.open(opened, town.now)])
    town.now += DAY
    town.shop.table.commit([town.outbox.open(too_late, town.now)])
    (step,) = Assessor(town).found()["steps"]
    assert town.messages_of(never)[0].opens == 0
    assert (step["sent"], step["clicked"]) == (4, 2)


def test_a_result_from_before_clicks_and_coupons_were_counted_is_still_read() -> None:
    """Clicks are not known; there were no coupons."""
    kept = json.dumps({"members": 1, "costs": {"total": "0"}, "steps": [{"step": 0, "sent": 1}]})
    found = findings_in(kept)
    assert found["steps"] == [{"step": 0, "sent": 1, "clicked": None, "used": 0}]
    assert found["costs"] == {"coupons": "0", "total": "0"}


def test_points_cost_what_they_were_worth_when_they_were_given(hold_out: HoldOut) -> None:
    """M13: 40 at 0.2 and 40 at 0.3, of each of the two who are treated; who is held out costs nothing, and a ladder
    that says nothing is an exposure too (E27).
    """
    gift = {"give_points": {"currency": "points", "amount": 40}}
    steps = [{"tag": "missed"}, gift, {"wait_days": 10}, gift, {"untag": "missed"}]
    town = Town(campaign(steps=steps, stays=False, attribution_days=5, holdout_percent=10))
    worth = [
        {"currency": "points", "since": since, "points": 10, "money": money}
        for since, money in (("2026-02-01", 2), ("2026-04-11", 3))
    ]
    mei, lin, kai = (away(town) for _ in range(3))
    hold_out(kai)
    town.republish(settlement={"worth": worth})
    town.until(NOON + (TOLD_ON + 11) * DAY)
    for number, member in enumerate((mei, kai)):
        town.buy(member, f"B-{number}", bread(100))
    town.now += DAY
    found = Assessor(town).found()
    assert found["costs"] == {"points": "40", "coupons": "0", "messages": "0", "total": "40"}
    assert (shown(found, "treated"), shown(found, "held_out")) == ((2, 2, 1, "100"), (1, 1, 1, "100"))
    assert [each["step"] for each in found["steps"]] == [0, 1, 3, 4]
    assert [(each["given"], each["tagged"], each["not_told"]) for each in found["steps"]] == [
        (0, 2, 0),
        (2, 0, 0),
        (2, 0, 0),
        (0, 2, 0),
    ]
    assert [each["held_out"]["exposed"] for each in found["steps"]] == [0, 1, 1, 0]
    assert len({each.at for journey in town.journeys_of(lin) for each in journey.turns}) == 2


def test_coupons_cost_what_is_used_of_them_and_not_given_back(hold_out: HoldOut) -> None:
    """M21: Mei uses hers, Lin gives it back, Kai is held out, and after the result was asked for Hui uses hers, and Mei
    gives hers back; a coupon is an exposure, as points are (E27).
    """
    cake = {"id": "cake", "name": "Cake", "brand": "maru", "valid_days": 30, "cost": 120}
    steps = [{"give_coupon": "cake"}]
    town = Town(campaign(steps=steps, holdout_percent=10), changes={"coupons": [cake]})
    mei, lin, kai, hui = (away(town) for _ in range(4))
    hold_out(kai)
    town.until(NOON + (TOLD_ON + 1) * DAY)
    town.republish(coupons=[{**cake, "cost": 150}])

    def takes(member: MemberId) -> Coupon:
        (before,) = town.coupons.of_members([member], None, after=None, limit=9).items
        after = use(before, used(member, at=town.now))
        town.shop.table.commit([town.coupons.save(before, after)])
        return after

    def gives_back(taken: Coupon, member: MemberId) -> None:
        after = reverse(taken, used(member).id, "maru", town.now)
        town.shop.table.commit([town.coupons.save(taken, after)])

    of_mei = takes(mei)
    gives_back(takes(lin), lin)
    assessor = Assessor(town)
    town.now += DAY
    asked = assessor.ask()
    takes(hui)
    gives_back(of_mei, mei)
    assessor.carry_out(asked.job)
    found = result_view(assessor.look(asked.job))["findings"]
    (step,) = found["steps"]
    assert (step["given"], step["used"], step["held_out"]["exposed"]) == (3, 1, 1)
    assert found["costs"] == {"points": "0", "coupons": "120", "messages": "0", "total": "120"}
    assert (found["treated"]["exposed"], found["held_out"]["exposed"]) == (3, 1)


def test_what_happens_after_it_was_asked_for_does_not_count_and_repeats_find_the_same(hold_out: HoldOut) -> None:
    """E14, E21"""
    town = Town(campaign())
    mei = away(town)
    town.until(NOON + 31 * DAY)
    assessor = Assessor(town)
    asked = assessor.ask()
    town.now += timedelta(minutes=1)
    town.buy(mei, "B-1")
    assessor.carry_out(asked.job)
    again = assessor.ask()
    assert again.replayed
    assert result_view(again)["findings"]["treated"]["sales"] == "0"
    assert list(assessor.machine.started) == [asked.job.id]
    town.republish(campaigns=[campaign(), campaign(id="other")])
    with pytest.raises(ContentReusedError):
        assessor.ask("other")


def test_a_part_that_stops_goes_on_and_counts_nobody_twice(hold_out: HoldOut, monkeypatch: pytest.MonkeyPatch) -> None:
    """E21; and who cannot be looked at holds nobody up, and the result is not exact."""
    monkeypatch.setattr("huitou.members.parts.PAGE", 1)
    town = Town(campaign())
    members = [away(town) for _ in range(6)]
    town.until(NOON + 31 * DAY)
    assessor, left = Assessor(town), [UnavailableError("throttled") for _ in range(3)]

    def stops(member: MemberId) -> None:
        if left:
            raise left.pop()
        if member == members[0]:
            raise ValueError("poison")

    assessor.before_looking = stops
    asked = assessor.ask()
    assessor.carry_out(asked.job)
    view = result_view(assessor.look(asked.job))
    assert (view["status"], view["is_exact"], view["progress"]["failed"]) == (JobStatus.COMPLETED, False, 1)
    assert view["findings"]["treated"]["members"] == 5
    assert assessor.failures == [members[0]]


def test_where_a_part_failed_for_good_there_is_no_result() -> None:
    town = Town(campaign())
    assessor = Assessor(town)
    asked = assessor.ask()
    assessor.carry_out(asked.job, failed=True)
    view = result_view(assessor.look(asked.job))
    assert (view["status"], view["findings"], view["is_exact"]) == (JobStatus.FAILED, None, False)


def test_a_brand_sees_its_own_campaigns_alone() -> None:
    """E31: another's, and the group's, are as those that do not exist."""
    town = Town(campaign(), campaign(id="sora", brand="sora"), campaign(id="group", brand=None))
    assessor = Assessor(town)
    for name in ("sora", "group", "nothing"):
        with pytest.raises(CampaignNotFoundError):
            assessor.ask(name, brand="maru")
    own, others = assessor.ask(brand="maru"), assessor.ask("sora", "second")
    assert assessor.look(own.job, "maru").job == own.job
    assert assessor.look(own.job).job == own.job
    with pytest.raises(ResultNotFoundError):
        assessor.look(others.job, "maru")
    with pytest.raises(ResultNotFoundError):
        assessor.look(own.job, campaign="sora")
    with pytest.raises(ResultNotFoundError):
        assessor.look(replace(own.job, id=digest_of(["none"])))


def test_who_comes_after_nobody_is_held_out_any_more_is_in_neither_group(hold_out: HoldOut) -> None:
    """E27: Hui is told since all are, and not by a draw; Kai follows Mei, also where that is over."""
    steps = [{"give_points": {"currency": "points", "amount": 50}}]
    town = Town(campaign(holdout_percent=10, steps=steps))
    town.republish(settlement={"worth": [{"currency": "points", "since": "2026-01-01", "points": 1, "money": 1}]})
    mei, lin = away(town, contact_email="one@example.com"), away(town)
    town.now += timedelta(hours=1)
    kai = away(town, contact_email="one@example.com")
    hold_out(lin)
    town.until(NOON + (TOLD_ON + 1) * DAY)
    town.buy(kai, "B-1")
    hui = away(town)
    town.republish(campaigns=[campaign(steps=steps)])
    town.until(NOON + (2 * TOLD_ON + 3) * DAY)
    for number, member in enumerate((mei, hui, kai)):
        town.buy(member, f"C-{number}", bread(700))
    town.now += DAY
    found = Assessor(town).found()
    assert [len(town.journeys_of(each)) for each in (mei, lin, kai, hui)] == [1, 1, 2, 1]
    assert (found["members"], found["journeys"], found["following"], found["not_drawn"]) == (4, 5, 1, 1)
    assert (shown(found, "treated"), shown(found, "held_out")) == ((1, 1, 0, "0"), (1, 1, 0, "0"))
    assert (found["costs"]["points"], found["steps"][0]["given"]) == ("50", 1)


def test_where_all_who_were_drawn_are_set_apart_nobody_else_is_treated(hold_out: HoldOut) -> None:
    town = Town(campaign(holdout_percent=10))
    mei, lin = away(town), away(town)
    hold_out(lin)
    town.until(NOON + (TOLD_ON + 1) * DAY)
    town.merge(mei, lin, town.now)
    town.republish(campaigns=[campaign()])
    away(town)
    town.until(NOON + (2 * TOLD_ON + 3) * DAY)
    found = Assessor(town).found()
    assert (found["members"], found["set_apart"], found["not_drawn"], found["treated"]["members"]) == (3, 2, 1, 0)


def test_who_is_kept_as_not_held_out_by_a_campaign_without_a_holdout_was_not_drawn(hold_out: HoldOut) -> None:
    """As all journeys were kept before there were draws."""
    town = Town(campaign())
    mei = away(town)
    town.until(NOON + (TOLD_ON + 1) * DAY)
    (journey,) = town.journeys_of(mei)
    before = replace(journey, draw=Draw(held_out=False), version=journey.version + 1)
    town.shop.table.commit([town.journeys.save(journey, before)])
    town.buy(mei, "B-1", bread(30))
    town.until(NOON + (2 * TOLD_ON + 2) * DAY)
    town.buy(mei, "B-2", bread(500))
    town.now += DAY
    assessor = Assessor(town)
    assert shown(assessor.found(), "treated") == (1, 1, 1, "530")
    town.republish(campaigns=[campaign(holdout_percent=10)])
    found = assessor.found(key="later")
    assert (found["not_drawn"], found["treated"]["members"]) == (1, 0)


@pytest.mark.parametrize("before", ["sora", None])
def test_what_an_id_stood_for_while_it_was_anothers_does_not_count(before: str | None) -> None:
    """E31: neither sales nor points; journeys of before are those of another campaign."""
    steps = [{"give_points": {"currency": "points", "amount": 50}}]
    town = Town(campaign(brand=before, steps=steps))
    town.buy(town.join(), "A-1", brand="sora", store="s1")
    town.until(NOON + 31 * DAY)
    town.republish(campaigns=[campaign(steps=steps)])
    mei = away(town)
    town.until(NOON + 62 * DAY)
    town.buy(mei, "B-1", bread(30))
    town.now += DAY
    assessor = Assessor(town)
    asked = assessor.ask(brand="maru")
    assessor.carry_out(asked.job)
    found = result_view(assessor.look(asked.job, "maru"))["findings"]
    assert (found["members"], found["steps"][0]["given"]) == (1, 1)
    assert shown(found, "treated") == (1, 1, 1, "30")


def _agree_with_the_group(town: Town, member: MemberId) -> None:
    for channel in MessageChannel:
        town.consents.give(member, ConsentKey(channel, GROUP, "marketing"), Word(True, "said so"), GROUP, town.now)

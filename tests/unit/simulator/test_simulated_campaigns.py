"""What-if, of campaigns: what they would have begun and told, and what that would have cost (M14)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from huitou.campaigns.drawing import EVERYTHING
from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId, digest_of, ulid_for
from huitou.kernel.shares import is_in_share
from huitou.members.consents import Word
from huitou.members.identity import card_identity
from huitou.members.model import ConsentKey, Profile
from huitou.program.document import canonical_json
from huitou.program.validation import read_document
from huitou.simulator.comparing import Comparison, compare
from huitou.simulator.history import Between, History, Spending
from huitou.simulator.packing import pack, unpack
from huitou.simulator.report import Report
from huitou.simulator.sides import Sides, sides_of
from tests.builders import OPENED, at, rule
from tests.campaigns import HELLO, LAPSED, campaign
from tests.merging import TwoRecords
from tests.purchases import bill
from tests.simulations import Laboratory
from tests.templates import speaking, template, text
from tests.unit.simulator.test_simulating import UNTIL, Past, past_of

NOW = at("2026-12-31 12:00")
COUNTED = ("begun", "held_out", "cap_reached", "not_reached", "withdrawn")
MISSED = past_of("Mei", ("2026-02-01 12:00", 1000))
"""Away for 30 days on 3 March at noon."""


def sides(*campaigns: dict[str, Any], **messages: Any) -> Sides:
    """A programme without campaigns, and with these."""
    before = speaking(template(), segments=[LAPSED])
    before["messages"] |= messages
    return between(before, {**before, "campaigns": list(campaigns)})


def between(*documents: dict[str, Any]) -> Sides:
    return sides_of(*(json.loads(canonical_json(read_document(json.dumps(each)))) for each in documents))


def compared(told: Sequence[History], both: Sides, agreed_percent: int | None = 100) -> Comparison:
    past = Past(told)
    past.tells = past.tells._replace(agreed_percent=agreed_percent)
    *_, last = compare(past, both, UNTIL)
    return last


def told(past: Sequence[History], both: Sides, **assumed: Any) -> dict[str, Any]:
    """What the changed programme's one campaign did, as the report says it."""
    [found] = Report(compared(past, both, **assumed), both, UNTIL).document("a test", Past(past).tells)["campaigns"]
    counts = {name: each["after"] for name, each in found.items() if name in COUNTED and each["after"]}
    messages = {channel: each["after"] for channel, each in found["messages"].items() if each["after"]}
    return {**counts, **messages, "cost": found["cost"]["after"]}


def many(number: int) -> list[History]:
    """Who all bought once, on the same day."""
    members = [MemberId(ulid_for(OPENED, digest_of([str(each)]))) for each in range(number)]
    return [past_of(f"M{each}", ("2026-02-01 12:00", 1000), member=each) for each in members]


def test_a_campaign_tells_whom_it_would_have_told() -> None:
    """M14, M19: who was away twice, is told twice."""
    twice = past_of("Mei", ("2026-01-10 12:00", 1000), ("2026-03-02 12:00", 2000))
    assert told([twice, past_of("Lin", ("2026-04-10 12:00", 300))], sides(campaign(once="absence"))) == {
        "begun": 2,
        "email": 2,
        "cost": "0",
    }


def test_an_sms_costs_by_the_part() -> None:
    """M24: the report has the cost in whole money."""
    by_sms = campaign(steps=[{"send": {"template": "hello", "channels": ["sms"]}}])
    assert told(many(10), sides(by_sms)) == {"begun": 10, "sms": 10, "cost": "8"}
    assert told(many(10), sides(by_sms, sms_price=None))["cost"] is None


def test_messages_cost_what_their_channel_does() -> None:
    """M21: where one has a price, those that have none cost nothing."""
    prices = {"sms_price": None, "email_price": "0.25"}
    assert told(many(10), sides(campaign(), **prices)) == {"begun": 10, "email": 10, "cost": "3"}
    by_sms = campaign(steps=[{"send": {"template": "hello", "channels": ["sms"]}}])
    assert told(many(10), sides(by_sms, **prices))["cost"] == "0"


def test_a_message_that_is_not_right_any_more_is_withdrawn() -> None:
    """E24, M26: it waits for the morning, and Mei comes back at dawn."""
    back = past_of("Mei", ("2026-02-01 23:00", 1000), ("2026-03-04 07:00", 1000))
    quiet = {"quiet_hours": {"from": "22:00", "to": "08:00"}}
    assert told([back], sides(campaign(once="ever"), **quiet)) == {"begun": 1, "withdrawn": 1, "cost": "0"}


def test_whoever_buys_is_told_no_more_where_a_purchase_is_the_goal() -> None:
    """M20: and nobody before they have bought."""
    back = past_of("Mei", ("2026-02-01 12:00", 1000), ("2026-04-01 12:00", 1000))
    for is_goal, emails in ((True, 1), (False, 2)):
        patient = campaign(once="ever", stays=False, purchase_is_goal=is_goal, steps=[HELLO, {"wait_days": 40}, HELLO])
        assert told([back], sides(patient)) == {"begun": 1, "email": emails, "cost": "0"}


def test_a_cap_has_room_for_one_of_two_messages() -> None:
    """E23."""
    both = sides(
        campaign(steps=[{"send": {"template": "hello"}}, {"wait_days": 1}, {"send": {"template": "hello"}}]),
        frequency_caps=[{"most": 1, "days": 7}],
    )
    assert told([MISSED], both) == {"begun": 1, "email": 1, "cap_reached": 1, "cost": "0"}


def test_those_held_out_are_those_of_production() -> None:
    """E27."""
    past, percent = many(40), 30
    held = sum(is_in_share(each.member, "miss-you", percent) for each in past)
    assert 0 < held < len(past)
    expected = {"begun": 40, "held_out": held, "email": 40 - held, "cost": "0"}
    assert told(past, sides(campaign(holdout_percent=percent))) == expected


def test_those_held_out_of_all_campaigns_are_told_nothing_by_any() -> None:
    """E27."""
    past, percent = many(40), 30
    held = sum(is_in_share(each.member, EVERYTHING, percent) for each in past)
    assert 0 < held < len(past)
    both = sides(campaign(), holdout_percent=percent)
    assert told(past, both) == {"begun": 40, "held_out": held, "email": 40 - held, "cost": "0"}


def test_so_many_have_agreed_as_is_taken_for_granted() -> None:
    """M22: a larger share has all of a smaller one."""
    past, both = many(40), sides(campaign())
    reached = [told(past, both, agreed_percent=percent).get("email", 0) for percent in (0, 25, 50, 100)]
    assert reached == sorted(reached)
    assert (reached[0], reached[-1]) == (0, 40)
    assert told(past, both, agreed_percent=0) == {"begun": 40, "not_reached": 40, "cost": "0"}


def test_a_campaign_of_the_calendar_begins_with_who_is_a_member_on_its_day() -> None:
    """M19: at the end of February, March and April, for Lin of April alone."""
    monthly = campaign(calendar={"monthly": 31}, at="18:00")
    del monthly["enters"]
    both = sides({key: value for key, value in monthly.items() if key != "brand"})
    assert told([MISSED], both) == {"begun": 3, "email": 3, "cost": "0"}
    assert told([past_of("Lin", ("2026-04-10 12:00", 300))], both)["begun"] == 1


def test_how_members_stand_as_the_time_begins_starts_nothing() -> None:
    """E20: who has been away since before."""
    both = sides(campaign())
    past = past_of("Mei", ("2026-01-01 12:00", 1000), ("2026-03-20 12:00", 1000))
    since = at("2026-03-01 00:00")
    *_, last = compare(Between(Past([past]), since, None), both, UNTIL, since=since)
    assert last.after.begun["miss-you"] == 1


def test_dates_that_begin_within_the_time_include_who_is_there_by_then() -> None:
    """E20: Mei has been away since before, Lin has not been away for long."""
    past = [MISSED, past_of("Lin", ("2026-03-10 12:00", 300))]
    dates = {"from": "2026-03-20", "to": "2026-03-25"}
    assert told(past, sides(campaign(dates=dates))).get("begun", 0) == 0
    assert told(past, sides(campaign(dates=dates, include_current=True)))["begun"] == 1


def test_members_own_records_say_how_they_are_reached() -> None:
    """M3: Mei agreed to emails and has a mailbox, Lin has a mailbox and said nothing."""
    lab = Laboratory(speaking(template(), segments=[LAPSED]))
    two = TwoRecords(lab.shop)
    mei, lin = (
        two.enrol(card_identity(name), brand="maru", now=OPENED, profile=Profile(contact_email=f"{name}@example.com"))
        for name in ("mei", "lin")
    )
    two.consents.give(mei, ConsentKey(MessageChannel.EMAIL, "maru", "marketing"), Word(True, "app"), "maru", OPENED)
    for member in (mei, lin):
        lab.shop.sell(bill(f"A-{member}"), member)
    [found] = lab.report(NOW, document=json.dumps({**lab.written, "campaigns": [campaign()]}))["campaigns"]
    assert found["begun"] == {"before": 0, "after": 2}
    assert found["messages"]["email"] == {"before": 0, "after": 1}
    assert found["not_reached"] == {"before": 0, "after": 1}


GIFT: Final = {"give_points": {"currency": "points", "amount": 40}}


class TestPointsAndTags:
    """M20: as in production, and they are there to be used."""

    def test_points_are_given_once_for_each_occurrence(self) -> None:
        """E27: of 40, those held out get none."""
        past, percent = many(40), 30
        both = sides(campaign(once="ever", holdout_percent=percent, steps=[GIFT]))
        treated = sum(not is_in_share(each.member, "miss-you", percent) for each in past)
        found = compared(past, both)
        assert found.after.given == {("miss-you", "points"): 40 * treated}
        issue = ("points", "maru")
        assert found.after.issued[issue] - found.before.issued[issue] == 40 * treated
        assert found.after.issued[issue] == found.after.expired[issue] + found.after.open[issue]
        [told_of] = Report(found, both, UNTIL).document("a test", Past(past).tells)["campaigns"]
        given = str(40 * treated)
        assert told_of["points"] == [{"currency": "points", "before": "0", "after": given, "more": given}]
        assert told_of["held_out"]["after"] == 40 - treated

    def test_coupons_are_counted_as_they_are_given(self) -> None:
        """M27: E27 holds of them too; they cost nothing, since nobody knows whether they would be used."""
        past, percent = many(40), 30
        cakes = [{"id": "cake", "name": "Cake", "valid_days": 30, "cost": 120}]
        document = {**speaking(template(), segments=[LAPSED]), "coupons": cakes}
        written = campaign(once="ever", holdout_percent=percent, steps=[{"give_coupon": "cake"}])
        both = between(document, {**document, "campaigns": [written]})
        treated = sum(not is_in_share(each.member, "miss-you", percent) for each in past)
        found = compared(past, both)
        assert found.after.coupons == {("miss-you", "cake"): treated}
        [told_of] = Report(found, both, UNTIL).document("a test", Past(past).tells)["campaigns"]
        assert (told_of["coupons"], told_of["points"]) == ({"before": 0, "after": treated}, [])
        assert told_of["held_out"]["after"] == 40 - treated
        assert unpack(pack(found)) == found

    def test_messages_say_coupons_as_long_as_they_last(self) -> None:
        """M26: an SMS is a part longer by the code; what has expired by then is not told, and what was not given."""
        says = template(id="says", kind="service", texts=[text(sms="好" * 60 + "{{ coupon.code }}")])
        cakes = [{"id": "cake", "name": "Cake", "valid_days": 5}]
        document = {**speaking(template(), says, segments=[LAPSED]), "coupons": cakes}
        by_sms, cake = {"send": {"template": "says", "channels": ["sms"]}}, {"give_coupon": "cake"}
        for steps, sent in (
            ([by_sms, {"wait_days": 1}, cake], {"sms": 1, "cost": "1"}),
            ([cake, by_sms], {"sms": 1, "cost": "2"}),
            ([cake, {"wait_days": 6}, by_sms], {"withdrawn": 1, "cost": "0"}),
        ):
            both = between(document, {**document, "campaigns": [campaign(once="ever", stays=False, steps=steps)]})
            assert told([MISSED], both) == {"begun": 1, **sent}

    def test_they_are_there_from_the_usual_hour_on(self) -> None:
        """M19: by what is done until then; no segment asks for any of it."""
        hours = [("2026-02-01 09:10", 10), ("2026-02-03 09:20", 10), ("2026-02-05 09:50", 10)]
        spent = replace(past_of("Mei", *hours), spendings=(Spending(at("2026-03-10 12:00"), "maru", "points", 40),))
        dated = campaign(enters=None, calendar={"date": "2026-03-10"}, at="20:00", steps=[GIFT])
        document = speaking(template(), earning=[rule(per="100000")])
        unspent = [
            compared([spent], between(document, {**document, "campaigns": [campaign]})).after.unspent
            for campaign in (dated, {**dated, "at_usual_hour": True})
        ]
        assert unspent == [40, 0]

    def test_they_can_be_spent_and_begin_other_campaigns(self) -> None:
        """Mei had used 30 points on a day on which she had none."""
        rich = {"id": "rich", "name": "Rich", "when": {"points": {"at_least": 40}}}
        document = speaking(template(), segments=[LAPSED, rich], earning=[rule(per="100000")])
        campaigns = [campaign(once="ever", steps=[GIFT]), campaign(id="of-the-rich", enters="rich", stays=False)]
        spent = replace(MISSED, spendings=(Spending(at("2026-03-10 12:00"), "maru", "points", 30),))
        found = compared([spent], between(document, {**document, "campaigns": campaigns}))
        assert (found.before.unspent, found.after.unspent) == (30, 0)
        assert found.after.begun == {"miss-you": 1, "of-the-rich": 1}

    def test_a_tag_counts_for_the_next_step_and_for_other_campaigns(self) -> None:
        document = speaking(template(), segments=[LAPSED, "missed"])
        steps = [{"tag": "missed"}, {"only_in": ["missed"]}, HELLO, {"wait_days": 1}, {"untag": "missed"}]
        campaigns = [
            campaign(brand=None, once="ever", steps=steps),
            campaign(id="missed", brand=None, enters="missed", stays=False),
            campaign(id="found", brand=None, enters=None, leaves="missed"),
        ]
        found = compared([MISSED], between(document, {**document, "campaigns": campaigns}))
        assert found.after.begun == {"miss-you": 1, "missed": 1, "found": 1}
        assert found.after.untold == {}


def test_without_campaigns_nothing_is_said_of_them() -> None:
    silent = sides()
    report = Report(compared([MISSED], silent), silent, UNTIL).document("a test", Past([MISSED]).tells)
    assert report["campaigns"] == []
    assert not any("Campaigns" in each for each in report["assumptions"])


def test_parts_of_the_members_are_put_together_and_kept() -> None:
    both, (one, *others) = sides(campaign(holdout_percent=30)), many(9)
    parts = [unpack(pack(compared(part, both))) for part in ([one], others)]
    whole, together = compared([one, *others], both), parts[0].plus(parts[1])
    written = [Report(each, both, UNTIL).document("a test", Past([]).tells) for each in (whole, together)]
    assert written[0]["campaigns"] == written[1]["campaigns"]

"""M20: whom a campaign that is being written would tell something, and what that would cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from huitou.access.model import ForeignBrandError
from huitou.campaigns.errors import InvalidCampaignError
from huitou.counts.errors import CountNotFoundError
from huitou.counts.model import Counted
from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import MemberId, digest_of
from tests.audiences import Survey, numbers
from tests.campaigns import HELLO, LAPSED, Town, campaign, index_on
from tests.outbox import pressure_of
from tests.templates import template, text

WELCOME: Any = campaign(id="welcome", enters="birthday")
BY_SMS: Any = {"send": {"template": "receipt", "channels": ["sms"]}}
TAKEN_BY = {"cake": "maru", "tea": "sora", "any": None}
"""Coupons."""


def celebrating(*campaigns: dict[str, Any], **rules: Any) -> Town:
    """Three members of maru whose birthday is near."""
    town = Town(*campaigns, **rules)
    for n in range(3):
        town.join(birthday=date(1990, 3, 4), name="王小美" * (n + 1), contact_phone=f"+88691200000{n}")
    return town


def test_everybody_who_is_in_its_segment_is_put_through_what_a_message_asks() -> None:
    town = celebrating()
    other = town.join(birthday=date(1990, 7, 1))
    town.refuse(town.join(birthday=date(1990, 3, 3)))
    counted = Survey(town).of(WELCOME)
    assert numbers(counted) == (4, 3, 3, 3)
    assert (counted["reachable_by"], counted["messages"]) == ({"email": 3, "sms": 0, "line": 0},) * 2
    assert (counted["sms_parts"], counted["cost"]) == (0, "0")
    assert (counted["status"], counted["is_exact"], counted["program_version"]) == ("completed", True, 2)
    assert counted["campaign"] == WELCOME
    assert not town.messages_of(other)


def test_an_sms_costs_the_parts_of_what_each_of_them_would_read() -> None:
    """M24: 70 characters travel alone, and of more each part has 67."""
    receipt = template(id="receipt", kind="service", texts=[text(sms="{{ member.name }}" + "好" * 66, line="Paid")])
    town = celebrating(changes={"templates": [template(), receipt]})
    counted = Survey(town).of({**WELCOME, "steps": [BY_SMS]})
    assert (counted["messages"]["sms"], counted["sms_parts"], counted["cost"]) == (3, 5, "4")


def test_every_message_costs_what_its_channel_does() -> None:
    """M21: three emails of 0.3 are one, in whole money."""
    assert Survey(celebrating(email_price="0.3")).of(WELCOME)["cost"] == "1"


def test_an_sms_has_room_for_the_coupon_that_is_given_before_it() -> None:
    """M26: the last one, if whoever takes it has seen the member; and none, where none is given by then."""
    kinds = [{"id": each, "name": each, "brand": brand, "valid_days": 9} for each, brand in TAKEN_BY.items()]

    def parts(room: int, *steps: dict[str, Any]) -> int:
        says = text(sms="好" * (70 - room) + "{{ coupon.code }}", line="Paid")
        receipt = template(id="receipt", kind="service", texts=[says])
        town = celebrating(changes={"templates": [template(), receipt], "coupons": kinds})
        written = {**WELCOME, "brand": None, "once": "birthday", "steps": [*steps, BY_SMS, {"give_coupon": "any"}]}
        return int(Survey(town).of(written)["sms_parts"])

    of_maru, of_sora, of_any = ({"give_coupon": each} for each in TAKEN_BY)
    assert [parts(10, *steps) for steps in ([], [of_maru], [of_any], [of_sora, of_any])] == [3, 6, 6, 6]
    assert [parts(10, *steps) for steps in ([of_sora], [of_any, of_sora])] == [3, 3]
    assert parts(12, of_any) == 3


def test_what_comes_before_its_first_message_is_asked_as_it_is_now() -> None:
    survey = Survey(celebrating())
    waits = {**WELCOME, "steps": [{"wait_days": 3}, {"only_in": ["staff"]}, HELLO, {"only_in": ["lapsed"]}, HELLO]}
    assert numbers(survey.of(waits)) == (0, 0, 0, 0)
    assert numbers(survey.of({**waits, "steps": [HELLO, *waits["steps"]]}, key="second")) == (3, 3, 3, 3)


def test_whoever_may_leave_a_segment_is_in_it_now() -> None:
    town = celebrating()
    town.join(birthday=date(1990, 7, 1))
    leaving = {key: value for key, value in WELCOME.items() if key != "enters"}
    assert numbers(Survey(town).of({**leaving, "leaves": "birthday"})) == (3, 3, 3, 3)


def test_one_that_sends_nothing_reaches_nobody() -> None:
    counted = Survey(celebrating()).of({**WELCOME, "steps": [{"tag": "celebrated"}]})
    assert numbers(counted) == (3, 0, 0, 0)


def test_nothing_is_published_and_nothing_but_numbers_is_kept() -> None:
    town = celebrating(frequency_caps=[{"most": 1, "days": 7}])
    before = {member: town.shop.wallet(member) for member in everybody(town)}
    counted = Survey(town).of({**WELCOME, "holdout_percent": 50})
    assert numbers(counted) == (3, 3, 3, 3)
    assert "welcome" not in town.programs.active().campaigns
    for member, wallet in before.items():
        assert (town.journeys_of(member), town.messages_of(member)) == ([], [])
        assert not pressure_of(town.pressure, member).slots
        assert town.shop.wallet(member) == wallet


def test_a_count_of_a_campaign_is_none_of_a_segment() -> None:
    """The same key may be used for both."""
    survey = Survey(celebrating())
    asked, other = survey.ask(WELCOME), survey.ask(LAPSED, of=Counted.SEGMENT)
    assert asked.job.id != other.job.id
    for count, of in ((asked.job, Counted.SEGMENT), (other.job, Counted.CAMPAIGN)):
        with pytest.raises(CountNotFoundError):
            survey.look(count, of)


def test_the_same_key_is_the_same_count_of_the_same_campaign() -> None:
    """E14: steps in another order are another campaign."""
    survey = Survey(celebrating())
    two = {**WELCOME, "steps": [{"tag": "seen"}, HELLO]}
    first, second = survey.ask(two), survey.ask(two)
    assert (first.replayed, second.replayed, second.job) == (False, True, first.job)
    with pytest.raises(ContentReusedError) as refused:
        survey.ask({**two, "steps": [HELLO, {"tag": "seen"}]})
    assert [each.pointer for each in refused.value.errors] == ["/steps"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"id": "counts"}, "/id"),
        ({"id": "all"}, "/id"),
        ({"enters": "nobody"}, "/enters"),
        ({"steps": [{"send": {"template": "nothing"}}]}, "/steps/0/send/template"),
        ({"steps": []}, "/steps"),
        ({"speed": 1}, "/speed"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place_before_anybody_is_asked(
    changes: dict[str, Any], place: str
) -> None:
    """E30: as a publication would."""
    survey = Survey(celebrating())
    with pytest.raises(InvalidCampaignError) as refused:
        survey.ask({**WELCOME, **changes})
    assert [each.pointer for each in refused.value.errors] == [place]
    assert survey.machine.started == {}


def test_one_that_is_published_is_counted_as_it_is_being_written() -> None:
    survey = Survey(celebrating(WELCOME))
    assert numbers(survey.of({**WELCOME, "enters": "lapsed"})) == (0, 0, 0, 0)


def test_only_the_group_may_ask_and_look() -> None:
    """E31"""
    survey = Survey(celebrating())
    with pytest.raises(ForeignBrandError):
        survey.ask(WELCOME, brand="maru")
    asked = survey.ask(WELCOME).job
    with pytest.raises(ForeignBrandError):
        survey.look(asked, brand="maru")
    with pytest.raises(CountNotFoundError):
        survey.look(replace(asked, id=digest_of(["none"])))


def everybody(town: Town) -> list[MemberId]:
    index = index_on(town.shop.table)
    return [each for shard in range(index.shards) for each in index.members(shard, after=None, limit=100).items]

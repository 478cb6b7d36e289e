"""M21, E27: what all campaigns do together, against those whom none of them tells anything."""

from __future__ import annotations

from typing import Any

import pytest

from huitou.kernel.ids import MemberId
from huitou.outcomes.errors import CampaignNotFoundError
from huitou.program.campaigns import ALL_CAMPAIGNS
from tests.campaigns import DAY, HELLO, Town, campaign
from tests.outbox import NOON
from tests.purchases import bread
from tests.results import Assessor, HoldOut, away, shown

GIFT: dict[str, Any] = {"give_points": {"currency": "points", "amount": 40}}
NEUTRAL: dict[str, Any] = {"stays": False, "brand": None}


@pytest.fixture
def hold_out(monkeypatch: pytest.MonkeyPatch) -> HoldOut:
    """Draws whom it is told, of all campaigns."""
    drawn: set[MemberId] = set()

    def is_in_share(member: MemberId, scope: str, percent: int) -> bool:
        del percent
        return scope == "*" and member in drawn

    monkeypatch.setattr("huitou.campaigns.drawing.is_in_share", is_in_share)
    return drawn.add


def together(town: Town, key: str = "all") -> dict[str, Any]:
    return Assessor(town).found(ALL_CAMPAIGNS, key)


def test_who_hears_of_campaigns_is_compared_with_who_hears_of_none(hold_out: HoldOut) -> None:
    """All that they bought since the first word that they had, or would have had: at every brand, and for ever."""
    town = Town(campaign(), campaign(id="gift", steps=[{"wait_days": 2}, GIFT], **NEUTRAL), holdout_percent=10)
    mei, lin, kai = (away(town) for _ in range(3))
    hold_out(kai)
    town.until(NOON + 29 * DAY)
    town.until(NOON + 33 * DAY)
    for number, member in enumerate((mei, kai)):
        town.buy(member, f"B-{number}", bread(100), brand="sora", store="s1")
    town.until(NOON + 300 * DAY)
    town.buy(kai, "C-1", bread(30))
    town.now += DAY
    found = together(town)
    assert shown(found, "treated") == (2, 2, 1, "100")
    assert shown(found, "held_out") == (1, 1, 1, "130")
    assert (found["members"], found["not_drawn"], found["held_out_of_all"], found["steps"]) == (3, 0, 0, [])
    assert found["treated"]["open"] == 2
    assert found["says"] == {
        "zh-TW": "資料還不夠，無法判斷所有活動合計的成效。",
        "en": "Not enough data yet to say what all campaigns do together.",
    }
    assert lin not in Assessor(town).failures


def test_campaigns_that_one_arm_alone_begins_bring_it_no_purchases(hold_out: HoldOut) -> None:
    """Whoever is told comes back and is thanked; what those held out buy later counts as much."""
    came = {"id": "came", "name": "Came", "when": {"purchases": {"at_least": 1, "in": "last 3 days"}}}
    town = Town(holdout_percent=10)
    town.republish(
        segments=[*town.document["segments"], came],
        campaigns=[campaign(), campaign(id="thanks", enters="came", only_in=["staff"], steps=[HELLO], stays=False)],
    )
    mei, kai = away(town), away(town)
    for member in (mei, kai):
        town.appoint(member)
    hold_out(kai)
    town.until(NOON + 32 * DAY)
    town.buy(mei, "B-1", bread(100))
    town.until(NOON + 90 * DAY)
    for number, member in enumerate((mei, kai)):
        town.buy(member, f"C-{number}", bread(50))
    town.until(NOON + 100 * DAY)
    found = together(town)
    assert shown(found, "treated") == (1, 1, 1, "150")
    assert shown(found, "held_out") == (1, 1, 1, "50")


def test_costs_are_those_of_all_campaigns(hold_out: HoldOut) -> None:
    worth = {"worth": [{"currency": "points", "since": "2026-01-01", "points": 10, "money": 5}]}
    town = Town(
        campaign(steps=[GIFT], **NEUTRAL),
        campaign(id="more", steps=[GIFT], **NEUTRAL),
        changes={"settlement": worth},
        holdout_percent=10,
    )
    away(town)
    hold_out(away(town))
    town.until(NOON + 32 * DAY)
    found = together(town)
    assert found["costs"] == {"points": "40", "coupons": "0", "messages": "0", "total": "40"}


def test_service_messages_cost_nothing_since_everybody_gets_them(hold_out: HoldOut) -> None:
    receipt = {"send": {"template": "receipt", "channels": ["sms"]}}
    town = Town(campaign(steps=[receipt, HELLO]), sms_price="80", holdout_percent=10)
    mei, kai = (away(town, contact_phone=f"+88691200000{number}") for number in range(2))
    hold_out(kai)
    town.until(NOON + 32 * DAY)
    assert [len(town.messages_of(each)) for each in (mei, kai)] == [2, 1]
    found = together(town)
    assert found["costs"]["messages"] == "0"
    assert [found[arm]["exposed"] for arm in ("treated", "held_out")] == [1, 1]


def test_who_shares_an_address_counts_by_whom_they_were_drawn(hold_out: HoldOut) -> None:
    town = Town(campaign(), holdout_percent=10)
    mei, lin = (away(town, contact_phone="+886912000111") for _ in range(2))
    hold_out(mei)
    hold_out(lin)
    town.until(NOON + 32 * DAY)
    found = together(town)
    assert (found["members"], found["following"], found["held_out"]["members"]) == (2, 1, 1)


def test_both_arms_that_are_one_person_count_in_neither(hold_out: HoldOut) -> None:
    """E15."""
    town = Town(campaign(), holdout_percent=10)
    mei, kai = away(town), away(town)
    hold_out(kai)
    town.until(NOON + 32 * DAY)
    town.merge(mei, kai, town.now)
    town.now += DAY
    found = together(town)
    assert (found["set_apart"], found["treated"]["members"], found["held_out"]["members"]) == (2, 0, 0)


def test_who_is_held_out_of_one_campaign_is_treated_by_all_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitou.campaigns.drawing.is_in_share", lambda _, scope, *__: scope != "*")
    town = Town(campaign(holdout_percent=10), holdout_percent=10)
    away(town)
    town.until(NOON + 32 * DAY)
    assert shown(together(town), "treated") == (1, 1, 0, "0")


def test_without_a_holdout_of_all_there_is_nobody_to_compare_with() -> None:
    town = Town(campaign())
    away(town)
    town.until(NOON + 32 * DAY)
    found = together(town)
    assert (found["members"], found["not_drawn"]) == (1, 1)
    assert found["verdicts"]["conversion"] == "not_enough_data"


def test_a_brand_does_not_see_what_all_brands_do() -> None:
    """E31."""
    town = Town(campaign())
    with pytest.raises(CampaignNotFoundError):
        Assessor(town).ask(ALL_CAMPAIGNS, brand="maru")

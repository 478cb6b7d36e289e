"""E31: what a brand sees of the journeys of members whom it shares."""

from __future__ import annotations

from dataclasses import replace

import pytest

from huitou.campaigns.looking import MemberJourneys
from huitou.campaigns.model import Journey, JourneyId
from huitou.outbox.model import Cause
from tests.campaigns import Town, campaign
from tests.outbox import NOON

CAMPAIGNS = [campaign(), campaign(id="of-sora", brand="sora"), campaign(id="of-all", brand=None)]


@pytest.mark.parametrize(
    ("viewer", "shown"),
    [
        ("group", {"miss-you": 18, "of-sora": 18, "of-all": 18}),
        ("maru", {"miss-you": 18, "of-all": None}),
    ],
)
def test_a_brand_sees_its_own_and_the_groups_but_not_when_members_come_to_others(
    viewer: str, shown: dict[str, int | None]
) -> None:
    town = Town(*CAMPAIGNS)
    mei = town.join()
    begun = Journey(JourneyId(mei, Cause("miss-you", "1")), 2, NOON, step=0, due_at=NOON, usual_hour=18)
    for each in CAMPAIGNS:
        town.commit([town.journeys.add(replace(begun, id=JourneyId(mei, Cause(each["id"], "1"))))])
    looking = MemberJourneys(town.journeys, town.shop.wallets, town.programs)
    page = looking.of_member(mei, viewer, after=None, limit=10)
    assert {each.campaign: each.usual_hour for each in page.items} == shown

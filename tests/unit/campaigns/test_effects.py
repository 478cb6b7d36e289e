"""M20: a step gives points, puts a tag on the member or takes it off; once, and to nobody who is held out (E27)."""

from __future__ import annotations

from typing import Any

import pytest

from huitou.campaigns.model import TurnOutcome
from huitou.kernel.ids import MemberId
from huitou.members.model import Tag
from huitou.points.wallet import Balance, Entry
from tests.builders import at
from tests.campaigns import DAY, HELLO, SEGMENTS, Town, campaign, turns
from tests.office import HOUR
from tests.outbox import NOON

GIFT: dict[str, Any] = {"give_points": {"currency": "points", "amount": 50}}
BEANS: dict[str, Any] = {"give_points": {"currency": "beans", "amount": "2.5"}}


def away(town: Town, **profile: Any) -> MemberId:
    """Somebody who bought on the first day, and has not been back."""
    member = town.join(**profile)
    town.buy(member, f"A-{member}")
    return member


def gifts(town: Town, member: MemberId, currency: str = "points") -> list[Entry]:
    entries = town.shop.wallets.entries(member, currency).items
    return [each for each in entries if each.cause.type == "campaign"]


def tags(town: Town, member: MemberId) -> set[Tag]:
    record = town.shop.profiles.load(member)
    assert record is not None
    return set(record.tags)


def test_points_come_with_the_turn_that_says_so() -> None:
    """M12: the entry says by which campaign, at which occurrence and in which step."""
    town = Town(campaign(once="ever", steps=[HELLO, GIFT]))
    mei = away(town)
    town.until(NOON + 31 * DAY)
    (journey,), (entry,) = town.journeys_of(mei), gifts(town, mei)
    assert turns(journey) == ["planned", "given"]
    assert (entry.amount, entry.cause.id, entry.brand) == (50, "miss-you/ever/1", "maru")
    assert (journey.turns[1].entry, entry.actor) == (entry.id, None)
    assert [change.lot.issuer for change in entry.changes] == ["maru"]

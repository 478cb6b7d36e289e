"""Journeys are kept alike in memory and in DynamoDB (M19)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from huitou.campaigns.decisions import stop
from huitou.campaigns.model import Draw, Journey, JourneyId, JourneyState, Turn, TurnOutcome
from huitou.campaigns.store import JourneyItem, TableJourneys
from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import EPOCH
from huitou.kernel.pages import InvalidCursorError
from huitou.outbox.model import Cause
from huitou.platform import keys
from huitou.platform.table import Table
from huitou.standing.messages import Due, DueJourney
from tests.builders import MEI
from tests.contract.targets import AnyTable
from tests.outbox import NOON
from tests.standing import due_index_on, journeys_on

FANG = MemberId("01JNSM3VF0R6T8C1W5PJ4X9YZB")
BARE = Journey(JourneyId(MEI, Cause("away-30", "2026")), 3, NOON, step=0, due_at=NOON)
FULL = replace(
    BARE,
    usual_hour=0,
    draw=Draw(held_out=True, follows=True, apart=True, of_all=True, apart_of_all=True),
    step=2,
    due_at=None,
    turns=(
        Turn(0, NOON, TurnOutcome.PLANNED, "01NM"),
        Turn(1, NOON + timedelta(days=1), TurnOutcome.GIVEN, entry="e-1"),
        Turn(2, NOON + timedelta(days=1), TurnOutcome.GIVEN, coupon="01NC"),
    ),
    state=JourneyState.STOPPED,
    reason="left",
    ended_at=NOON + timedelta(days=2),
    version=4,
)


def due_on(table: AnyTable) -> list[Due]:
    index = due_index_on(table)
    return [due for shard in range(index.shards) for due in index.due(shard, EPOCH, NOON, limit=9).items]


@pytest.mark.parametrize(
    "journey", [BARE, FULL, replace(BARE, draw=Draw(None, of_all=True))], ids=["bare", "full", "of all"]
)
def test_a_journey_comes_back_as_it_was_stored(table: AnyTable, journey: Journey) -> None:
    store, other = journeys_on(table), BARE.id._replace(member=FANG)
    assert store.load(journey.id) is None
    table.commit([store.add(journey)])
    assert store.load(journey.id) == journey
    assert store.load_all([journey.id, other]) == [journey]


def test_turns_are_kept_as_the_versions_before_read_them(dynamo_table: Table) -> None:
    """M37: four values, or five, and outcomes that they know, so that a roll-back finds journeys that it can read."""
    gone = Turn(3, NOON, TurnOutcome.COUPON_GONE)
    journey = replace(FULL, turns=(*FULL.turns, gone))
    store = TableJourneys(dynamo_table)
    dynamo_table.commit([store.add(journey)])
    (item,) = dynamo_table.query(JourneyItem, keys.member(MEI), prefix=keys.JOURNEY_PREFIX).items
    assert [len(turn) for turn in item.turns] == [4, 5, 5, 5]
    assert item.turns[3][2] == "points_gone"
    assert store.load(journey.id) == journey


def test_an_occurrence_begins_once(table: AnyTable) -> None:
    store = journeys_on(table)
    table.commit([store.add(BARE)])
    with pytest.raises(StaleReadError):
        table.commit([store.add(replace(BARE, draw=Draw(held_out=True)))])
    assert store.load(BARE.id) == BARE


def test_of_two_who_take_a_step_one_is_refused(table: AnyTable) -> None:
    store, first = journeys_on(table), replace(BARE, step=1, version=2)
    table.commit([store.add(BARE)])
    table.commit([store.save(BARE, first)])
    with pytest.raises(StaleReadError):
        table.commit([store.save(BARE, replace(BARE, step=2, version=2))])
    assert store.load(BARE.id) == first


def test_a_journey_is_due_until_its_end(table: AnyTable) -> None:
    """M17"""
    store = journeys_on(table)
    table.commit([store.add(BARE)])
    assert due_on(table) == [DueJourney(MEI, "away-30", "2026", NOON)]
    table.commit([store.save(BARE, stop(BARE, "left", NOON))])
    assert due_on(table) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 9])
def test_journeys_of_several_members_are_listed_together(table: AnyTable, limit: int) -> None:
    """E15: both may have had the same one before they were found to be one person; no page tears them apart."""
    store = journeys_on(table)
    keys = [(MEI, "a"), (MEI, "b"), (FANG, "b"), (FANG, "c")]
    journeys = [replace(BARE, id=JourneyId(member, Cause(name, "ever"))) for member, name in keys]
    table.commit([store.add(each) for each in journeys])
    found: list[Journey] = []
    after = None
    while True:
        page = store.of_members([MEI, FANG], after=after, limit=limit)
        found += page.items
        if (after := page.next_cursor) is None:
            break
    assert found == journeys


def test_a_cursor_from_elsewhere_is_refused(table: AnyTable) -> None:
    with pytest.raises(InvalidCursorError):
        journeys_on(table).of_members([MEI], after="WALLET#points#HEAD", limit=9)


def test_of_one_campaign_no_others_journeys_are_told(table: AnyTable) -> None:
    """Also where its name begins as another's does."""
    store = journeys_on(table)
    causes = [Cause("away-30", "2025"), Cause("away-30", "2026"), Cause("away-300", "2026"), Cause("away", "2026")]
    for member in (MEI, FANG):
        table.commit([store.add(replace(BARE, id=JourneyId(member, cause))) for cause in causes])
    found = store.of_campaign([FANG, MEI], "away-30")
    assert sorted(each.id for each in found) == sorted(
        JourneyId(each, cause) for each in (MEI, FANG) for cause in causes[:2]
    )

"""Whatever members do, and however often and in whatever order the stream delivers it (E21)."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta

import jsonschema_rs
from hypothesis import given
from hypothesis import strategies as st

from huitou.events.answers import schema_of
from huitou.events.decisions import events_of
from huitou.events.model import DomainEvent, EventType, PositionChange
from huitou.events.store import change_in
from huitou.points.wallet import EntryType
from huitou.standing.position import Membership, MoveCause, Position, Seen
from tests.accounts import STEPS, Step, lived, settled_program
from tests.builders import OPENED
from tests.domain_events import MEI, record_of

DAY = timedelta(days=1)

HISTORIES = st.lists(
    st.tuples(st.sampled_from([*STEPS, "wait", "earn", "earn", "redeem"]), *[st.integers(0, 150)] * 3), max_size=30
)
VALIDATORS = {type_: jsonschema_rs.validator_for(schema_of(type_)) for type_ in EventType}


@given(steps=HISTORIES, order=st.randoms(use_true_random=False))
def test_five_deliveries_in_any_order_are_the_events_of_one(steps: list[Step], order: random.Random) -> None:
    """E21: a subscriber who drops repeats by id has each event once, the same whatever came first."""
    program = settled_program(pending_days=2)
    records = [record_of(entry) for entries in lived(program, steps).entries.values() for entry in entries]
    often = records * 5
    order.shuffle(often)

    def heard(delivered: list[dict[str, object]]) -> dict[str, str]:
        changes = [change for record in delivered if (change := change_in(record))]
        told = [event for change in changes for event in events_of(change, lambda _: program)]
        return {event.id: json.dumps(event.detail, sort_keys=True) for event in told}

    assert heard(often) == heard(records)


@given(steps=HISTORIES)
def test_the_last_balance_that_was_told_is_the_balance_of_the_ledger(steps: list[Step]) -> None:
    """Every line that moves points is told, so the highest version that a subscriber saw has the latest balance."""
    program = settled_program(pending_days=2)
    for entries in lived(program, steps).entries.values():
        told = [event for entry in entries for event in events_of(entry, lambda _: program)]
        for event in told:
            VALIDATORS[event.type].validate(json.loads(json.dumps(event.detail)))
        moving = [entry for entry in entries if entry.type is not EntryType.VISIT and (entry.amount or entry.debt)]
        if moving:
            last = max(told, key=lambda event: int(event.detail["wallet_version"]))
            assert tuple(map(int, last.detail["balance"].values())) == tuple(moving[-1].balance)


FLIPS = st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3)), max_size=4), min_size=1, max_size=8)


@given(looks=FLIPS, kept_days=st.integers(0, 6), order=st.randoms(use_true_random=False))
def test_who_follows_the_moves_in_any_order_knows_who_is_in_which_segment(
    looks: list[list[tuple[str, int]]], kept_days: int, order: random.Random
) -> None:
    """M16, E21: positions that lie apart tell all that happened between them; a leave names the entry that it ends."""
    program, now, told = settled_program(), OPENED, list[DomainEvent]()
    before: Position | None = None
    memberships: list[Membership] = []
    for version, flips in enumerate(looks, start=1):
        for segment, days in flips:
            now += days * DAY
            memberships = _flipped(memberships, segment, now)
        kept = tuple(each for each in memberships if each.until is None or each.until > now - kept_days * DAY)
        after = Position(MEI, version, 1, now, Seen(version, 1, 0), memberships=kept)
        told += events_of(PositionChange(before, after), lambda _: program)
        assert _inside(order.sample(told, len(told))) == after.segments_at(now)
        before = after
    assert len({event.id for event in told}) == len(told)


def _inside(told: list[DomainEvent]) -> set[str]:
    """By what a subscriber heard: the segments that were entered and not left since."""
    for event in told:
        VALIDATORS[event.type].validate(json.loads(json.dumps(event.detail)))
    details = [event.detail for event in told]
    left = {(each["segment"], each["since"]) for each in details if "since" in each}
    return {
        each["segment"]
        for each in details
        if "since" not in each and (each["segment"], each["occurred_at"]) not in left
    }


def _flipped(memberships: list[Membership], segment: str, at: datetime) -> list[Membership]:
    """Whoever is in the segment leaves; whoever is not, enters."""
    opened = [each for each in memberships if each.segment == segment and each.until is None]
    if not opened:
        return [*memberships, Membership(segment, at, MoveCause.TIME)]
    return [each._replace(until=at, end=MoveCause.TIME) if each in opened else each for each in memberships]

"""Whatever members do, and however often and in whatever order the stream delivers it (E21)."""

from __future__ import annotations

import json
import random

import jsonschema_rs
from hypothesis import given
from hypothesis import strategies as st

from huitou.events.answers import schema_of
from huitou.events.decisions import events_of
from huitou.events.model import EventType
from huitou.events.store import change_in
from huitou.points.wallet import EntryType
from tests.accounts import STEPS, Step, lived, settled_program
from tests.domain_events import record_of

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

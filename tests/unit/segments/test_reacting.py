"""The stream of members: however it delivers, everybody ends where the facts say (E21)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import format_instant
from huitou.kernel.streams import Record
from huitou.segments.reacting import RETRY, Reactor
from huitou.segments.store import owner_of
from huitou.simulator.memory_standing import MemoryQueue
from huitou.standing.messages import DuePosition, read_message
from huitou.standing.position import Position
from tests.builders import MEI
from tests.purchases import LIN, NOON, SOON, bill
from tests.standing import Standings

NOW = NOON + SOON


def record(member: str, sk: str = "WALLET#points#HEAD") -> Record:
    return {"dynamodb": {"Keys": {"pk": {"S": f"M#{member}"}, "sk": {"S": sk}}, "SequenceNumber": "1"}}


POISON: Record = {"dynamodb": {"Keys": {"pk": {"S": "nobody"}, "sk": {"S": "PROFILE"}}, "SequenceNumber": "2"}}


class Stage:
    """Mei and Lin have bought something; nobody has looked at them yet, and ``broken`` cannot be looked at."""

    def __init__(self, broken: Sequence[MemberId] = ()) -> None:
        self.shop = Standings()
        self.queue = MemoryQueue()
        self.kept: list[Record] = []
        self.broken = set(broken)
        self.looked: list[MemberId] = []
        self.reactor = Reactor(owner_of, self._look, self.queue, self, lambda _: None)
        for number, member in enumerate((MEI, LIN)):
            self.shop.enrol(member)
            self.shop.sell(bill(f"A-{number}"), member)

    def keep(self, record: Record, error: Exception) -> None:
        del error
        self.kept.append(record)

    def _look(self, member: MemberId, now: datetime) -> Position | None:
        self.looked.append(member)
        if member in self.broken:
            raise ArithmeticError(format_instant(now))
        return self.shop.segments.refresh(member, now)

    def stands(self) -> list[Any]:
        return [position and position.memberships for position in (self.shop.kept(MEI), self.shop.kept(LIN))]


def test_a_member_is_looked_at_once_for_all_that_a_batch_tells() -> None:
    stage = Stage()
    stage.reactor.react([record(MEI), record(LIN), record(MEI, "PROFILE"), record(MEI, "STANDING")], NOW)
    assert stage.looked == [MEI, LIN]


@pytest.mark.parametrize("seed", range(5))
def test_five_deliveries_in_any_order_with_a_poisoned_one_leave_what_one_delivery_leaves(seed: int) -> None:
    """E21."""
    once, often = Stage(), Stage()
    once.reactor.react([record(MEI), record(LIN)], NOW)
    deliveries = [record(MEI), record(LIN), POISON] * 5
    Random(seed).shuffle(deliveries)  # noqa: S311 - an order, not a secret
    for start in range(0, len(deliveries), 4):
        often.reactor.react(deliveries[start : start + 4], NOW)
    assert often.stands() == once.stands()
    assert [each is not None and len(each) for each in often.stands()] == [1, 1]
    assert [often.shop.kept(each).version for each in (MEI, LIN)] == [1, 1]  # type: ignore[union-attr]
    assert often.kept == [POISON] * 5


def test_one_who_cannot_be_looked_at_is_handed_to_the_queue_and_the_others_go_on() -> None:
    """E21."""
    stage = Stage(broken=[MEI])
    reaction = stage.reactor.react([record(MEI), record(LIN)], NOW)
    assert (reaction.evaluated, reaction.handed_on, reaction.again) == (1, 1, frozenset())
    ((body, delay),) = stage.queue.messages
    assert (read_message(body), timedelta(seconds=delay)) == (DuePosition(MEI, NOW + RETRY), RETRY)
    assert stage.shop.kept(LIN) is not None


def test_where_the_queue_takes_nothing_either_the_record_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(broken=[LIN])
    monkeypatch.setattr(stage.queue, "send", lambda messages: {place: "Busy" for place, _ in enumerate(messages)})
    reaction = stage.reactor.react([record(MEI), record(LIN), record(LIN)], NOW)
    assert reaction.again == {1}

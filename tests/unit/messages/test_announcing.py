"""The quick way of new messages to those who send them: it carries what it can, and holds up nobody (M23, E28)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from huitou.kernel.streams import Record
from huitou.outbox.announcing import Announcer
from huitou.outbox.model import OutboxMessage
from huitou.outbox.store import due_in, message_item
from huitou.simulator.memory_standing import MemoryQueue
from huitou.standing.clock import AHEAD
from huitou.standing.messages import DueMessage, read_message
from huitou.standing.ports import Outboxes
from huitou.templates.model import TemplateKind
from tests.outbox import NOON, planned

SECOND = timedelta(seconds=1)
UNREADABLE: Record = {"dynamodb": {"NewImage": {"pk": {"S": "nothing"}}}}


def record(message: OutboxMessage) -> Record:
    return {"dynamodb": {"NewImage": message_item(message).serialize()}}


def due(seconds: int) -> OutboxMessage:
    return planned(TemplateKind.MARKETING, due_at=NOON + seconds * SECOND)


class Refusing(MemoryQueue):
    """Refuses the first of each batch."""

    def send(self, messages: Sequence[tuple[str, int]]) -> Mapping[int, str]:
        super().send(messages[1:])
        return {0: "InternalError"}


class OutOfReach(MemoryQueue):
    def send(self, messages: Sequence[tuple[str, int]]) -> Mapping[int, str]:
        del messages
        raise OSError("out of reach")


class Desk:
    """An announcer, and what it told. It keeps aside what it is handed, too."""

    def __init__(self, queue: MemoryQueue | None = None) -> None:
        self.queue, self.service = queue or MemoryQueue(), MemoryQueue()
        self.failures: list[Exception] = []
        self.aside: list[Record] = []
        self.announcer = Announcer(due_in, Outboxes(self.queue, self.service), self, self.failures.append)

    def keep(self, record: Record, error: Exception) -> None:
        assert isinstance(error, ValueError)
        self.aside.append(record)

    def announce(self, *records: Record) -> int:
        return self.announcer.announce(records, NOON)

    def queued(self) -> list[tuple[DueMessage, int]]:
        return [(read_message(body), delay) for body, delay in self.queue.messages]  # type: ignore[misc]


def test_what_is_due_before_a_tick_is_sure_to_find_it_is_queued_for_its_instant() -> None:
    now, last, later = due(0), due(int(AHEAD / SECOND)), due(int(AHEAD / SECOND) + 1)
    desk = Desk()
    assert desk.announce(*map(record, (now, last, later, replace(now, due_at=None)))) == 2
    assert desk.queued() == [(DueMessage(now.id, NOON), 0), (DueMessage(last.id, NOON + AHEAD), 120)]


def test_a_queue_out_of_reach_is_told_of_and_holds_up_nobody() -> None:
    """M17: the clock finds them."""
    desk = Desk(OutOfReach())
    assert desk.announce(record(due(0)), UNREADABLE) == 0
    assert [str(error) for error in desk.failures] == ["out of reach"]
    assert desk.aside == [UNREADABLE]


def test_what_nobody_can_read_is_kept_aside_and_the_rest_goes_on() -> None:
    desk = Desk()
    assert desk.announce(record(due(0)), UNREADABLE, record(due(1))) == 2
    assert (len(desk.queued()), desk.aside, desk.failures) == (2, [UNREADABLE], [])


def test_what_the_queue_refuses_is_not_counted() -> None:
    desk = Desk(Refusing())
    assert desk.announce(record(due(0)), record(due(1))) == 1
    assert [found.at for found, _ in desk.queued()] == [NOON + SECOND]


def test_service_messages_go_by_a_queue_of_their_own_also_where_the_other_is_out_of_reach() -> None:
    """M23."""
    desk, code = Desk(OutOfReach()), planned(due_at=NOON)
    assert desk.announce(record(due(0)), record(code)) == 1
    ((body, delay),) = desk.service.messages
    assert (read_message(body), delay) == (DueMessage(code.id, NOON, is_service=True), 0)
    assert len(desk.failures) == 1

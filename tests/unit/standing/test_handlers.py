"""The functions `queue_due` and `book_due`, fed with the events that `events/` holds."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import EPOCH, to_instant
from huitou.platform.table import Table
from huitou.points.decisions import Decision
from huitou.points.store import TableWallets
from huitou.points.wallet import Entry, Lot, open_wallet
from huitou.standing.messages import DuePosition, DueRefund, DueWallet, read_message, write_message
from tests.builders import document
from tests.contract.targets import REGION
from tests.serving import MEI, Event, both_tables, publish, sample

LIN = MemberId("01JNSM4D2QK7B3M9E6VH8T5RWC")
"""The other member of the sample event."""
NOW = to_instant(datetime.now(UTC))
HOUR = timedelta(hours=1)


def delivery(*bodies: str) -> Event:
    """The sample delivery, with these messages."""
    (record, *_) = sample("book_due")["Records"]
    return {"Records": [{**record, "messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]}


def message(member: MemberId, currency: str = "points", at: datetime = NOW - HOUR) -> str:
    return write_message(DueWallet(member, currency, at))


@dataclass
class Context:
    """What the Lambda service tells a function of its time."""

    left: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.left


class Stack:
    """Empty tables, a published programme and a queue; the functions as the Lambda service runs them."""

    def __init__(self, queue_url: str) -> None:
        self.table = Table("members", REGION)
        self.wallets = TableWallets(self.table)
        self._sqs: Any = boto3.client("sqs", region_name=REGION)
        self._queue_url = queue_url
        self.restart()

    def restart(self) -> None:
        """New processes, which remember nothing."""
        self._queue_due = importlib.reload(importlib.import_module("functions.queue_due.handler"))
        self._book_due = importlib.reload(importlib.import_module("functions.book_due.handler"))

    def hold(self, member: MemberId, *, ends: datetime, points: int = 100, currency: str = "points") -> None:
        """Gives a member points that end at ``ends``."""
        wallet = open_wallet(member, currency, EPOCH)
        lot = Lot(number=1, remaining=points, active_at=EPOCH, expires_at=ends, issuer="maru")
        stored = replace(wallet, version=1, lots=(lot,), next_lot=2)
        self.table.commit(self.wallets.save(wallet, Decision(stored, ())))

    def tick(self, left: int = 60_000) -> None:
        self._queue_due.handler(sample("queue_due"), Context(left))

    def book(self, delivered: Event) -> list[str]:
        """The messages that failed."""
        answer = self._book_due.handler(delivered, Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def queued(self) -> list[str]:
        """Takes what is in the queue."""
        bodies: list[str] = []
        while True:
            taken = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10).get("Messages", [])
            bodies += [each["Body"] for each in taken]
            if not taken:
                return bodies

    def delayed(self) -> int:
        """How many messages the queue holds back."""
        name = "ApproximateNumberOfMessagesDelayed"
        answer = self._sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=[name])
        return int(answer["Attributes"][name])

    def entries(self, member: MemberId) -> list[Entry]:
        return list(self.wallets.entries(member, "points").items)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with both_tables():
        sqs: Any = boto3.client("sqs", region_name=REGION)
        queue_url = sqs.create_queue(QueueName="due")["QueueUrl"]
        monkeypatch.setenv("HUITOU_DUE_QUEUE_URL", queue_url)
        monkeypatch.setenv("HUITOU_MESSAGES_QUEUE_URL", sqs.create_queue(QueueName="messages")["QueueUrl"])
        monkeypatch.setenv("HUITOU_SERVICE_QUEUE_URL", sqs.create_queue(QueueName="service-messages")["QueueUrl"])
        publish(document())
        yield Stack(queue_url)


def members_of(bodies: list[str]) -> set[MemberId]:
    dues = map(read_message, bodies)
    return {due.member for due in dues if isinstance(due, DueWallet)}


def test_a_tick_queues_who_is_due_and_nobody_else(stack: Stack) -> None:
    """M17"""
    stack.hold(MEI, ends=NOW - HOUR)
    stack.hold(LIN, ends=NOW + HOUR)
    stack.tick()
    assert (stack.queued(), stack.delayed()) == ([message(MEI)], 0)


def test_a_tick_queues_what_is_about_to_fall_due_for_its_instant(stack: Stack) -> None:
    """M17"""
    stack.hold(MEI, ends=to_instant(datetime.now(UTC)) + timedelta(seconds=100))
    stack.tick()
    assert (stack.queued(), stack.delayed()) == ([], 1)


def test_a_process_that_ticks_after_another_knows_what_was_queued(stack: Stack) -> None:
    """M17: by the watermarks in the program table."""
    stack.hold(MEI, ends=to_instant(datetime.now(UTC)) + timedelta(seconds=100))
    stack.tick()
    stack.restart()
    stack.tick()
    assert stack.delayed() == 1


def test_a_tick_sends_more_than_one_batch(stack: Stack) -> None:
    members = {MemberId(f"01JNSM3VF0R6T8C1W5PJ4X{number:04d}") for number in range(25)}
    for member in members:
        stack.hold(member, ends=NOW - HOUR)
    stack.tick()
    assert members_of(stack.queued()) == members


def test_a_tick_without_time_leaves_everything_to_the_next(stack: Stack) -> None:
    stack.hold(MEI, ends=NOW - HOUR)
    stack.tick(left=5_000)
    assert stack.queued() == []
    stack.tick()
    assert stack.queued() == [message(MEI)]


def test_what_was_queued_and_booked_is_not_queued_again(stack: Stack) -> None:
    """The whole round: due, queued, booked, out of the index."""
    stack.hold(MEI, ends=NOW - HOUR)
    stack.tick()
    assert stack.book(delivery(*stack.queued())) == []
    stack.tick()
    assert stack.queued() == []


def test_the_sample_delivery_books_what_has_ended(stack: Stack) -> None:
    """E5: the entry counts from the end itself, however late it is booked."""
    stack.hold(MEI, ends=NOW - HOUR)
    stack.hold(LIN, ends=NOW - 2 * HOUR, points=7)
    assert stack.book(sample("book_due")) == []
    (mei,), (lin,) = stack.entries(MEI), stack.entries(LIN)
    assert (mei.type, mei.amount, mei.effective_at, mei.cause.type) == ("expire", -100, NOW - HOUR, "clock")
    assert (lin.amount, lin.effective_at) == (-7, NOW - 2 * HOUR)


def test_the_sample_delivery_shows_all_that_falls_due() -> None:
    dues = [read_message(record["body"]) for record in sample("book_due")["Records"]]
    assert {type(due) for due in dues} == {DueWallet, DuePosition, DueRefund}


def test_five_deliveries_are_as_good_as_one(stack: Stack) -> None:
    """E21: in one batch, or one after another."""
    stack.hold(MEI, ends=NOW - HOUR)
    for _ in range(5):
        assert stack.book(delivery(*[message(MEI)] * 5)) == []
    assert [entry.amount for entry in stack.entries(MEI)] == [-100]


def test_a_message_that_comes_before_its_instant_goes_back_until_then(stack: Stack) -> None:
    """M17: nothing is booked early, and nothing is forgotten."""
    stack.hold(MEI, ends=NOW + HOUR)
    assert stack.book(delivery(message(MEI, at=NOW + HOUR))) == []
    assert (stack.entries(MEI), stack.queued(), stack.delayed()) == ([], [], 1)


def test_what_a_message_is_about_may_have_moved_to_later(stack: Stack) -> None:
    """M17: then another message comes for it."""
    stack.hold(MEI, ends=NOW + HOUR)
    assert stack.book(delivery(message(MEI))) == []
    assert (stack.entries(MEI), stack.queued()) == ([], [])


def test_a_position_that_falls_due_finds_all_points_of_that_instant_booked(stack: Stack) -> None:
    """E22: points end before the member is looked at anew."""
    stack.hold(MEI, ends=NOW - HOUR)
    stack.hold(MEI, ends=NOW + HOUR, currency="beans")
    assert stack.book(delivery(write_message(DuePosition(MEI, NOW - HOUR)))) == []
    assert [entry.amount for entry in stack.entries(MEI)] == [-100]


@pytest.mark.parametrize(
    "poison",
    ["", "{}", "[]", message(MEI, currency="withdrawn")],
    ids=["empty", "an object", "a list", "unknown points"],
)
def test_a_poisoned_message_neither_stops_nor_repeats_its_neighbours(stack: Stack, poison: str) -> None:
    """E21, E28"""
    stack.hold(MEI, ends=NOW - HOUR)
    stack.hold(LIN, ends=NOW - HOUR)
    assert stack.book(delivery(message(MEI), poison, message(LIN))) == ["m1"]
    assert [len(stack.entries(member)) for member in (MEI, LIN)] == [1, 1]


def test_a_wallet_that_nobody_has_is_no_poison(stack: Stack) -> None:
    assert stack.book(delivery(message(MEI))) == []


def test_what_was_done_is_counted_and_what_failed_is_logged_without_its_content(
    stack: Stack, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """E25"""
    stack.hold(MEI, ends=NOW - HOUR)
    stack.tick()
    stack.book(delivery(*stack.queued(), '{"phone": "0912345678"'))
    metrics = capsys.readouterr().out.replace(" ", "")
    for figure in ('"DueQueued":[1', '"DueBooked":[1', '"PointsExpired":[100', '"DueFailed":[1'):
        assert figure in metrics
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "UnreadableMessageError" in logged
    assert "0912345678" not in logged

"""The ways of a message to those who send it, over the functions: stream, clock, queue and provider (M17, M23)."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from huitou.channels.reasons import SUSPENDED
from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import StaleReadError
from huitou.kernel.instants import to_instant
from huitou.members.model import Profile
from huitou.outbox.decisions import claim
from huitou.outbox.model import MessageState, OutboxMessage
from huitou.outbox.store import MessageItem, TableOutbox, message_item
from huitou.platform import keys
from huitou.platform.secrets import MINUTES
from huitou.platform.table import Table
from huitou.standing.messages import DueMessage, read_message, write_message
from huitou.templates.model import TemplateKind
from huitou.unsubscribing.links import UnsubscribeLinks, reader
from tests.contract.targets import REGION
from tests.outbox import planned
from tests.serving import LINK_SECRET, MEI, Queues, enrol, publish, sample, senders
from tests.templates import speaking, template, text

HOUR = timedelta(hours=1)
RECEIPT = template(id="receipt", kind="service", texts=[text(sms=None, line=None)])


class Context:
    """What the Lambda service tells a function of its time."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Stack:
    """Mei with a mailbox, a programme that says something, and the functions; ``now`` is when the test began."""

    def __init__(self, queues: Queues) -> None:
        self._sqs: Any = boto3.client("sqs", region_name=REGION)
        self.queues = queues
        self.now = to_instant(datetime.now(UTC))
        publish(speaking(RECEIPT))
        names = ("queue_due", "react_to_changes", "dispatch_messages")
        self.functions: dict[str, Any] = {
            name: importlib.reload(importlib.import_module(f"functions.{name}.handler")) for name in names
        }
        self.table = Table("members", REGION)
        programs = self.functions["dispatch_messages"].programs
        enrol(
            MEI, "0912-345-678", self.table, programs, self.now - HOUR, profile=Profile(contact_email="mei@example.com")
        )

    def plan(self, at: datetime) -> OutboxMessage:
        named = planned().id._replace(member=MEI)
        message = planned(id=named, template="receipt", planned_at=at, expires_at=at + HOUR, due_at=at)
        self.table.commit(TableOutbox(self.table).add(message))
        return message

    def kept(self, message: OutboxMessage) -> OutboxMessage:
        found = TableOutbox(self.table).load(message.id)
        assert found is not None
        return found

    def react(self, message: OutboxMessage) -> Any:
        """The stream tells of the new message."""
        image = message_item(message).serialize()
        keys = {name: image[name] for name in ("pk", "sk")}
        (record, *_) = sample("react_to_changes")["Records"]
        change = {**record["dynamodb"], "Keys": keys, "NewImage": image}
        records = [{**record, "eventName": "INSERT", "dynamodb": change}]
        return self.functions["react_to_changes"].handler({"Records": records}, None)

    def queued(self, queue: str = "") -> list[DueMessage]:
        """What is in a queue, that of service messages; `held_back` is how many it holds back."""
        queue = queue or self.queues.service
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        told = self._sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        bodies = self._sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", ())
        found = [read_message(each["Body"]) for each in bodies]
        assert all(isinstance(each, DueMessage) for each in found)
        self.held_back = int(told[names[1]])
        return found  # type: ignore[return-value]

    def link(self) -> str:
        """The last part of one that says no, as it would be sent now."""
        links: UnsubscribeLinks = self.functions["dispatch_messages"].links
        return links.link(MEI, "maru", MessageChannel.EMAIL, "marketing", str(planned().id)).rpartition("/")[2]

    def dispatch(self, *bodies: str) -> list[str]:
        """The messages of the queue that failed."""
        (record,) = sample("dispatch_messages")["Records"]
        records = [{**record, "messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]
        answer = self.functions["dispatch_messages"].handler({"Records": records}, None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with senders() as queues:
        monkeypatch.setenv("HUITOU_MARKETING_PACE", '{"email": 0.5}')
        yield Stack(queues)


def test_a_new_message_that_is_due_goes_to_the_queue_by_the_stream(stack: Stack) -> None:
    message = stack.plan(stack.now)
    assert stack.react(message) == {"batchItemFailures": []}
    assert stack.queued() == [message.due]


def test_one_that_is_due_soon_is_held_back_and_a_later_one_left_to_the_clock(stack: Stack) -> None:
    stack.react(stack.plan(to_instant(datetime.now(UTC)) + timedelta(seconds=100)))
    assert (stack.queued(), stack.held_back) == ([], 1)
    stack.react(planned(due_at=stack.now + HOUR))
    assert (stack.queued(), stack.held_back) == ([], 1)


def test_the_clock_finds_what_the_stream_has_missed(stack: Stack) -> None:
    """M17: it goes to its queue and to no other."""
    message = stack.plan(stack.now)
    stack.functions["queue_due"].handler(sample("queue_due"), Context())
    assert (stack.queued(), stack.queued(stack.queues.marketing)) == ([message.due], [])


def test_marketing_goes_to_a_queue_of_its_own(stack: Stack) -> None:
    """M23: so that no service message ever waits behind it."""
    news = planned(TemplateKind.MARKETING, due_at=stack.now)
    stack.react(news)
    assert (stack.queued(), stack.queued(stack.queues.marketing)) == ([], [news.due])


def test_what_the_clock_queued_before_there_were_two_queues_is_sent(stack: Stack) -> None:
    """From whichever queue it comes."""
    message = stack.plan(stack.now)
    (_, due_sk) = keys.due(MEI, stack.now)
    actions = [MessageItem.due_sk.set(due_sk)]
    key = keys.message(*message.id)
    stack.table.commit([stack.table.update(MessageItem, *key, actions, refused=StaleReadError(""))])
    stack.functions["queue_due"].handler(sample("queue_due"), Context())
    (queued,) = stack.queued(stack.queues.marketing)
    assert stack.dispatch(write_message(queued)) == []
    assert stack.kept(message).state is MessageState.ACCEPTED


def test_marketing_that_was_handed_over_keeps_its_worker_and_nothing_else_does(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M23: so long that all workers together stay below what the provider takes."""
    worker, slept = stack.functions["dispatch_messages"], list[float]()
    monkeypatch.setattr(worker, "sleep", slept.append)
    monkeypatch.setattr(worker, "now", lambda: stack.now + timedelta(seconds=0.1))
    waits = planned(TemplateKind.MARKETING)
    tried = claim(waits, MessageChannel.EMAIL, "club@huitou.example", stack.now)
    for message in (waits, tried, replace(tried, kind=TemplateKind.SERVICE)):
        worker.keep_pace(message, stack.now)
    worker.keep_pace(tried, stack.now + timedelta(milliseconds=1))  # by an attempt before this one
    assert slept == [0.4]


def test_what_is_due_is_sent_once_however_often_it_is_delivered(stack: Stack) -> None:
    """E21."""
    message = stack.plan(stack.now)
    body = write_message(DueMessage(message.id, stack.now))
    assert stack.dispatch(body, body, body) == []
    kept = stack.kept(message)
    assert (kept.state, kept.attempts) == (MessageState.ACCEPTED, 1)
    assert kept.provider_id


def test_what_comes_before_its_instant_is_carried_on(stack: Stack) -> None:
    at = to_instant(datetime.now(UTC)) + timedelta(seconds=100)
    message = stack.plan(at)
    assert stack.dispatch(write_message(DueMessage(message.id, at))) == []
    assert (stack.kept(message).state, stack.queued(), stack.held_back) == (MessageState.PLANNED, [], 1)


def test_one_that_nobody_can_read_does_not_stop_the_others(stack: Stack) -> None:
    """E28; the sample is about somebody who is not there."""
    message = stack.plan(stack.now)
    bodies = ["{}", write_message(DueMessage(message.id, stack.now)), '{"due_at": "x"}']
    assert stack.dispatch(*bodies) == ["m0", "m2"]
    assert stack.kept(message).state is MessageState.ACCEPTED
    assert stack.functions["dispatch_messages"].handler(sample("dispatch_messages"), None) == {"batchItemFailures": []}


def test_an_account_that_is_turned_away_is_counted_and_logged(
    stack: Stack, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """M37: nothing reaches a dead-letter queue; an alarm looks at this figure. No address is in the log."""
    carrier: Any = stack.functions["dispatch_messages"].dispatcher._providers(MessageChannel.EMAIL)
    carrier.hand_over = lambda _: SUSPENDED
    message = stack.plan(stack.now)
    assert stack.dispatch(write_message(DueMessage(message.id, stack.now))) == []
    assert stack.kept(message).reason == "account_suspended"
    counted = capsys.readouterr().out.replace(" ", "")
    assert '"AccountRefusals":[1.0]' in counted
    assert "MessagesGivenUp" not in counted
    (line,) = caplog.records
    assert (line.message, vars(line)["code"]) == ("refused", "account_suspended")
    assert vars(line)["message_id"] == str(message.id)
    assert "mei@example.com" not in str(vars(line))


def test_one_that_nobody_sent_in_time_is_counted_as_given_up(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """M37."""
    message = stack.plan(stack.now - 2 * HOUR)
    assert stack.dispatch(write_message(DueMessage(message.id, stack.now))) == []
    assert stack.kept(message).reason == "too_late"
    assert '"MessagesGivenUp":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_links_are_signed_with_a_new_key_five_minutes_after_it_is_there(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M25: without a deployment, as docs/messages.md says."""
    now = 1000.0 * 60 * MINUTES
    monkeypatch.setattr(time, "time", lambda: now)
    old, new = LINK_SECRET, '{"current": "2", "2": "a new one"}'
    assert reader(lambda: old)(stack.link())
    boto3.client("secretsmanager", region_name=REGION).put_secret_value(SecretId="link", SecretString=new)

    now += 60 * MINUTES - 1
    assert reader(lambda: old)(stack.link())
    now += 1
    assert reader(lambda: new)(stack.link())

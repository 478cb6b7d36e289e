"""What stands behind the API: looked at where no call shows what a test has to know."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from cli.invoke import call
from cli.local_stack import REGION, LocalStack
from cli.redrive import Queue, dead_letters_of
from huitou.kernel.instants import format_instant
from huitou.kernel.pages import Page, all_items
from huitou.platform.keys import DUE_INDEX, LISTED_PREFIX, POSITION, QUARTER_PREFIX, WALLET_HEAD
from huitou.platform.program_keys import CLOCK
from huitou.platform.table import Table
from huitou.points.store import WalletItem
from huitou.purchases.store import TableMemberStates
from huitou.segments.store import TableMemberLists
from huitou.standing.listed import Listed
from tests.e2e.shell import huitou
from tests.files import EVENTS

Items = dict[tuple[str, str], Mapping[str, Any]]


class Platform:
    """The deployed tables, queues, functions and logs."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        outputs = stack.outputs()
        self.members_table = outputs["MembersTable"]
        self.program_table = outputs["ProgramTable"]
        self._dynamodb = stack.client("dynamodb")
        self._logs = stack.client("logs")
        self._sqs = stack.client("sqs")
        self._due_queue = outputs[Queue.DUE.output]

    def table(self) -> Table:
        """The members table, as the functions use it."""
        return Table(self.members_table, REGION, self.stack.endpoint)

    def states(self) -> TableMemberStates:
        """What is kept of members, where they stand among it."""
        return TableMemberStates(self.table())

    def items(self) -> Items:
        """Everything in both tables."""
        return {**self._items_of(self.members_table), **self._items_of(self.program_table)}

    def items_about(self, member: str) -> Items:
        """Everything in the members table that names the member."""
        return {key: item for key, item in self._items_of(self.members_table).items() if member in str(item)}

    def stands_nowhere(self, member: str) -> bool:
        """Whether nothing is kept any more of where the member stood."""
        return not any(sk.startswith((POSITION, LISTED_PREFIX)) for _, sk in self.items_about(member))

    def restore(self, member: str, items: Items) -> None:
        """Makes these everything about the member, as a table that is restored from a backup has it."""
        for pk, sk in self.items_about(member):
            self._dynamodb.delete_item(TableName=self.members_table, Key={"pk": {"S": pk}, "sk": {"S": sk}})
        for item in items.values():
            self._dynamodb.put_item(TableName=self.members_table, Item=item)

    @contextmanager
    def unchanged(self, *, but: str = CLOCK) -> Iterator[None]:
        """Fails if anything that somebody said is other than before; partitions that begin with ``but`` aside."""
        before = self._told(but)
        yield
        after = self._told(but)
        assert [key for key in after if key not in before] == [], "written"
        assert [key for key, item in before.items() if after.get(key) != item] == [], "changed"

    def rests(self) -> bool:
        """Whether what was asked for before has had all its effects: two looks, a second apart, see the same."""
        before = self.items()
        time.sleep(1)
        return self.items() == before

    def _told(self, but: str) -> Items:
        """Without what follows from it a moment later: positions, lists, packs, and how far a tick has come."""
        return {
            (pk, sk): _unpacked(item) if sk.endswith(WALLET_HEAD) else item
            for (pk, sk), item in self.items().items()
            if not pk.startswith((but, CLOCK)) and not sk.startswith((POSITION, LISTED_PREFIX, QUARTER_PREFIX))
        }

    def tick(self) -> None:
        """Invokes the scheduled function with the scheduler's event."""
        call(self.stack, "queue_due", json.loads((EVENTS / "queue_due.json").read_text()))

    def due(self) -> set[tuple[str, str]]:
        """The keys of everything in the due index."""
        items = self._pages(self._dynamodb, "scan", "Items", TableName=self.members_table, IndexName=DUE_INDEX)
        return {(item["pk"]["S"], item["sk"]["S"]) for item in items}

    def listed(self, segment: str) -> dict[str, str]:
        """Who is in a segment by its index, and since when."""
        lists = TableMemberLists(self.table())
        shards = (partial(_entries, lists, segment, shard) for shard in range(lists.shards))
        return {each.member: format_instant(each.since) for shard in shards for each in all_items(shard)}

    def wake(self, member: str, currency: str, at: datetime) -> None:
        """Lets a wallet fall due at ``at``, whatever its points say."""
        self._dynamodb.update_item(
            TableName=self.members_table,
            Key={"pk": {"S": f"M#{member}"}, "sk": {"S": f"WALLET#{currency}#HEAD"}},
            UpdateExpression="SET due_sk = :at",
            ExpressionAttributeValues={":at": {"S": format_instant(at)}},
        )

    def queue(self, messages: Sequence[str]) -> None:
        """Puts messages into the due queue, in one call."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(messages)]
        assert not self._sqs.send_message_batch(QueueUrl=self._due_queue, Entries=entries).get("Failed")

    def queue_is_empty(self, queue: Queue = Queue.DUE) -> bool:
        """Whether all messages of a queue are done with."""
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.stack.outputs()[queue.output]
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)
        return all(answer["Attributes"][count] == "0" for count in counts)

    def stop_imports(self) -> None:
        """What an operator does to executions that go on."""
        states = self.stack.client("stepfunctions")
        for machine in states.list_state_machines()["stateMachines"]:
            going_on = {"stateMachineArn": machine["stateMachineArn"], "statusFilter": "RUNNING"}
            for execution in states.list_executions(**going_on)["executions"]:
                states.stop_execution(executionArn=execution["executionArn"])

    @contextmanager
    def impatient_queue(self) -> Iterator[None]:
        """The due queue tries again after a second instead of six minutes."""
        as_deployed = self._sqs.get_queue_attributes(QueueUrl=self._due_queue, AttributeNames=["VisibilityTimeout"])
        self._sqs.set_queue_attributes(QueueUrl=self._due_queue, Attributes={"VisibilityTimeout": "1"})
        yield
        self._sqs.set_queue_attributes(QueueUrl=self._due_queue, Attributes=as_deployed["Attributes"])

    @contextmanager
    def told(self, function: str, variables: Mapping[str, str]) -> Iterator[None]:
        """Beside what the function is told by its environment, it is told this."""
        functions, named = self.stack.client("lambda"), f"huitou-local-{function}"
        as_deployed = functions.get_function_configuration(FunctionName=named)["Environment"]
        more = {"Variables": {**as_deployed["Variables"], **variables}}
        functions.update_function_configuration(FunctionName=named, Environment=more)
        yield
        functions.update_function_configuration(FunctionName=named, Environment=as_deployed)

    def dead_letters(self, queue: Queue = Queue.DUE) -> list[str]:
        """The messages that nobody could handle."""
        asked = {"MaxNumberOfMessages": 10, "VisibilityTimeout": 0}
        answer = self._sqs.receive_message(QueueUrl=self._dead_letters_of(queue), **asked)
        return [message["Body"] for message in answer.get("Messages", ())]

    def give_up(self, queue: Queue, body: str) -> None:
        """Puts a message where it would be after five attempts that failed."""
        self._sqs.send_message(QueueUrl=self._dead_letters_of(queue), MessageBody=body)

    def redrive(self, queue: Queue) -> str:
        """What the command says."""
        return huitou({"HUITOU_LOCAL": self.stack.folder}, "redrive", queue)

    def _dead_letters_of(self, queue: Queue) -> str:
        return dead_letters_of(self._sqs, self.stack.outputs()[queue.output])

    def log_lines(self) -> dict[str, list[str]]:
        """All that was logged, by log group."""
        groups = self._pages(self._logs, "describe_log_groups", "logGroups")
        return {name: self._lines(name) for name in (group["logGroupName"] for group in groups)}

    def _lines(self, group: str) -> list[str]:
        events = self._pages(self._logs, "filter_log_events", "events", logGroupName=group)
        return [str(event["message"]) for event in events]

    def _items_of(self, table: str) -> Items:
        items = self._pages(self._dynamodb, "scan", "Items", TableName=table, ConsistentRead=True)
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in items}

    @staticmethod
    def _pages(client: Any, operation: str, field: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        for page in client.get_paginator(operation).paginate(**arguments):
            yield from page.get(field, ())


def _unpacked(head: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in head.items() if name != WalletItem.packed_until.attr_name}


def _entries(lists: TableMemberLists, segment: str, shard: int, after: str | None) -> Page[Listed]:
    return lists.entries(segment, shard, after=after, limit=100)


def eventually(holds: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True

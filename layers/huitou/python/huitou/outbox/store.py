"""Messages in DynamoDB: each is one item among what is its member's, and in the due index until its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, UnicodeAttribute

from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId, OwnedId
from huitou.kernel.instants import from_millis, parse_instant, to_millis
from huitou.kernel.pages import Page
from huitou.kernel.streams import Record
from huitou.outbox.model import Cause, MessageState, OutboxMessage, Step
from huitou.platform import keys
from huitou.platform.attributes import ChoiceAttribute, InstantAttribute, IntegerAttribute
from huitou.platform.members_pages import newest_of
from huitou.platform.streams import image
from huitou.platform.table import Item, Table
from huitou.program.model import BrandId
from huitou.standing.messages import DueMessage
from huitou.templates.model import TemplateKind


class MessageItem(Item):
    """A message, without an address, and without words but where its links lead."""

    template = UnicodeAttribute()
    program_version = IntegerAttribute()
    kind = ChoiceAttribute(TemplateKind)
    brand = UnicodeAttribute()
    channels = JSONAttribute()
    purpose = UnicodeAttribute(null=True)
    command = UnicodeAttribute()
    asked = JSONAttribute()
    planned_at = InstantAttribute()
    expires_at = InstantAttribute()
    history = JSONAttribute()
    client_reference = UnicodeAttribute(null=True)
    journey = JSONAttribute(null=True)
    priority = IntegerAttribute(null=True)
    coupon = UnicodeAttribute(null=True)
    is_code = BooleanAttribute(null=True)
    is_trial = BooleanAttribute(null=True)
    proves = UnicodeAttribute(null=True)
    version = IntegerAttribute()
    attempts = IntegerAttribute()
    turned_away = IntegerAttribute(null=True)
    closed = JSONAttribute(null=True)
    is_doubtful = BooleanAttribute(null=True)
    provider_id = UnicodeAttribute(null=True)
    sms_parts = IntegerAttribute(null=True)
    targets = JSONAttribute(null=True)
    first_opened_at = InstantAttribute(null=True)
    opens = IntegerAttribute(null=True)
    due_pk = UnicodeAttribute(null=True)
    due_sk = UnicodeAttribute(null=True)


class OrderedItem(Item):
    """Which message a call has made: its marker against a repetition (E14)."""

    message = UnicodeAttribute()
    member = UnicodeAttribute()


class TableOutbox:
    """`OutboxStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, message: OwnedId) -> OutboxMessage | None:
        item = self._table.get(MessageItem, *keys.message(*message))
        return message_in(item) if item else None

    def find(self, command: Digest) -> OutboxMessage | None:
        item = self._table.get(OrderedItem, *keys.command(command))
        return self.load(OwnedId(MemberId(item.member), item.message)) if item else None

    def add(self, message: OutboxMessage) -> list[Write]:
        taken = StaleReadError("The key was used meanwhile.")
        added = self._table.put(message_item(message), condition=MessageItem.pk.does_not_exist(), refused=taken)
        if message.cause:
            return [added]
        marker = OrderedItem(*keys.command(message.command), message=message.id.key, member=message.id.member)
        return [added, self._table.put(marker, condition=OrderedItem.pk.does_not_exist(), refused=taken)]

    def save(self, before: OutboxMessage, after: OutboxMessage) -> Write:
        return self._table.put(
            message_item(after),
            condition=MessageItem.version == before.version,
            refused=StaleReadError("The message went on meanwhile."),
        )

    def open(self, message: OwnedId, now: datetime) -> Write:
        """Nothing needs to be read for it; whoever changes the message at the same time reads it again."""
        actions = [
            MessageItem.version.add(1),
            MessageItem.opens.add(1),
            MessageItem.first_opened_at.set(MessageItem.first_opened_at | now),
        ]
        return self._table.update(
            MessageItem,
            *keys.message(*message),
            actions,
            condition=MessageItem.pk.exists(),
            refused=StaleReadError("The message is gone."),
        )

    def of_members(
        self, members: Sequence[MemberId], brand: BrandId | None, *, after: str | None, limit: int
    ) -> Page[OutboxMessage]:
        def shows(item: MessageItem) -> bool:
            return brand in {None, item.brand}

        page = newest_of(self._table, MessageItem, members, keys.MESSAGE_PREFIX, shows=shows, after=after, limit=limit)
        return Page(tuple(map(message_in, page.items)), page.next_cursor)


def message_item(message: OutboxMessage) -> MessageItem:
    due_pk, due_sk = (None, None)
    if due := message.due:
        due_pk, due_sk = keys.due(message.id.member, due.at, is_service=due.is_service)
    return MessageItem(
        *keys.message(*message.id),
        template=message.template,
        program_version=message.program_version,
        kind=message.kind,
        brand=message.brand,
        channels=list(message.channels),
        purpose=message.purpose,
        command=message.command,
        asked=dict(message.asked),
        planned_at=message.planned_at,
        expires_at=message.expires_at,
        history=[_step_json(step) for step in message.history],
        client_reference=message.client_reference,
        journey=list(message.cause) if message.cause else None,
        priority=message.priority,
        coupon=message.coupon,
        is_code=message.is_code or None,
        is_trial=message.is_trial or None,
        proves=message.proves,
        version=message.version,
        attempts=message.attempts,
        turned_away=message.turned_away or None,
        closed=list(message.closed) or None,
        is_doubtful=message.is_doubtful or None,
        provider_id=message.provider_id,
        sms_parts=message.sms_parts or None,
        targets=list(message.targets) or None,
        first_opened_at=message.first_opened_at,
        opens=message.opens or None,
        due_pk=due_pk,
        due_sk=due_sk,
    )


def message_in(item: MessageItem) -> OutboxMessage:
    """The message that the item holds."""
    return OutboxMessage(
        id=keys.parse_message(item.pk, item.sk),
        template=item.template,
        program_version=item.program_version,
        kind=item.kind,
        brand=item.brand,
        channels=tuple(map(MessageChannel, item.channels)),
        purpose=item.purpose,
        command=Digest(item.command),
        asked=item.asked,
        planned_at=item.planned_at,
        expires_at=item.expires_at,
        history=tuple(_step(*each) for each in item.history),
        due_at=parse_instant(item.due_sk) if item.due_sk else None,
        client_reference=item.client_reference,
        cause=Cause(*item.journey) if item.journey else None,
        priority=item.priority,
        coupon=item.coupon,
        is_code=bool(item.is_code),
        is_trial=bool(item.is_trial),
        proves=Digest(item.proves) if item.proves else None,
        version=item.version,
        attempts=item.attempts,
        turned_away=item.turned_away or 0,
        closed=tuple(map(MessageChannel, item.closed or ())),
        is_doubtful=bool(item.is_doubtful),
        provider_id=item.provider_id,
        sms_parts=item.sms_parts or 0,
        targets=tuple(item.targets or ()),
        first_opened_at=item.first_opened_at,
        opens=item.opens or 0,
    )


def _step_json(step: Step) -> list[Any]:
    return [step.state, to_millis(step.at), step.reason, step.channel, step.sender]


def _step(state: str, at: int, reason: str | None, channel: str | None, sender: str | None) -> Step:
    return Step(MessageState(state), from_millis(at), reason, MessageChannel(channel) if channel else None, sender)


def is_of_message(record: Record) -> bool:
    """Whether the record of the stream is about a message."""
    sort_key: str = record["dynamodb"]["Keys"]["sk"]["S"]
    return sort_key.startswith(keys.MESSAGE_PREFIX)


def due_in(record: Record) -> DueMessage | None:
    """When the message in the record is due. Raises `ValueError` where it lacks what every message has."""
    item = image(record, MessageItem, "New")
    return message_in(item).due if item else None

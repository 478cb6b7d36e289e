"""Commands on points in DynamoDB: each is one item, which is its own idempotency marker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import cast

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.instants import format_instant, parse_instant
from huitou.platform import keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.points.commands import PointsCommand, PointsCommandType


class CommandItem(Item):
    """A command on points."""

    type = UnicodeAttribute()
    member = UnicodeAttribute()
    currency = UnicodeAttribute()
    points = IntegerAttribute()
    brand = UnicodeAttribute()
    store = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    actor = UnicodeAttribute(null=True)
    client_reference = UnicodeAttribute(null=True)
    booked_at = UnicodeAttribute()
    version = IntegerAttribute()
    reversed_version = IntegerAttribute(null=True)
    bill = IntegerAttribute(null=True)
    seconds = IntegerAttribute(null=True)
    ended_version = IntegerAttribute(null=True)
    survivor = UnicodeAttribute(null=True)
    recipient = UnicodeAttribute(null=True)
    target = UnicodeAttribute(null=True)
    arrived_version = IntegerAttribute(null=True)
    message = UnicodeAttribute(null=True)
    entry = UnicodeAttribute(null=True)
    lots = JSONAttribute(null=True)
    identity_of = UnicodeAttribute(null=True)


class TableCommands:
    """`CommandStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, command: Digest) -> PointsCommand | None:
        item = self._table.get(CommandItem, *keys.command(command))
        return command_in(item) if item else None

    def add(self, command: PointsCommand) -> Write:
        return self._table.put(
            _command_item(command),
            condition=CommandItem.pk.does_not_exist(),
            refused=StaleReadError("The key was used meanwhile."),
        )

    def mark_reversed(self, command: PointsCommand, version: int, survivor: MemberId | None = None) -> Write:
        return self._mark(
            replace(command, survivor=survivor), CommandItem.reversed_version, version, "It was reversed meanwhile."
        )

    def mark_ended(self, hold: PointsCommand, version: int, survivor: MemberId | None = None) -> Write:
        return self._mark(
            replace(hold, survivor=survivor), CommandItem.ended_version, version, "The hold ended meanwhile."
        )

    def _mark(self, command: PointsCommand, once: IntegerAttribute, version: int, refusal: str) -> Write:
        whose = [CommandItem.survivor.set(command.survivor)] if command.survivor else []
        return self._table.update(
            CommandItem,
            *keys.command(command.id),
            [once.set(version), *whose],
            condition=CommandItem.pk.exists() & once.does_not_exist(),
            refused=StaleReadError(refusal),
        )


def _command_item(command: PointsCommand) -> CommandItem:
    pk, sk = keys.command(command.id)
    return CommandItem(
        pk,
        sk,
        type=command.type,
        member=command.member,
        currency=command.currency,
        points=command.points,
        brand=command.brand,
        store=command.store,
        reason=command.reason,
        actor=command.actor,
        client_reference=command.client_reference,
        booked_at=format_instant(command.booked_at),
        version=command.version,
        bill=command.bill,
        seconds=int(command.lasts.total_seconds()) if command.lasts else None,
        recipient=command.recipient,
        target=command.target,
        arrived_version=command.arrived_version,
        message=command.message,
        entry=command.entry,
        lots=list(command.lots) or None,
        identity_of=command.identity_of,
    )


def command_in(item: CommandItem) -> PointsCommand:
    return PointsCommand(
        id=Digest(item.pk.removeprefix(keys.COMMAND_PREFIX)),
        type=cast(PointsCommandType, item.type),
        member=MemberId(item.member),
        currency=item.currency,
        points=item.points,
        brand=item.brand,
        store=item.store,
        reason=item.reason,
        actor=item.actor,
        client_reference=item.client_reference,
        booked_at=parse_instant(item.booked_at),
        version=item.version,
        reversed_version=item.reversed_version,
        bill=item.bill,
        lasts=timedelta(seconds=item.seconds) if item.seconds is not None else None,
        ended_version=item.ended_version,
        survivor=MemberId(item.survivor) if item.survivor else None,
        recipient=MemberId(item.recipient) if item.recipient else None,
        target=item.target,
        arrived_version=item.arrived_version,
        message=item.message,
        entry=item.entry,
        lots=tuple(item.lots or ()),
        identity_of=MemberId(item.identity_of) if item.identity_of else None,
    )

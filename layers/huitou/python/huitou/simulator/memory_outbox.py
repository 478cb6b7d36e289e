"""Messages in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId, OwnedId
from huitou.kernel.pages import Page
from huitou.outbox.model import OutboxMessage
from huitou.platform import keys
from huitou.program.model import BrandId
from huitou.simulator.memory import MemoryTable, absent


class MemoryOutbox:
    """`OutboxStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, message: OwnedId) -> OutboxMessage | None:
        return self._table.get(OutboxMessage, *keys.message(*message))

    def find(self, command: Digest) -> OutboxMessage | None:
        named = self._table.get(OwnedId, *keys.command(command))
        return self.load(named) if named else None

    def add(self, message: OutboxMessage) -> list[Write]:
        taken = StaleReadError("The key was used meanwhile.")
        added = self._table.put(*keys.message(*message.id), message, refused=taken, when=absent)
        if message.cause:
            return [added]
        return [added, self._table.put(*keys.command(message.command), message.id, refused=taken, when=absent)]

    def save(self, before: OutboxMessage, after: OutboxMessage) -> Write:
        refused = StaleReadError("The message went on meanwhile.")
        return self._table.put(*keys.message(*after.id), after, refused=refused, when=lambda value: value == before)

    def open(self, message: OwnedId, now: datetime) -> Write:
        def opened(before: OutboxMessage) -> OutboxMessage:
            first = before.first_opened_at or now
            return replace(before, version=before.version + 1, opens=before.opens + 1, first_opened_at=first)

        refused = StaleReadError("The message is gone.")
        return self._table.update(
            *keys.message(*message), opened, refused=refused, when=lambda value: value is not None
        )

    def of_members(
        self, members: Sequence[MemberId], brand: BrandId | None, *, after: str | None, limit: int
    ) -> Page[OutboxMessage]:
        def shows(message: OutboxMessage) -> bool:
            return brand in {None, message.brand}

        partitions = map(keys.member, members)
        return self._table.newest_of(
            OutboxMessage, partitions, keys.MESSAGE_PREFIX, shows=shows, after=after, limit=limit
        )

"""The due index and a queue in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from huitou.kernel.instants import format_instant
from huitou.kernel.pages import Page, require_cursor_within
from huitou.platform import keys
from huitou.points.wallet import Wallet
from huitou.simulator.memory import MemoryTable
from huitou.standing.messages import DueWallet


class MemoryDueIndex:
    """`DueIndex` in memory."""

    shards = keys.DUE_SHARDS

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def due(
        self, shard: int, since: datetime, until: datetime, *, after: str | None = None, limit: int
    ) -> Page[DueWallet]:
        between = (format_instant(since), format_instant(until))
        if after is not None:
            require_cursor_within(after.split("\n")[0], "", between)
        found = {
            "\n".join((sk, *keys.wallet(wallet.member, wallet.currency))): DueWallet(wallet.member, wallet.currency, at)
            for wallet in self._table.all(Wallet)
            if (at := wallet.due_at()) is not None
            for pk, sk in [keys.due(wallet.member, at)]
            if pk == keys.due_shard(shard) and between[0] <= sk <= between[1]
        }
        cursors = sorted(cursor for cursor in found if after is None or cursor > after)
        shown = cursors[:limit]
        return Page(tuple(found[cursor] for cursor in shown), shown[-1] if len(cursors) > len(shown) else None)


class MemoryQueue:
    """`Queue` in memory: ``bodies`` is what was sent and not yet taken."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send(self, bodies: Sequence[str]) -> Mapping[str, int]:
        self.bodies.extend(bodies)
        return {}

    def waiting(self) -> int:
        return len(self.bodies)

"""The due index, a queue and the records of standings in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from huitou.campaigns.model import Journey
from huitou.campaigns.occasions import Occasion
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.instants import format_instant
from huitou.kernel.pages import Page, require_cursor_within
from huitou.outbox.model import OutboxMessage
from huitou.platform import keys, program_keys
from huitou.points.wallet import Wallet
from huitou.program.rules import SegmentId
from huitou.purchases.refunds import Refund, RefundStatus
from huitou.simulator.memory import MemoryTable, absent
from huitou.standing.listed import Listed, Listing
from huitou.standing.messages import Due, DueJourney, DueOccasion, DuePosition, DueRefund, DueWallet
from huitou.standing.model import Grant, Record
from huitou.standing.position import Position


class MemoryDueIndex:
    """`DueIndex` in memory."""

    shards = keys.DUE_SHARDS

    def __init__(self, table: MemoryTable) -> None:
        self._table = table
        self._shards: Mapping[str, Mapping[str, Due]] = {}
        self._listed_at: int | None = None

    def due(self, shard: int, since: datetime, until: datetime, *, after: str | None = None, limit: int) -> Page[Due]:
        between = (format_instant(since), format_instant(until))
        if after is not None:
            require_cursor_within(after.split("\n")[0], "", between)
        listed = self._listed(shard)
        found = {cursor: due for cursor, due in listed.items() if between[0] <= cursor.split("\n")[0] <= between[1]}
        cursors = sorted(cursor for cursor in found if after is None or cursor > after)
        shown = cursors[:limit]
        return Page(tuple(found[cursor] for cursor in shown), shown[-1] if len(cursors) > len(shown) else None)

    def _listed(self, shard: int) -> Mapping[str, Due]:
        """By where they stand in the index; looked for when something was written since."""
        commits = self._table.commits
        if self._listed_at != commits:
            shards: dict[str, dict[str, Due]] = defaultdict(dict)
            for owner, key, due in self._entries():
                pk, sk = keys.due(owner, due.at)
                shards[pk]["\n".join((sk, *key))] = due
            self._shards, self._listed_at = shards, commits
        return self._shards.get(keys.due_shard(shard), {})

    def _entries(self) -> Iterator[tuple[str, keys.Key, Due]]:
        """Whatever has a deadline: whose it is, under which key, and what."""
        for wallet in self._table.all(Wallet):
            if at := wallet.due_at():
                key = keys.wallet(wallet.member, wallet.currency)
                yield wallet.member, key, DueWallet(wallet.member, wallet.currency, at)
        for position in self._table.all(Position):
            if at := position.due_at:
                yield position.member, keys.position(position.member), DuePosition(position.member, at)
        for refund in self._table.all(Refund):
            if refund.status is RefundStatus.WAITING:
                yield refund.id, keys.refund(refund.id), DueRefund(refund.id, refund.closes_at)
        yield from self._messages()
        yield from self._journeys()
        yield from self._occasions()

    def _messages(self) -> Iterator[tuple[str, keys.Key, Due]]:
        for message in self._table.all(OutboxMessage):
            if message.due:
                yield message.id.member, keys.message(*message.id), message.due

    def _journeys(self) -> Iterator[tuple[str, keys.Key, Due]]:
        for journey in self._table.all(Journey):
            if journey.due_at:
                named = (journey.id.member, *journey.id.cause)
                yield journey.id.member, keys.journey(*named), DueJourney(*named, journey.due_at)

    def _occasions(self) -> Iterator[tuple[str, keys.Key, Due]]:
        for occasion in self._table.all(Occasion):
            if occasion.due_at:
                key = keys.occasion(*occasion.id)
                yield "#".join(key), key, DueOccasion(*occasion.id, occasion.due_at)


class MemoryQueue:
    """`Queue` in memory: ``messages`` is what was sent and not yet taken, with its delay in seconds."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, int]] = []

    def send(self, messages: Sequence[tuple[str, int]]) -> Mapping[int, str]:
        self.messages.extend(messages)
        return {}

    def waiting(self) -> int:
        return sum(not delay for _, delay in self.messages)


class MemoryWatermarks:
    """`Watermarks` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self) -> Mapping[int, datetime]:
        return self._table.get(dict, *program_keys.watermarks()) or {}

    def save(self, marks: Mapping[int, datetime]) -> Write:
        stale = StaleReadError("Not refused.")
        return self._table.put(*program_keys.watermarks(), dict(marks), refused=stale, when=lambda _: True)


class MemoryStandings:
    """`StandingStore` in memory. A write that was overtaken by any other of the record is refused, and tried again."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, member: MemberId) -> Record:
        return self._table.get(Record, *keys.standing(member)) or Record(member)

    def fold(self, before: Record, after: Record) -> Write:
        current = self._stored(after.member)
        if (current.folds if current else 0) != before.folds:
            current = before  # not the stored one: the write will be refused
        kept = replace(after, grants=current.grants, birthday=current.birthday) if current else after
        return self._put(current, kept)

    def rewrite(self, before: Record, after: Record) -> Write:
        stale = StaleReadError("The standing changed meanwhile.")

        def unchanged(stored: Record | None) -> bool:
            current = stored or Record(before.member)
            return (current.folds, current.grants) == (before.folds, before.grants)

        return self._table.put(*keys.standing(after.member), after, refused=stale, when=unchanged)

    def grant(self, before: Record, grant: Grant) -> list[Write]:
        current = self._stored(before.member)
        if current is not None and current.grants != before.grants:
            current = before
        changed = replace(current or Record(before.member), grants=(*before.grants, grant))
        taken = StaleReadError("The key was used meanwhile.")
        marker = self._table.put(*keys.command(grant.id), (before.member, grant), refused=taken, when=absent)
        return [self._put(current, changed), marker]

    def find_grant(self, grant: Digest) -> tuple[MemberId, Grant] | None:
        return self._table.get(tuple, *keys.command(grant))

    def forget(self, record: Record) -> list[Write]:
        grants = tuple(grant.without_reason for grant in record.grants)
        stale = StaleReadError("The standing changed meanwhile.")
        markers = (
            self._table.put(*keys.command(grant.id), (record.member, grant), refused=stale, when=lambda _: True)
            for grant in grants
            if self.find_grant(grant.id)
        )
        current = self._stored(record.member)
        return [self._put(current, replace(current or record, birthday=None, grants=grants)), *markers]

    def note_profile(self, member: MemberId, version: int, birthday: date | None) -> Write:
        current = self._stored(member)
        day = (birthday.month, birthday.day) if birthday else None
        return self._put(current, replace(current or Record(member), birthday=day, profile=version))

    def _stored(self, member: MemberId) -> Record | None:
        return self._table.get(Record, *keys.standing(member))

    def _put(self, before: Record | None, after: Record) -> Write:
        stale = StaleReadError("The standing changed meanwhile.")
        return self._table.put(*keys.standing(after.member), after, refused=stale, when=lambda stored: stored is before)


class MemoryPositions:
    """`PositionStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def save(self, before: Position | None, after: Listing) -> list[Write]:
        position = after.position
        kept = self._table.put(*keys.position(position.member), position, refused=_moved(), when=_is_kept(before))
        entered = (
            self._table.put(
                *keys.listed(position.member, each.segment),
                Listed(position.member, each.segment, each.since, frozenset(position.joined)),
                refused=_moved(),
                when=lambda _: True,
            )
            for each in after.entered
        )
        return [kept, *entered, *self._off_lists(position.member, after.left)]

    def remove(self, position: Position, left: Sequence[SegmentId]) -> list[Write]:
        gone = self._table.delete(*keys.position(position.member), refused=_moved(), when=_is_kept(position))
        return [gone, *self._off_lists(position.member, left)]

    def _off_lists(self, member: MemberId, left: Sequence[SegmentId]) -> Iterator[Write]:
        for segment in left:
            yield self._table.delete(*keys.listed(member, segment), refused=_moved(), when=lambda _: True)


def _moved() -> StaleReadError:
    return StaleReadError("The position was worked out by somebody else meanwhile.")


def _is_kept(position: Position | None) -> Callable[[Position | None], bool]:
    version = position.version if position else None
    return lambda stored: (stored.version if stored else None) == version

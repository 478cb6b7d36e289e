"""What the clock and the use cases of tiers need from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.pages import Page
from huitou.program.model import BrandId, Program
from huitou.program.rules import SegmentId
from huitou.standing.listed import Listing
from huitou.standing.messages import Due, DueMessage
from huitou.standing.model import Grant, Known, Record
from huitou.standing.position import Position


class DueIndex(Protocol):
    """Whatever time alone will change, by when it does so next. A change shows with a short delay."""

    @property
    def shards(self) -> int:
        """How many parts the index has; each is in the order of time."""
        ...

    def due(self, shard: int, since: datetime, until: datetime, *, after: str | None = None, limit: int) -> Page[Due]:
        """A page of one shard: due from ``since`` to ``until``, both included, the oldest first.

        Raises `UnavailableError`.
        """
        ...


class StandingStore(Protocol):
    """Keeps the records that standings are told from. Reads are consistent."""

    def load(self, member: MemberId) -> Record:
        """The record; an empty one where nothing is kept yet."""
        ...

    def fold(self, before: Record, after: Record) -> Write:
        """Writes what ``after`` has taken in; refused with `StaleReadError` if ``before`` is not the latest."""
        ...

    def rewrite(self, before: Record, after: Record) -> Write:
        """Writes the whole of ``after``, for a merge or its reversal; refused as `fold`, and after a new grant."""
        ...

    def grant(self, before: Record, grant: Grant) -> list[Write]:
        """Adds a grant, once; refused with `StaleReadError` if its id is taken or another came meanwhile."""
        ...

    def find_grant(self, grant: Digest) -> tuple[MemberId, Grant] | None:
        """The grant with this id, and whose it is."""
        ...

    def forget(self, record: Record) -> list[Write]:
        """Destroys what is personal in it (E25): the birthday, and why tiers were given by hand."""
        ...

    def note_profile(self, member: MemberId, version: int, birthday: date | None) -> Write:
        """Keeps which version the member's own record has now, and month and day of the birthday, where sales look."""
        ...


class PositionStore(Protocol):
    """Keeps where members stand, each with its entry in the due index. Reads come with `MemberStates`."""

    def save(self, before: Position | None, after: Listing) -> list[Write]:
        """Writes the position and its moves; refused with `StaleReadError` if ``before`` is not what is kept."""
        ...

    def remove(self, position: Position, left: Sequence[SegmentId]) -> list[Write]:
        """Of somebody who is no member any more, with what is left of them on lists; refused as `save`."""
        ...


class TierPrograms(Protocol):
    """Where published programmes are read, as far as tiers ask."""

    def active(self) -> Program: ...

    def version(self, number: int) -> Program: ...

    def published_at(self, number: int) -> datetime:
        """From when on that version was in force."""
        ...


class Acquaintance(Protocol):
    """Tells what is known of a member."""

    def known(self, member: MemberId, brand: BrandId) -> Known:
        """All that counts about the member. Raises `MemberNotFoundError`, also for one ``brand`` may not see (E31)."""
        ...

    def are_one(self, member: MemberId, other: MemberId) -> bool:
        """Whether the two are one person, also by an alias (E15)."""
        ...


class Queue(Protocol):
    """Carries messages to a worker: each at least once, in any order, as a rule not before its delay is over."""

    def send(self, messages: Sequence[tuple[str, int]]) -> Mapping[int, str]:
        """Sends what it can: bodies, each to be delivered so many seconds later.

        Answers which were refused, by their place in ``messages``, with the queue's own code.
        """
        ...

    def waiting(self) -> int:
        """About how many messages no worker has taken yet, without those that are delayed."""
        ...


class Outboxes(NamedTuple):
    """The queues of messages to members. What they have to know, or asked for, never waits behind marketing (M23)."""

    marketing: Queue
    service: Queue

    def of(self, due: DueMessage) -> Queue:
        """Where it goes."""
        return self.service if due.is_service else self.marketing


class Watermarks(Protocol):
    """Keeps up to which instant a shard of the due index has been queued, for the process that ticks next."""

    def load(self) -> Mapping[int, datetime]:
        """By shard. Raises `UnavailableError`."""
        ...

    def save(self, marks: Mapping[int, datetime]) -> Write: ...

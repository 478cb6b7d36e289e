"""What the use cases of segments need from outside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from huitou.kernel.ids import MemberId
from huitou.kernel.pages import Page
from huitou.members.model import Member
from huitou.program.model import BrandId, Program
from huitou.program.rules import SegmentId
from huitou.program.versions import ProgramVersion
from huitou.purchases.model import Purchase, Visit
from huitou.segments.facts import Insights
from huitou.standing.listed import Listed


class Deeds(Protocol):
    """What members did, in the order of time, from ``since`` on (None: from the beginning). Reads are consistent."""

    def purchases_since(self, member: MemberId, since: datetime | None) -> Iterable[Purchase]: ...

    def visits_since(self, member: MemberId, since: datetime | None) -> Iterable[Visit]: ...


class Profiles(Protocol):
    """Where records of members are read."""

    def load(self, member: MemberId) -> Member | None: ...


class PublishedPrograms(Protocol):
    """Where programmes are read, also as they were written."""

    def active(self) -> Program: ...

    def published(self, number: int) -> ProgramVersion: ...


class MemberLists(Protocol):
    """Who is in which segment: an index, in which a change shows with a short delay."""

    @property
    def shards(self) -> int:
        """How many parts each list has; each is in the order of entering."""
        ...

    def entries(self, segment: SegmentId, shard: int, *, after: str | None, limit: int) -> Page[Listed]: ...

    def count(
        self, segment: SegmentId, shard: int, *, joined: BrandId | None, after: str | None
    ) -> tuple[int, str | None]:
        """How many a page of the index holds, which is thousands, and where the next one begins.

        Those who have joined a brand; None: all. Nobody is read for it.
        """
        ...


class InsightSource(Protocol):
    """What is known of all members together."""

    def insights(self, at_least: int = 0) -> Insights:
        """Not of an earlier version than ``at_least``, if there is one; else they may be a little behind."""
        ...

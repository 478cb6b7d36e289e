"""What the use cases of segments need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import Page
from huitou.points.wallet import Wallet
from huitou.program.model import BrandId, CurrencyId, Program
from huitou.program.rules import SegmentId
from huitou.purchases.ports import MemberSegments
from huitou.segments.facts import Facts, Insights
from huitou.segments.packs import Kept, Packing
from huitou.standing.listed import Listed
from huitou.standing.position import Position


class Deeds(Protocol):
    """Keeps what members did. Reads are consistent."""

    def read(self, member: MemberId, since: datetime | None, packed_until: datetime | None) -> Kept:
        """What is kept from ``since`` on (None: from the beginning): packs, and from ``packed_until`` on, loose."""
        ...

    def packed_until(self, member: MemberId, home: CurrencyId) -> datetime | None:
        """What the member's wallet of the home currency says of it: as `Wallet.packed_until`."""
        ...

    def pack(self, wallet: Wallet, packing: Packing) -> list[Write]:
        """Refused with `StaleReadError` if ``wallet``, of the home currency, is not the latest."""
        ...


class Followers(Protocol):
    """What follows from where members stand, and is written together with it."""

    def follow(
        self, before: Position | None, after: Position, facts: Facts, program: Program, now: datetime
    ) -> Sequence[Write]:
        """``after`` was worked out at ``now`` from ``facts``, and takes the place of ``before``."""
        ...


class MemberSample(Protocol):
    """All members in the order of a hash of their ids, of which any first ones are a fair sample. It is an index."""

    @property
    def shards(self) -> int:
        """How many parts it has, one after the other in that order."""
        ...

    def first(self, shard: int, *, after: str | None, limit: int) -> Page[MemberId]: ...

    def count(self, shard: int, after: str | None) -> tuple[int, str | None]:
        """As `MemberLists.count`."""
        ...


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


class InsightVersions(Protocol):
    """What was known of all members together, version by version."""

    def version(self, number: int) -> Insights:
        """Nothing, where there is none: 0 is the version of that."""
        ...


class Judges(MemberSegments, Protocol):
    """Work out which segments a member is in."""

    def by(self, insights: Insights) -> MemberSegments:
        """While these are known of all members together, and nothing later."""
        ...

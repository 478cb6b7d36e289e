"""The segments that a caller may see, how many members each has, and who they are (M16, E31).

It is read off the lists that follow positions, which the stream and the clock keep: what a member did shows here some
seconds later. Whoever must know now asks for the standing of the member. A brand's key is shown the segments of the
group and its own, and of their members those who joined the brand; a segment of another brand is as one that does not
exist.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from huitou.kernel.pages import InvalidCursorError, Page, page_of
from huitou.program.model import GROUP, BrandId
from huitou.program.ports import PublishedPrograms
from huitou.program.predicates import Segment
from huitou.program.rules import SegmentId
from huitou.segments.counting import Count, count
from huitou.segments.errors import SegmentNotFoundError
from huitou.segments.ports import MemberLists
from huitou.standing.listed import Listed

MOST_READS_OF_A_PAGE = 32
"""A brand that few of a segment have joined is answered with a short page before it waits for a long search."""


class Described(NamedTuple):
    """A segment, and what it asks in the words of the programme's document; None for a list."""

    segment: Segment
    when: Mapping[str, Any] | None


class Rosters:
    """The use cases."""

    def __init__(self, lists: MemberLists, programs: PublishedPrograms) -> None:
        self._lists = lists
        self._programs = programs

    def segments(self, brand: BrandId, *, after: str | None, limit: int) -> Page[Described]:
        """A page of those that ``brand`` may see, by id."""
        return page_of(self._described(brand), after=after, limit=limit)

    def segment(self, name: SegmentId, brand: BrandId) -> Described:
        """One of them. Raises `SegmentNotFoundError`."""
        found = self._described(brand).get(name)
        if found is None:
            raise SegmentNotFoundError("No such segment.")
        return found

    def count(self, segment: Segment, brand: BrandId) -> Count:
        """How many members of ``brand`` are in a segment that it may see."""
        joined = None if brand == GROUP else brand

        def read(shard: int, after: str | None) -> tuple[int, str | None]:
            return self._lists.count(segment.id, shard, joined=joined, after=after)

        return count(read, self._lists.shards)

    def members(self, name: SegmentId, brand: BrandId, *, after: str | None, limit: int) -> Page[Listed]:
        """A page of those members: shard by shard, in each the one first who entered first.

        It may be short, or empty, although the list goes on. Raises `SegmentNotFoundError`, `InvalidCursorError`.
        """
        self._require(name, brand)
        shard, inside = self._place(after)
        shown: list[Listed] = []
        for _ in range(MOST_READS_OF_A_PAGE):
            page = self._lists.entries(name, shard, after=inside, limit=limit - len(shown))
            shown += [each for each in page.items if brand == GROUP or brand in each.joined]
            inside = page.next_cursor
            shard += inside is None
            if shard == self._lists.shards:
                return Page(tuple(shown), None)
            if len(shown) == limit:
                break
        return Page(tuple(shown), f"{shard}\n{inside or ''}")

    def _place(self, cursor: str | None) -> tuple[int, str | None]:
        """The shard, and the place in it after which a page begins."""
        if cursor is None:
            return 0, None
        shard, _, inside = cursor.partition("\n")
        if shard not in map(str, range(self._lists.shards)):
            raise InvalidCursorError("The cursor does not belong to this list.")
        return int(shard), inside or None

    def _require(self, name: SegmentId, brand: BrandId) -> None:
        found = self._programs.active().segments.get(name)
        if found is None or not found.is_shown_to(brand):
            raise SegmentNotFoundError("No such segment.")

    def _described(self, brand: BrandId) -> dict[SegmentId, Described]:
        program = self._programs.active()
        written = json.loads(self._programs.published(program.version).document)["segments"]
        asked = {each["id"]: each["when"] for each in written if isinstance(each, dict)}
        return {
            name: Described(segment, asked.get(name))
            for name, segment in program.segments.items()
            if segment.is_shown_to(brand)
        }

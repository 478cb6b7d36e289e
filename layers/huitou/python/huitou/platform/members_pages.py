"""Pages of what several members have: whoever was merged keeps what is theirs in a partition of their own (E15)."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from huitou.kernel.ids import MemberId
from huitou.kernel.pages import Page, all_items
from huitou.platform import keys
from huitou.platform.table import I, Table


def newest_of(
    table: Table,
    kind: type[I],
    members: Sequence[MemberId],
    prefix: str,
    *,
    shows: Callable[[I], bool],
    after: str | None,
    limit: int,
) -> Page[I]:
    """What all of ``members`` have under ``prefix``, in the reverse order of their sort keys; what it ``shows`` only.

    Raises `InvalidCursorError`, `UnavailableError`.
    """

    def newest_first(member: MemberId) -> Iterator[I]:
        def page(cursor: str | None) -> Page[I]:
            partition = keys.member(member)
            return table.query(kind, partition, prefix=prefix, after=cursor, limit=limit + 1, newest_first=True)

        return all_items(page, after)

    items = heapq.merge(*map(newest_first, members), key=lambda item: item.sk, reverse=True)
    found = list(islice(filter(shows, items), limit + 1))
    shown = found[:limit]
    return Page(tuple(shown), shown[-1].sk if len(found) > limit else None)

"""How many members a list has, of which one read tells a part.

Lists are kept in shards, into which members fall by a hash of their id: one shard is as good a sample of the list as
any other. So where a list is too long to count all of it while somebody waits, some shards tell how many there are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

MOST_READS = 100
"""Beyond these no further shard is begun. A read counts some seven thousand members and takes a few hundredths of a
second, so that up to half a million are counted one by one."""

Reading = Callable[[int, str | None], tuple[int, str | None]]
"""How many of a shard one read counts after a place in it, and the place that it came to; None at its end."""


class Count(NamedTuple):
    """So many members; not ``is_exact`` where some shards stand for all."""

    members: int
    is_exact: bool


def count(read: Reading, shards: int, most_reads: int = MOST_READS) -> Count:
    """Whole shards, at least one, until they are all counted or reads are used up."""
    counted, reads = 0, 0
    for shard in range(shards):
        if reads and reads >= most_reads:
            return Count(round(counted * shards / shard), is_exact=False)
        after: str | None = None
        while True:
            found, after = read(shard, after)
            counted, reads = counted + found, reads + 1
            if after is None:
                break
    return Count(counted, is_exact=True)

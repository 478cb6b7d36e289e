"""Which rows have to meet, and in which order.

The idea: a member's rows must be applied one after another, in the order of time, whatever their order in the file;
members are independent and may be applied at once. Rows that name one identity, or one receipt, belong together,
and so do rows that others tie together: a member row with a phone number and a card ties the purchases of both. A
union-find over these names yields **groups**; groups are packed into chunks of about equal size, and a chunk's rows
are sorted as text by a label in front of them. The order is total up to rows that are equal character by
character, so a shuffled file gives the very same order within each group.

All is kept in flat arrays, some 40 bytes a row, beside a map of names (by 64-bit hashes; a collision puts two groups
together, which costs a little speed and nothing else).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import blake2b
from itertools import groupby
from typing import NamedTuple

from huitou.imports.model import UNREAD
from huitou.imports.openings import LotHead
from huitou.imports.rows import RawRow
from huitou.kernel.instants import to_millis

CHUNK_BYTES = 2 * 1024**2
"""Of rows in a usual chunk: a few seconds of work."""
MOST_GROUP_BYTES = 64 * 1024**2
"""Of rows that belong together: one worker has them in memory, and must be done within its time."""
_LONG_AGO = 1 << 60
_ALONE = -1


class Head(NamedTuple):
    """What placing a row takes. ``at`` is None for a member row that does not say when they enrolled."""

    rank: int
    """Of one member's rows the lowest come first: members, then purchases, then openings."""
    at: datetime | None
    receipt: str
    names: tuple[str, ...]
    """What ties the row to others: its identities and its receipt."""
    lot: LotHead | None = None
    """What control totals count."""


class PlacedRow(NamedTuple):
    """A row of a group: its line in the file and its JSON text."""

    line: int
    text: bytes


class Partition:
    """Takes the heads of all rows in the order of the file, then places each row."""

    def __init__(self) -> None:
        self._parents = array("l")
        self._sizes = array("L")
        self._instants = array("Q")
        self._receipts = array("Q")
        self._kinds = bytearray()
        self._named: dict[int, int] = {}
        self._chunks: dict[int, int] = {}

    def __len__(self) -> int:
        """The rows taken, with and without a place."""
        return len(self._parents)

    def add(self, head: Head | None, size: int) -> None:
        """The next row of the file, ``size`` bytes long; None for one that gets no place."""
        row = len(self._parents)
        self._parents.append(row if head else _ALONE)
        self._sizes.append(size)
        self._instants.append(to_millis(head.at) + _LONG_AGO if head and head.at else 0)
        self._receipts.append(_hash(head.receipt) if head else 0)
        self._kinds.append(head.rank if head else 0)
        for name in head.names if head else ():
            self._tie(row, self._named.setdefault(_hash(name), row))

    def pack(self) -> int:
        """Assigns groups to chunks, which are numbered from 1, and says how many there are."""
        sizes: dict[int, int] = {}
        for row, size in enumerate(self._sizes):
            if self._parents[row] != _ALONE:
                group = self._group(row)
                sizes[group] = sizes.get(group, 0) + size
        chunk, filled = UNREAD + 1, 0
        for group, size in sizes.items():
            if size > MOST_GROUP_BYTES:
                self._chunks[group] = UNREAD
                continue
            if filled and filled + size > CHUNK_BYTES:
                chunk, filled = chunk + 1, 0
            self._chunks[group] = chunk
            filled += size
        return max(self._chunks.values(), default=UNREAD)

    def chunk_of(self, row: int) -> int | None:
        """The chunk of the file's n-th row; `UNREAD` where its group is too large, None where it got no place."""
        return None if self._parents[row] == _ALONE else self._chunks[self._group(row)]

    def labelled(self, row: int, raw: RawRow) -> bytes:
        """The row as a line of its chunk: lines sorted as text are the groups, each in its order.

        Members come before purchases, then openings, each by time, then by receipt. `groups_of` reads it.
        """
        order = f"{self._group(row):08x}{self._kinds[row]:x}{self._instants[row]:016x}{self._receipts[row]:016x}"
        return b"%s\t%s\t%d\n" % (order.encode(), raw.text, raw.line)

    def _group(self, row: int) -> int:
        parents = self._parents
        while parents[row] != row:
            parents[row] = row = parents[parents[row]]
        return row

    def _tie(self, row: int, other: int) -> None:
        first, second = sorted((self._group(row), self._group(other)))
        self._parents[second] = first


def groups_of(lines: Iterable[bytes]) -> Iterator[list[PlacedRow]]:
    """The groups of a sorted chunk, as `Partition.labelled` wrote it."""
    for _, group in groupby(lines, key=lambda line: line[:8]):
        yield [_placed(line) for line in group]


def _placed(line: bytes) -> PlacedRow:
    _, rest = line.split(b"\t", 1)
    text, number = rest.rsplit(b"\t", 1)
    return PlacedRow(int(number), text)


def _hash(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")

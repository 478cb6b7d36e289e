"""A table in memory: the same keys, pages and commits as `platform.table.Table`, with domain objects as items.

The in-memory stores (``memory_<part>.py``) stand on it. They serve the simulator, which runs a year in seconds,
and the unit tests; the contract suite holds them and the DynamoDB stores to the same behaviour.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Sequence
from threading import RLock
from typing import Any, NamedTuple, TypeVar

from huitou.kernel.commits import MOST_WRITES, Write
from huitou.kernel.pages import Page, require_cursor_within

V = TypeVar("V")
_GONE = object()


class _Change(NamedTuple):
    key: tuple[str, str]
    holds: Callable[[Any], bool]
    value: Any


class _Becomes(NamedTuple):
    change: Callable[[Any], Any]


class MemoryTable:
    """Values under ``(pk, sk)``. Values are shared, not copied: store frozen ones. Safe between threads."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._partitions: dict[str, dict[str, Any]] = {}
        self._sorted: dict[str, list[str]] = {}
        self.commits = 0
        """How many there were."""

    def get(self, kind: type[V], pk: str, sk: str) -> V | None:
        """The value, or None. A value of another kind is a mistake of the caller: `TypeError`."""
        value = self._partitions.get(pk, {}).get(sk)
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"{pk}/{sk} holds {type(value).__name__}, not {kind.__name__}")
        return value

    def query(
        self,
        kind: type[V],
        pk: str,
        *,
        prefix: str = "",
        between: tuple[str, str] | None = None,
        limit: int | None = None,
        after: str | None = None,
        newest_first: bool = False,
    ) -> Page[V]:
        """As `Table.query`; values of other kinds in the range are passed over."""
        if after is not None:
            require_cursor_within(after, prefix, between)
        with self._lock:
            values = self._partitions.get(pk, {})
            names = self._range(pk, prefix, between, after, newest_first)
            found = [(name, values[name]) for name in names if isinstance(values[name], kind)]
        page = found[:limit]
        return Page(tuple(value for _, value in page), page[-1][0] if len(found) > len(page) else None)

    def newest_of(
        self,
        kind: type[V],
        partitions: Iterable[str],
        prefix: str,
        *,
        shows: Callable[[V], bool],
        after: str | None,
        limit: int,
    ) -> Page[V]:
        """Of several partitions together, in the reverse order of sort keys; what it ``shows`` only.

        Raises `InvalidCursorError`.
        """
        if after is not None:
            require_cursor_within(after, prefix, None)
        with self._lock:
            found = {
                name: value
                for pk in partitions
                for name, value in self._partitions.get(pk, {}).items()
                if name.startswith(prefix) and isinstance(value, kind) and shows(value)
            }
        names = sorted((name for name in found if after is None or name < after), reverse=True)
        return Page(tuple(found[name] for name in names[:limit]), names[limit - 1] if len(names) > limit else None)

    def all(self, kind: type[V]) -> list[V]:
        """Every value of ``kind``, in no order: what an index is for in the real table."""
        with self._lock:
            return [
                value for values in self._partitions.values() for value in values.values() if isinstance(value, kind)
            ]

    def names(self, pk: str, prefix: str) -> list[str]:
        """The sort keys of a partition that begin so."""
        with self._lock:
            return [sk for sk in self._sorted.get(pk, []) if sk.startswith(prefix)]

    def put(self, pk: str, sk: str, value: Any, *, refused: Exception, when: Callable[[Any], bool]) -> Write:
        """Writes ``value`` if ``when`` holds for what is there now (None: nothing)."""
        return Write(_Change((pk, sk), when, value), refused)

    def update(
        self, pk: str, sk: str, change: Callable[[Any], Any], *, refused: Exception, when: Callable[[Any], bool]
    ) -> Write:
        """Puts what ``change`` makes of the value that is there when it is committed, if ``when`` holds for it."""
        return Write(_Change((pk, sk), when, _Becomes(change)), refused)

    def delete(self, pk: str, sk: str, *, refused: Exception, when: Callable[[Any], bool]) -> Write:
        """Removes the value if ``when`` holds for it."""
        return Write(_Change((pk, sk), when, _GONE), refused)

    def check(self, pk: str, sk: str, *, refused: Exception, when: Callable[[Any], bool]) -> Write:
        """Writes nothing and lets the others happen only if ``when`` holds."""
        return Write(_Change((pk, sk), when, None), refused)

    def commit(self, writes: Sequence[Write]) -> None:
        """`kernel.commits.Commit`. Two writes of one item, or more than 100, are refused with `ValueError`."""
        changes: list[_Change] = [write.operation for write in writes]
        if len({change.key for change in changes}) != len(writes) or len(writes) > MOST_WRITES:
            raise ValueError("A commit has at most 100 writes and each item once.")
        with self._lock:
            for write, change in zip(writes, changes, strict=True):
                if not change.holds(self.get(object, *change.key)):
                    raise write.refusal()
            for change in changes:
                self._apply(change)
            self.commits += 1

    def _apply(self, change: _Change) -> None:
        pk, sk = change.key
        if change.value is None:
            return
        values, names = self._partitions.setdefault(pk, {}), self._sorted.setdefault(pk, [])
        if change.value is not _GONE:
            if sk not in values:
                insort(names, sk)
            new = change.value
            values[sk] = new.change(values.get(sk)) if isinstance(new, _Becomes) else new
        elif values.pop(sk, None) is not None:
            names.remove(sk)

    def _range(
        self, pk: str, prefix: str, between: tuple[str, str] | None, after: str | None, newest_first: bool
    ) -> list[str]:
        names = self._sorted.get(pk, [])
        first, last = between or (prefix, prefix + "\U0010ffff")
        start, stop = bisect_left(names, first), bisect_right(names, last)
        if after is not None and newest_first:
            stop = min(stop, bisect_left(names, after))
        elif after is not None:
            start = max(start, bisect_right(names, after))
        chosen = names[start:stop]
        return chosen[::-1] if newest_first else chosen


def absent(value: Any) -> bool:
    """A condition: nothing is there yet."""
    return value is None


def present(value: Any) -> bool:
    """A condition: something is there."""
    return value is not None


def always(_: Any) -> bool:
    """A condition: whatever is there."""
    return True

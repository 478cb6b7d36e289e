"""Stores over items that are kept as DynamoDB would get them, in memory: to weigh them, and to tear reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pynamodb.models import Model

from huitou.kernel.commits import Write
from huitou.kernel.pages import Page

Key = tuple[str, str]
Attributes = Mapping[str, Any]


class ItemsInMemory:
    """The part of `platform.table.Table` that a store needs for one wallet; nobody else writes, so nothing is refused.

    ``read`` may be replaced, to answer a query with other rows than there are.
    """

    def __init__(self) -> None:
        self.rows: dict[Key, Attributes] = {}
        self.read: Callable[[], Mapping[Key, Attributes]] = lambda: self.rows

    def query(self, kind: Any, pk: str, *, prefix: str = "", **_: Any) -> Page[Any]:
        rows = sorted((key, row) for key, row in self.read().items() if key[0] == pk and key[1].startswith(prefix))
        kinds: list[Any] = [kind if isinstance(kind, type) else kind(key[1]) for key, _ in rows]
        return Page(tuple(each.from_raw_data(row) for each, (_, row) in zip(kinds, rows, strict=True)), None)

    def put(self, item: Model, *, refused: Exception, condition: Any = None) -> Write:
        del condition
        row = item.serialize()
        return Write(((row["pk"]["S"], row["sk"]["S"]), row), refused)

    def delete(self, kind: Any, pk: str, sk: str, *, refused: Exception, condition: Any = None) -> Write:
        del kind, condition
        return Write(((pk, sk), None), refused)

    def commit(self, writes: Sequence[Write]) -> None:
        """Each item at most once, as in a transaction."""
        changes = [write.operation for write in writes]
        assert len({key for key, _ in changes}) == len(changes) <= 100
        for key, row in changes:
            if row is None:
                del self.rows[key]  # a page that is not there is a mistake of the store
            else:
                self.rows[key] = row


def size_of(row: Attributes) -> int:
    """An item's size by DynamoDB's rule: names and texts in UTF-8; a number one byte and one per two digits."""
    return sum(len(name.encode()) + _value_size(value) for name, value in row.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "N":
        return 1 + (len(content.strip("-").strip("0")) + 1) // 2
    return len(content.encode())

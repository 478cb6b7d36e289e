"""The table in memory keeps a commit whole, also between threads."""

from __future__ import annotations

import threading

import pytest

from huitou.kernel.commits import StaleReadError, until_committed
from huitou.kernel.errors import ConflictError
from huitou.kernel.pages import InvalidCursorError
from huitou.simulator.memory import MemoryTable, absent, present

TAKEN = ConflictError("taken")


def filled(*names: str) -> MemoryTable:
    table = MemoryTable()
    table.commit([table.put("P", name, name.lower(), when=absent, refused=TAKEN) for name in names])
    return table


def test_nothing_is_written_where_one_condition_fails() -> None:
    table = filled("A")
    writes = [
        table.put("P", "B", "b", when=absent, refused=TAKEN),
        table.delete("P", "A", when=present, refused=TAKEN),
        table.check("P", "C", when=present, refused=ConflictError("missing")),
    ]

    with pytest.raises(ConflictError, match="missing"):
        table.commit(writes)

    assert table.query(str, "P").items == ("a",)


def test_an_item_cannot_be_written_twice_in_one_commit() -> None:
    table = filled()

    with pytest.raises(ValueError, match="each item once"):
        table.commit([table.put("P", "A", each, when=absent, refused=TAKEN) for each in ("x", "y")])


def test_pages_go_both_ways() -> None:
    table = filled("A1", "A2", "A3", "B1")

    first = table.query(str, "P", prefix="A", limit=2)
    assert (first.items, first.next_cursor) == (("a1", "a2"), "A2")
    assert table.query(str, "P", prefix="A", limit=2, after="A2").items == ("a3",)
    assert table.query(str, "P", newest_first=True, after="A3").items == ("a2", "a1")
    assert table.query(str, "P", between=("A2", "A3")).items == ("a2", "a3")
    with pytest.raises(InvalidCursorError):
        table.query(str, "P", prefix="A", after="B1")


def test_what_is_deleted_is_gone_from_pages() -> None:
    table = filled("A", "B")

    table.commit([table.delete("P", "A", when=present, refused=TAKEN)])

    assert table.query(str, "P").items == ("b",)
    assert table.get(str, "P", "A") is None


def test_parallel_changes_are_all_counted() -> None:
    """E18."""
    table = MemoryTable()
    table.commit([table.put("P", "N", 0, when=absent, refused=TAKEN)])

    def attempt() -> None:
        seen = table.get(int, "P", "N")
        assert seen is not None
        stale = StaleReadError("overtaken")
        table.commit([table.put("P", "N", seen + 1, when=lambda now: now == seen, refused=stale)])

    threads = [threading.Thread(target=until_committed, args=(attempt, lambda _: None)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert table.get(int, "P", "N") == 10

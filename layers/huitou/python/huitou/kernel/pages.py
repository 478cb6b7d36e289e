"""A page of a longer list, and the cursor that continues it (E33)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from huitou.kernel.errors import InvalidError
from huitou.kernel.instants import parse_instant

T = TypeVar("T")
LONGEST_KEY = 1024
"""DynamoDB's limit for a sort key, in bytes."""


class InvalidCursorError(InvalidError):
    """``cursor`` did not come from this list."""

    code = "invalid_cursor"
    title = "The cursor does not belong to this list"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """``next_cursor`` continues after the last of ``items``; None where the list ends."""

    items: tuple[T, ...]
    next_cursor: str | None


def page_of(items: Mapping[str, T], *, after: str | None, limit: int) -> Page[T]:
    """A page of what is at hand, in the order of its keys; the cursor is the last key shown."""
    return _page(items, sorted(name for name in items if after is None or name > after), limit)


def latest_of(items: Mapping[str, T], *, after: str | None, limit: int) -> Page[T]:
    """A page of what is at hand, the latest first. A key begins with the instant, and a blank if more follows.

    What comes or goes meanwhile moves nothing else from its place. Raises `InvalidCursorError`.
    """
    if after is not None:
        _require_instant(after.partition(" ")[0])
    return _page(items, sorted((name for name in items if after is None or name < after), reverse=True), limit)


def _page(items: Mapping[str, T], names: Sequence[str], limit: int) -> Page[T]:
    shown = names[:limit]
    return Page(tuple(items[name] for name in shown), shown[-1] if len(names) > limit else None)


def _require_instant(text: str) -> None:
    try:
        parse_instant(text)
    except InvalidError as error:
        raise InvalidCursorError("The cursor does not belong to this list.") from error


def all_items(page_after: Callable[[str | None], Page[T]], after: str | None = None) -> Iterator[T]:
    """The whole list ``after`` a cursor, page by page. ``page_after`` gives the page after one (None: the first)."""
    while True:
        page = page_after(after)
        yield from page.items
        if (after := page.next_cursor) is None:
            return


def require_cursor_within(after: str, prefix: str, between: tuple[str, str] | None) -> None:
    """Raises `InvalidCursorError` for a sort key that no page of this query can have ended with."""
    inside = between[0] <= after <= between[1] if between else after.startswith(prefix)
    if not inside or not after or len(after.encode()) > LONGEST_KEY:
        raise InvalidCursorError("The cursor does not belong to this list.")

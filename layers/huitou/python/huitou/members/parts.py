"""Going through everybody, in parts that workers take side by side: the shards of the index of members.

A worker goes through a part page by page, and after each keeps how far the part has come, together with what was found
until then. So whoever takes over goes on from there: a page may be gone through twice, and still counts once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, Self, TypeVar

from huitou.kernel.errors import ContentionError, UnavailableError
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import all_items
from huitou.members.ports import MemberIndex

PAGE = 100
"""Members between two checkpoints: what a worker that takes over looks at twice, at most."""
COUNTED = 1000
"""Members counted at once."""


class Part(Protocol):
    """How far a part has come: a named tuple with these, and with what was found."""

    @property
    def number(self) -> int: ...

    @property
    def done(self) -> int: ...

    @property
    def failed(self) -> int: ...

    @property
    def after(self) -> str | None: ...

    @property
    def finished(self) -> bool: ...

    def _replace(self, *args: Any, **changes: Any) -> Self: ...


P = TypeVar("P", bound=Part)


def go_through(
    part: P,
    index: MemberIndex,
    look: Callable[[MemberId, P], P],
    *,
    keep: Callable[[P], None],
    failed: Callable[[MemberId, Exception], None],
) -> P:
    """The part's members from where it stood; ``look`` adds what it found. One whom it fails at holds nobody up.

    Raises `UnavailableError`, `ContentionError`: then it is worth going on a little later.
    """
    while not part.finished:
        page = index.members(part.number, after=part.after, limit=PAGE)
        for member in page.items:
            part = _looked(member, part, look, failed)
        part = part._replace(after=page.next_cursor, finished=page.next_cursor is None)
        keep(part)
    return part


def members_in(index: MemberIndex, shard: int) -> int:
    """How many are in it."""
    return sum(1 for _ in all_items(lambda after: index.members(shard, after=after, limit=COUNTED)))


def _looked(
    member: MemberId, part: P, look: Callable[[MemberId, P], P], failed: Callable[[MemberId, Exception], None]
) -> P:
    try:
        looked = look(member, part)
    except (UnavailableError, ContentionError):
        raise
    except Exception as error:
        failed(member, error)
        return part._replace(done=part.done + 1, failed=part.failed + 1)
    return looked._replace(done=part.done + 1)

"""Going through everybody, in parts that workers take side by side: the shards of the index of members.

A worker goes through a part page by page, and after each keeps how far the part has come, together with what was found
until then. So whoever takes over goes on from there: a page may be gone through twice, and still counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from huitou.jobs.model import Part
from huitou.kernel.errors import ContentionError, UnavailableError
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import all_items
from huitou.members.ports import MemberIndex

PAGE = 100
"""Members between two checkpoints: what a worker that takes over looks at twice, at most."""
COUNTED = 1000
"""Members counted at once."""


def chunks_of(shards: int) -> Sequence[Mapping[str, int]]:
    """What a job's workers are to do, one part each."""
    return [{"part": number} for number in range(shards)]


def begin(index: MemberIndex, number: int) -> Part:
    """A part that nobody has begun."""
    return Part(number, sum(1 for _ in all_items(lambda after: index.members(number, after=after, limit=COUNTED))))


def go_through(
    part: Part,
    index: MemberIndex,
    look: Callable[[MemberId, Part], Part],
    *,
    keep: Callable[[Part], None],
    failed: Callable[[MemberId, Exception], None],
) -> Part:
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


def _looked(
    member: MemberId, part: Part, look: Callable[[MemberId, Part], Part], failed: Callable[[MemberId, Exception], None]
) -> Part:
    try:
        looked = look(member, part)
    except (UnavailableError, ContentionError):
        raise
    except Exception as error:
        failed(member, error)
        return part._replace(done=part.done + 1, failed=part.failed + 1)
    return looked._replace(done=part.done + 1)

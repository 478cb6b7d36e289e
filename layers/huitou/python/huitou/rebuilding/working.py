"""The work behind a rebuild: the members of each shard are looked at, page by page, and where it stands is kept.

Nothing here decides where anybody stands: `Segments` keeps a position under the condition that nobody else has kept
one since, and looks again otherwise. So whatever members do meanwhile wins, and doing a page again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from huitou.kernel.commits import Commit
from huitou.kernel.errors import ContentionError, UnavailableError
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.jobs import JobStatus
from huitou.kernel.pages import all_items
from huitou.members.ports import MemberIndex
from huitou.rebuilding.model import Part, Rebuild
from huitou.rebuilding.ports import RebuildStore, Standings

PAGE = 100
"""Members between two checkpoints: what a worker that takes over looks at twice, at most."""
COUNTED = 1000
"""Members counted at once."""


class Rebuilding:
    """The use case of one part. ``failed`` hears why a member could not be looked at; ``clock`` tells now."""

    def __init__(
        self,
        *,
        rebuilds: RebuildStore,
        index: MemberIndex,
        standings: Standings,
        commit: Commit,
        clock: Callable[[], datetime],
        failed: Callable[[MemberId, Exception], None],
    ) -> None:
        self._rebuilds = rebuilds
        self._index = index
        self._standings = standings
        self._commit = commit
        self._clock = clock
        self._failed = failed

    def rebuild(self, rebuild_id: Digest, number: int) -> Part:
        """Looks at the part's members from where it stood. One who cannot be looked at holds nobody up.

        Raises `UnavailableError`, `ContentionError`: then it is worth going on a little later.
        """
        rebuild = running(self._rebuilds, rebuild_id)
        part = self._rebuilds.part(rebuild.id, number) or Part(number, self._count(number))
        while not part.finished:
            page = self._index.members(number, after=part.after, limit=PAGE)
            for member in page.items:
                part = self._look(member, part)
            part = part._replace(after=page.next_cursor, finished=page.next_cursor is None)
            self._commit([self._rebuilds.save_part(rebuild.id, part)])
        return part

    def _look(self, member: MemberId, part: Part) -> Part:
        try:
            renewal = self._standings.renew(member, self._clock())
        except (UnavailableError, ContentionError):
            raise
        except Exception as error:
            self._failed(member, error)
            return part._replace(done=part.done + 1, failed=part.failed + 1)
        return part._replace(
            done=part.done + 1,
            renewed=part.renewed + renewal.is_new,
            moved=part.moved + renewal.moved,
        )

    def _count(self, number: int) -> int:
        return sum(1 for _ in all_items(lambda after: self._index.members(number, after=after, limit=COUNTED)))


class Ending:
    """The use case of all parts."""

    def __init__(self, rebuilds: RebuildStore, commit: Commit) -> None:
        self._rebuilds = rebuilds
        self._commit = commit

    def end(self, rebuild_id: Digest, failed: bool, now: datetime) -> Rebuild:
        """Ends the rebuild; ``failed`` where a part could not be gone through, for good."""
        rebuild = running(self._rebuilds, rebuild_id)
        status = JobStatus.FAILED if failed else JobStatus.COMPLETED
        ended = replace(rebuild, status=status, finished_at=now)
        self._commit([self._rebuilds.finish(ended)])
        return ended


def running(rebuilds: RebuildStore, rebuild_id: Digest) -> Rebuild:
    """The rebuild that a state works for."""
    rebuild = rebuilds.find(rebuild_id)
    if rebuild is None or rebuild.status is not JobStatus.RUNNING:
        raise LookupError(f"rebuild {rebuild_id} is not running")
    return rebuild

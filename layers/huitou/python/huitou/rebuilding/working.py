"""The work behind a rebuild: the members of each shard are looked at, page by page, and where it stands is kept.

Nothing here decides where anybody stands: `Segments` keeps a position under the condition that nobody else has kept
one since, and looks again otherwise. So whatever members do meanwhile wins, and doing a page again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from huitou.kernel.commits import Commit
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.jobs import ended, running
from huitou.members.parts import go_through, members_in
from huitou.members.ports import MemberIndex
from huitou.rebuilding.model import Part, Rebuild
from huitou.rebuilding.ports import RebuildStore, Standings


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
        """Looks at the part's members from where it stood. Raises `UnavailableError`, `ContentionError`."""
        rebuild = running(self._rebuilds.find, rebuild_id)
        return go_through(
            self._rebuilds.part(rebuild.id, number) or Part(number, members_in(self._index, number)),
            self._index,
            self._look,
            keep=lambda part: self._commit([self._rebuilds.save_part(rebuild.id, part)]),
            failed=self._failed,
        )

    def _look(self, member: MemberId, part: Part) -> Part:
        renewal = self._standings.renew(member, self._clock())
        return part._replace(renewed=part.renewed + renewal.is_new, moved=part.moved + renewal.moved)


class Ending:
    """The use case of all parts."""

    def __init__(self, rebuilds: RebuildStore, commit: Commit) -> None:
        self._rebuilds = rebuilds
        self._commit = commit

    def end(self, rebuild_id: Digest, failed: bool, now: datetime) -> Rebuild:
        """Ends the rebuild; ``failed`` where a part could not be gone through, for good."""
        rebuild = ended(running(self._rebuilds.find, rebuild_id), failed, now)
        self._commit([self._rebuilds.finish(rebuild)])
        return rebuild

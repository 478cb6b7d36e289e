"""The work behind a rebuild: the members of each shard are looked at, page by page, and where it stands is kept.

Nothing here decides where anybody stands: `Segments` keeps a position under the condition that nobody else has kept
one since, and looks again otherwise. So whatever members do meanwhile wins, and doing a page again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from huitou.jobs.model import Part, running
from huitou.jobs.ports import PartedStore
from huitou.kernel.commits import Commit
from huitou.kernel.ids import Digest, MemberId
from huitou.members.parts import begin, go_through
from huitou.members.ports import MemberIndex
from huitou.rebuilding.model import MOVED, RENEWED, Rebuild
from huitou.rebuilding.ports import Standings


class Rebuilding:
    """The use case of one part. ``failed`` hears why a member could not be looked at; ``clock`` tells now."""

    def __init__(
        self,
        *,
        rebuilds: PartedStore[Rebuild],
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
            self._rebuilds.part(rebuild.id, number) or begin(self._index, number),
            self._index,
            self._look,
            keep=lambda part: self._commit([self._rebuilds.save_part(rebuild.id, part)]),
            failed=self._failed,
        )

    def _look(self, member: MemberId, part: Part) -> Part:
        renewal = self._standings.renew(member, self._clock())
        return part.finding(**{RENEWED: renewal.is_new, MOVED: renewal.moved})

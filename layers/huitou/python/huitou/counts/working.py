"""The work behind a count: the members of each shard are asked, page by page, and nothing of them is kept but numbers.

What members do after the count was asked for does not count as done; what they have and say is as it is when their
turn comes. A page's numbers are kept together with its end, so a page that is done again counts nobody twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from huitou.counts.model import CountPart, SegmentCount
from huitou.counts.ports import CountStore
from huitou.kernel.commits import Commit
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.jobs import ended, running
from huitou.members.parts import go_through, members_in
from huitou.members.ports import MemberIndex
from huitou.purchases.ports import MemberStates
from huitou.segments.asking import Asking
from huitou.segments.drafting import drafted
from huitou.segments.ports import InsightVersions, Judges, PublishedPrograms


class Counting:
    """The use case of one part. ``failed`` hears why a member could not be asked."""

    def __init__(
        self,
        *,
        counts: CountStore,
        index: MemberIndex,
        states: MemberStates,
        judges: Judges,
        insights: InsightVersions,
        programs: PublishedPrograms,
        commit: Commit,
        failed: Callable[[MemberId, Exception], None],
    ) -> None:
        self._counts = counts
        self._index = index
        self._states = states
        self._judges = judges
        self._insights = insights
        self._programs = programs
        self._commit = commit
        self._failed = failed

    def count(self, count_id: Digest, number: int) -> CountPart:
        """Asks the part's members from where it stood. Raises `UnavailableError`, `ContentionError`."""
        count = running(self._counts.find, count_id)
        segment, program = drafted(count.segment, self._programs.published(count.program))
        asking = Asking(self._states, self._judges.by(self._insights.version(count.insights)))

        def ask(member: MemberId, part: CountPart) -> CountPart:
            holds = asking.holds(segment, program, count.created_at, member)
            return part._replace(found=part.found + bool(holds))

        return go_through(
            self._counts.part(count.id, number) or CountPart(number, members_in(self._index, number)),
            self._index,
            ask,
            keep=lambda part: self._commit([self._counts.save_part(count.id, part)]),
            failed=self._failed,
        )


class Ending:
    """The use case of all parts."""

    def __init__(self, counts: CountStore, commit: Commit) -> None:
        self._counts = counts
        self._commit = commit

    def end(self, count_id: Digest, failed: bool, now: datetime) -> SegmentCount:
        """Ends the count; ``failed`` where a part could not be gone through, for good."""
        count = ended(running(self._counts.find, count_id), failed, now)
        self._commit([self._counts.finish(count)])
        return count

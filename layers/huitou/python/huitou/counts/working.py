"""The work behind a count: the members of each shard are asked, page by page, and nothing of them is kept but numbers.

What members do after the count was asked for does not count as done; what they have and say is as it is when their
turn comes. A page's numbers are kept together with its end, so a page that is done again counts nobody twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from huitou.counts.model import IN_IT, Counted, MemberCount
from huitou.jobs.model import Part, running
from huitou.jobs.ports import PartedStore
from huitou.kernel.commits import Commit
from huitou.kernel.ids import Digest, MemberId
from huitou.members.parts import begin, go_through
from huitou.members.ports import MemberIndex
from huitou.program.ports import PublishedPrograms
from huitou.program.versions import ProgramVersion
from huitou.purchases.ports import MemberStates
from huitou.segments.asking import Asking
from huitou.segments.drafting import drafted
from huitou.segments.ports import InsightVersions, Judges

Look = Callable[[MemberId], Mapping[str, int]]
"""What one member adds to the numbers of a part."""


class Question(Protocol):
    """What is asked of members for a count of one kind."""

    def __call__(self, count: MemberCount, version: ProgramVersion, asking: Asking) -> Look: ...


def in_segment(count: MemberCount, version: ProgramVersion, asking: Asking) -> Look:
    """`Question` of a segment: whether they would be in it."""
    segment, program = drafted(count.document, version)
    return lambda member: {IN_IT: bool(asking.holds(segment, program, count.created_at, member))}


class Counting:
    """The use case of one part. ``failed`` hears why a member could not be asked."""

    def __init__(
        self,
        *,
        counts: PartedStore[MemberCount],
        index: MemberIndex,
        states: MemberStates,
        judges: Judges,
        insights: InsightVersions,
        programs: PublishedPrograms,
        questions: Mapping[Counted, Question],
        commit: Commit,
        failed: Callable[[MemberId, Exception], None],
    ) -> None:
        self._counts = counts
        self._index = index
        self._states = states
        self._judges = judges
        self._insights = insights
        self._programs = programs
        self._questions = questions
        self._commit = commit
        self._failed = failed

    def count(self, count_id: Digest, number: int) -> Part:
        """Asks the part's members from where it stood. Raises `UnavailableError`, `ContentionError`."""
        count = running(self._counts.find, count_id)
        asking = Asking(self._states, self._judges.by(self._insights.version(count.insights)))
        look = self._questions[count.of](count, self._programs.published(count.program), asking)
        return go_through(
            self._counts.part(count.id, number) or begin(self._index, number),
            self._index,
            lambda member, part: part.finding(**look(member)),
            keep=lambda part: self._commit([self._counts.save_part(count.id, part)]),
            failed=self._failed,
        )

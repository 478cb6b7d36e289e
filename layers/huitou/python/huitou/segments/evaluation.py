"""Where a member stands, worked out: ``evaluate(before, facts, program, now, seen) -> Position`` (M17).

The idea: a position is what the facts come to, and never a sum of what happened to it. Who evaluates early, late, twice
or never in between gets the same segments, so the stream and the clock only decide how soon somebody looks. What a
position remembers beyond the facts is since when and why a segment holds; that is told by walking from the last look to
now, over the only instants at which anything can have changed: those at which a verdict says that time turns it, and
those of what happened, a deed's being the millisecond after it (E7). And it remembers which points were said to end
soon (`notices`).

Where nothing was learnt meanwhile, the walk begins at the instant that the clock was told. Where something was, the
facts are judged at the last look first. If they say another thing of it than was said then, something became known
late: a sale that was offline, a profile, points. That counts from now, unless the walk meets an instant at which it
became true by itself. What a publication has given another meaning is judged at its instant, and has it for a cause
(E20); all else goes on as if there had been none.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import datetime

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import MILLISECOND
from huitou.kernel.values import changed
from huitou.program.model import Program
from huitou.program.rules import SegmentId
from huitou.segments.facts import Facts, Verdict
from huitou.segments.notices import announce
from huitou.standing.position import Expiring, Membership, MoveCause, Position, Seen, remembered

Judge = Callable[[datetime], Mapping[SegmentId, Verdict]]
"""Says of each segment whether it holds at an instant."""
Judging = Callable[[Facts, Program], Judge]
"""Makes what judges one member by the segments of a programme."""

DUE_FOR_TIER = "tier"
DUE_FOR_FACTS = "facts"
"""Something that is known does not count yet: it happened in this very millisecond."""
DUE_FOR_NOTICE = "notice"
"""It is to be announced that points end soon; behind a colon follows their currency."""
DUE_FOR_SEGMENT = "segment"
"""Behind a colon follows which."""


def evaluate(
    before: Position | None,
    facts: Facts,
    program: Program,
    now: datetime,
    seen: Seen,
    *,
    member: MemberId,
    in_force_since: datetime,
    redefined: Set[SegmentId] = frozenset(),
    judging: Judging,
) -> Position:
    """How ``member`` stands at ``now`` by ``facts``, whose state is ``seen``.

    ``program`` has been in force since ``in_force_since``; ``redefined`` are the segments that mean something else in
    it than in the version of ``before``. Deeds must reach as far back as the programme's windows look
    from ``before.through``; without ``before``, from the later of the publication and the enrolment. Time never runs
    backwards: where ``before`` is of a later instant, that is meant by now.
    """
    if before is not None:
        now = max(now, before.through)
    since = now
    course = _Course(before.memberships if before else (), facts, judging(facts, program))
    if before is None:
        since = min(max(facts.enrolled_at, in_force_since), now)
        course.begin(since, MoveCause.PROGRAM if in_force_since > facts.enrolled_at else MoveCause.FACTS)
    elif before.program != program.version:
        since = min(max(before.through, in_force_since), now)
        course.look(before.through)
        course.publish(since, redefined)
    elif before.seen == seen:
        if before.due_at is None or before.due_at > now:
            return changed(before, version=before.version + 1, through=now)
        course.next_at = before.due_at
    else:
        course.look(before.through)
    course.go(now)
    notices = announce(before, facts.wallets, program, since, now)
    due_at, due_for = course.due(now, notices.next)
    held = facts.tiers.interval_at(now)
    return Position(
        member=member,
        version=before.version + 1 if before else 1,
        program=program.version,
        through=now,
        seen=seen,
        tier=held.tier,
        tier_since=held.since,
        tier_cause=held.cause,
        memberships=course.memberships(now - program.late_limit),
        due_at=due_at,
        due_for=due_for,
        joined=tuple(sorted(facts.joined)),
        expiring=notices.announced,
    )


class _Course:
    """Memberships on their way. ``_held`` is what was judged last; ``_open`` what is recorded to hold, ``_ended``
    what has ended on the way, ``_over`` what had before.
    """

    def __init__(self, recorded: Sequence[Membership], facts: Facts, judge: Judge) -> None:
        self._facts = facts
        self._judge = judge
        self._moments = _moments(facts)
        self._over = [each for each in recorded if each.until is not None]
        self._ended: list[Membership] = []
        self._open = {each.segment: each for each in recorded if each.until is None}
        self._held: frozenset[SegmentId] = frozenset(self._open)
        self._verdicts: Mapping[SegmentId, Verdict] = {}
        self.next_at: datetime | None = None
        """The next instant at which anything may change."""

    def look(self, at: datetime) -> frozenset[SegmentId]:
        """Judges at ``at``; answers what is not as it was judged before."""
        before = self._held
        self._verdicts = self._judge(at)
        self._held = frozenset(segment for segment, verdict in self._verdicts.items() if verdict.holds)
        self.next_at = min(self._next_turns(at), default=None)
        return before ^ self._held

    def begin(self, at: datetime, cause: MoveCause) -> None:
        """Whatever is not as recorded is so since ``at``."""
        self.look(at)
        self._record(self._held ^ self._open.keys(), at, cause)

    def publish(self, at: datetime, redefined: Set[SegmentId]) -> None:
        """Through all that may have changed by ``at``, when ``redefined`` segments got the meaning that they have."""
        self._walk(at, redefined)
        self.look(at)
        self._record(redefined & (self._held ^ self._open.keys()), at, MoveCause.PROGRAM)

    def go(self, now: datetime) -> None:
        """Through all that may have changed by ``now``; what was not seen to change is so from then on."""
        self._walk(now)
        self._record(self._held ^ self._open.keys(), now, MoveCause.FACTS)

    def _walk(self, until: datetime, besides: Set[SegmentId] = frozenset()) -> None:
        while self.next_at is not None and self.next_at <= until:
            at = self.next_at
            self._record(self.look(at) - besides, at, MoveCause.FACTS if self._happened(at) else MoveCause.TIME)

    def due(self, now: datetime, notice: Expiring | None) -> tuple[datetime | None, str | None]:
        """When time alone may next change anything, and what; of one instant, in the order of E22."""
        reasons = [(self._facts.tiers.changes_after(now), DUE_FOR_TIER), (self._next_moment(now), DUE_FOR_FACTS)]
        if notice is not None:
            reasons.append((notice.at, f"{DUE_FOR_NOTICE}:{notice.currency}"))
        reasons += [(verdict.until, f"{DUE_FOR_SEGMENT}:{segment}") for segment, verdict in self._verdicts.items()]
        return min(((at, why) for at, why in reasons if at is not None), key=lambda each: each[0], default=(None, None))

    def memberships(self, ended_since: datetime) -> tuple[Membership, ...]:
        """Those that hold, and what is kept of those that ended later; in the order of their beginnings."""
        kept = remembered(self._over, self._ended, ended_since)
        return tuple(sorted([*kept, *self._open.values()], key=lambda each: (each.since, each.segment)))

    def _record(self, segments: Iterable[SegmentId], at: datetime, cause: MoveCause) -> None:
        """Notes of each that it holds, or does not; what is recorded so already, stays."""
        for segment in segments:
            if segment not in self._held:
                self._end(segment, at, cause)
            elif segment not in self._open:
                self._open[segment] = Membership(segment, at, cause)

    def _end(self, segment: SegmentId, at: datetime, cause: MoveCause) -> None:
        membership = self._open.pop(segment, None)
        if membership is not None and membership.since < at:
            self._ended.append(membership._replace(until=at, end=cause))

    def _next_turns(self, at: datetime) -> Iterable[datetime]:
        yield from (verdict.until for verdict in self._verdicts.values() if verdict.until is not None)
        if (moment := self._next_moment(at)) is not None:
            yield moment

    def _next_moment(self, at: datetime) -> datetime | None:
        place = bisect_right(self._moments, at)
        return self._moments[place] if place < len(self._moments) else None

    def _happened(self, at: datetime) -> bool:
        place = bisect_right(self._moments, at)
        return place > 0 and self._moments[place - 1] == at


def _moments(facts: Facts) -> Sequence[datetime]:
    """The instants from which on what happened counts, in order."""
    return sorted({*(deed.at + MILLISECOND for deed in facts.deeds), *facts.joined.values(), *facts.moments})

"""Which segments a member is in, and until when if nothing else happens (M16, M17).

The idea: each leaf of a predicate says whether it holds at an instant, and when it stops to. From these, all, any and
not say the same of the whole, without knowing what it is about: what all must hold stops when the first one does, and
begins no earlier than when the last of those that do not hold does. So nobody has to look at a member before that, and
a member is looked at as the clock looks at a lot that expires.

A programme's predicates are made into functions once. A member's facts are worked on once too (`Judge`), since a
position that has fallen behind is made up for by judging the same facts at many instants. A deed counts from the
millisecond after it on (E7); deeds after the instant that is asked about have not happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from huitou.members.model import Tag
from huitou.points.outlook import NEVER
from huitou.program.model import GROUP, BrandId, Program
from huitou.program.predicates import (
    Age,
    Alive,
    AllOf,
    AnniversaryNear,
    AnyOf,
    Behaviour,
    BirthdayMonth,
    BirthdayNear,
    Consents,
    ExpiringPoints,
    HasPoints,
    InSegment,
    InTier,
    Joined,
    Leaf,
    Not,
    Overdue,
    Predicate,
    ProfileIs,
    RfmClass,
    Segment,
    Share,
    Since,
    Tagged,
    TierAtRisk,
    UsualHour,
)
from huitou.program.prepared import Prepared
from huitou.program.rules import SegmentId
from huitou.segments import being, doing, having, returning
from huitou.segments.deeds import Choice, Scope
from huitou.segments.facts import Facts, Having, Verdict
from huitou.segments.moment import Answer, Check, Known, Moment, all_of, always, any_of, once, opposite

MOST_LOOKS = 8
"""How often somebody looks ahead, from one instant to the next: beyond that, somebody may be woken up for nothing."""
BOUNDED = (AllOf, AnyOf, Not, InTier, TierAtRisk, InSegment, RfmClass)
"""What may say an instant at which nothing changes; all others say the very one."""

_MAKERS: Mapping[type[Leaf], Callable[[Any, Scope], Check]] = {
    Behaviour: doing.behaviour,
    Share: doing.share_of_spend,
    Since: doing.since,
    UsualHour: doing.usual_hour_of_day,
    Overdue: returning.is_overdue,
    Alive: returning.is_alive,
    RfmClass: returning.in_rfm_class,
    Age: being.age,
    BirthdayNear: being.birthday_near,
    BirthdayMonth: being.birthday_month,
    AnniversaryNear: being.anniversary_near,
    Joined: being.joined,
    ProfileIs: being.profile,
    Tagged: being.tagged,
    Consents: being.consents,
    HasPoints: having.has_points,
    ExpiringPoints: having.expiring_points,
    InTier: having.in_tier,
    TierAtRisk: having.tier_at_risk,
    InSegment: having.in_segment,
}


def judge(facts: Facts, program: Program, at: datetime) -> Mapping[SegmentId, Verdict]:
    """Of each segment of ``program``, whether the member is in it at ``at`` and until when that stays so."""
    return Judge(facts, program)(at)


class Judge:
    """`judge`, for who asks at many instants about one member."""

    def __init__(self, facts: Facts, program: Program) -> None:
        checks, self._bounded = _made(program)
        self._known = Known(facts, program, checks)

    def __call__(self, at: datetime) -> Mapping[SegmentId, Verdict]:
        moment = Moment(self._known, at)
        answers = {segment: moment.answer_of(segment) for segment in self._known.checks}
        self._look_ahead(answers, at)
        return {segment: _said(answer) for segment, answer in answers.items()}

    def go_on(self, has: Having) -> None:
        """To what the member has by now, who did what they did."""
        self._known.go_on(has)

    def holding(self, segments: Iterable[SegmentId], at: datetime) -> frozenset[SegmentId]:
        """Those of ``segments`` that the member is in at ``at``. What they do not ask about is not judged."""
        moment, checks = Moment(self._known, at, only_now=True), self._known.checks
        return frozenset([segment for segment in segments if checks[segment](moment).holds])

    def of(self, predicate: Predicate, at: datetime, brand: BrandId | None = None) -> Verdict:
        """What `judge` would say of a segment that asks this; of ``brand``'s own, for a member who joined it."""
        known = self._known
        return _said(_Making(known.program).predicate(predicate, brand)(Moment(known, at)))

    def _look_ahead(self, answers: dict[SegmentId, Answer], at: datetime) -> None:
        """Makes sure that something changes at the earliest instant: what only may, is asked what it says then."""
        for _ in range(MOST_LOOKS if answers else 0):
            segment, (holds, until) = min(answers.items(), key=_until)
            if segment not in self._bounded or until == NEVER:
                return
            then = Moment(self._known, until, seen_at=at).answer_of(segment)
            if then.holds is not holds:
                return
            answers[segment] = then


def _until(judged: tuple[SegmentId, Answer]) -> datetime:
    return judged[1].until


def _said(answer: Answer) -> Verdict:
    return Verdict(answer.holds, None if answer.until == NEVER else answer.until)


class _Making:
    """Makes predicates into checks; one for all that ask the same, which is then judged once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._choices: dict[object, Choice] = {}
        self._leaves: dict[tuple[Leaf, BrandId | None], Check] = {}

    def segment(self, segment: Segment) -> Check:
        """E31: a brand's own is of those who have joined the brand, whatever it asks."""
        if segment.brand is None:
            return self._members(segment)
        of_brand = self.predicate(Joined(frozenset({segment.brand})), segment.brand)
        return all_of([of_brand, self._members(segment)])

    def _members(self, segment: Segment) -> Check:
        if segment.when is None:
            tag = Tag(segment.brand or GROUP, segment.id)
            return lambda moment: always(tag in moment.known.facts.tags)
        return self.predicate(segment.when, segment.brand)

    def predicate(self, predicate: Predicate, brand: BrandId | None) -> Check:
        match predicate:
            case AllOf(of=parts):
                return all_of([self.predicate(part, brand) for part in parts])
            case AnyOf(of=parts):
                return any_of([self.predicate(part, brand) for part in parts])
            case Not(of=part):
                return opposite(self.predicate(part, brand))
        if (predicate, brand) not in self._leaves:
            check = _MAKERS[type(predicate)](predicate, Scope(self._program, brand, self._choices))
            self._leaves[predicate, brand] = once(check)
        return self._leaves[predicate, brand]


def _make(program: Program) -> tuple[Mapping[SegmentId, Check], frozenset[SegmentId]]:
    making, segments = _Making(program), program.segments.values()
    bounded = frozenset(each.id for each in segments if each.brand is not None or isinstance(each.when, BOUNDED))
    return {segment.id: making.segment(segment) for segment in segments}, bounded


_made = Prepared(_make)
"""The checks of a programme's segments, and which of them may say an instant at which nothing changes."""

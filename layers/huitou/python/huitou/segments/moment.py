"""What a predicate is judged on: the facts of one member, and the instant that is asked about.

A predicate is made into a `Check` once per programme. What several of them need to know of the same member (which
purchases count, when each leaves a window) is worked out once and kept with the facts, as `Known`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from huitou.points.outlook import NEVER
from huitou.program.model import Program
from huitou.program.rules import SegmentId
from huitou.segments.facts import Facts, Having, Lasting
from huitou.segments.local_days import local_days

if TYPE_CHECKING:
    from huitou.segments.deeds import Choice, Chosen

T = TypeVar("T")


class Answer(NamedTuple):
    """A `Verdict` on the way: `NEVER` stands for an ``until`` of None, since instants are compared all the time."""

    holds: bool
    until: datetime


class Known:
    """The facts of one member, and what has been worked out from them.

    What the member ``has`` is kept apart, and what that comes to: all else stays true when it changes.
    """

    __slots__ = ("_found", "_had", "checks", "chosen", "days", "facts", "has", "program")

    def __init__(self, facts: Facts, program: Program, checks: Mapping[SegmentId, Check]) -> None:
        self.facts: Lasting = facts
        self.has: Having = facts
        self.program = program
        self.checks = checks
        self.days = local_days(program.zone)
        self.chosen: dict[Choice, Chosen] = {}
        """Which deeds each choice chooses, as `Choice.of` keeps them."""
        self._found: dict[Any, Any] = {}
        self._had: dict[Any, Any] = {}

    def once(self, key: object, find: Callable[[Known], T]) -> T:
        """What ``find`` finds in what lasts, looked for when it is first asked for.

        ``key`` stands for it, and for nothing else.
        """
        if key not in self._found:
            self._found[key] = find(self)
        found: T = self._found[key]
        return found

    def had_once(self, key: object, find: Callable[[Known], T]) -> T:
        """As `once`, for what ``find`` finds in what the member has."""
        if key not in self._had:
            self._had[key] = find(self)
        found: T = self._had[key]
        return found

    def go_on(self, has: Having) -> None:
        """To what the same member has now."""
        self.has = has
        if self._had:
            self._had = {}


class Moment:
    """An instant in the life of a member, and what has been said of it so far.

    What counts are the deeds from before ``seen_at``: earlier than ``at`` where somebody looks ahead. With ``only_now``
    nobody wants to know until when: an answer may then say of that what it likes.
    """

    __slots__ = ("_of_segments", "at", "known", "of_leaves", "only_now", "seen_at")

    def __init__(self, known: Known, at: datetime, seen_at: datetime | None = None, *, only_now: bool = False) -> None:
        self.known = known
        self.at = at
        self.seen_at = seen_at or at
        self.only_now = only_now
        self._of_segments: dict[SegmentId, Answer] = {}
        self.of_leaves: dict[Check, Answer] = {}

    def answer_of(self, segment: SegmentId) -> Answer:
        """Judged once, however many other segments ask about it."""
        answer = self._of_segments.get(segment)
        if answer is None:
            answer = self._of_segments[segment] = self.known.checks[segment](self)
        return answer


Check = Callable[[Moment], Answer]
"""Says whether a predicate holds."""


_YES, _NO = Answer(True, NEVER), Answer(False, NEVER)


def always(holds: bool) -> Answer:
    """Time changes nothing about it."""
    return _YES if holds else _NO


def within(begin: datetime, end: datetime, at: datetime) -> Answer:
    """True in [begin, end)."""
    if at < begin:
        return Answer(False, begin if begin < end else NEVER)
    return Answer(True, end) if at < end else _NO


def passed(moment: Moment, then: datetime, least: int | None, most: int | None) -> Answer:
    """Whether at least ``least`` and at most ``most`` whole local days have passed since ``then`` (E9)."""
    later = moment.known.days.later
    return within(later(then, least) if least else then, NEVER if most is None else later(then, most + 1), moment.at)


def once(check: Check) -> Check:
    """The same, asked once for a moment, however many segments ask it."""

    def judged(moment: Moment) -> Answer:
        answer = moment.of_leaves.get(check)
        if answer is None:
            answer = moment.of_leaves[check] = check(moment)
        return answer

    return judged


def all_of(checks: Sequence[Check]) -> Check:
    """True until one is not; false until the last of those that are not is."""
    return _together(checks, decisive=False)


def any_of(checks: Sequence[Check]) -> Check:
    """False until one is; true until the last of those that are is not."""
    return _together(checks, decisive=True)


def opposite(check: Check) -> Check:
    """True while ``check`` is not."""

    def judged(moment: Moment) -> Answer:
        holds, until = check(moment)
        return Answer(not holds, until)

    return judged


def _together(checks: Sequence[Check], *, decisive: bool) -> Check:
    """``decisive`` as long as one of them is: for certain until the last of those that are changes."""

    def judged(moment: Moment) -> Answer:
        first_change = NEVER
        last_decisive: datetime | None = None
        for check in checks:
            holds, until = check(moment)
            if holds is not decisive:
                first_change = min(first_change, until)
            elif until == NEVER or moment.only_now:
                return always(decisive)
            elif last_decisive is None or until > last_decisive:
                last_decisive = until
        return Answer(not decisive, first_change) if last_decisive is None else Answer(decisive, last_decisive)

    return judged

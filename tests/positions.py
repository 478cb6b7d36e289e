"""Positions for tests: a member who does things, a few segments of them, and how these are judged by trying it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from huitou.kernel.calendars import add_days
from huitou.program.model import Program
from huitou.program.rules import SegmentId
from huitou.program.tiers import TierId
from huitou.segments.evaluation import Judge, Judging, evaluate
from huitou.segments.facts import Deed, Facts, Verdict
from huitou.standing.model import Interval, TierCause
from huitou.standing.position import MoveCause, Position, Seen
from tests.builders import MEI, OPENED, program, wallet

PROGRAM = program()
NEXT = program(version=2)
FRESH = Seen(wallets=1, record=1, grants=0)


@dataclass(frozen=True)
class Tiers:
    """`TierPath` from a list of tiers, each from an instant on; ``review_at`` is ahead."""

    steps: Sequence[tuple[datetime, TierId]] = ()
    review_at: datetime | None = None

    def tier_at(self, at: datetime) -> TierId | None:
        return self.interval_at(at).tier

    def interval_at(self, at: datetime) -> Interval:
        held = (Interval(tier, since, TierCause.GRANT) for since, tier in reversed(self.steps) if since <= at)
        return next(held, Interval(None, OPENED, TierCause.ENROLMENT))

    def changes_after(self, at: datetime) -> datetime | None:
        ahead = [since for since, _ in self.steps if since > at]
        return min(ahead) if ahead else self.review_at if self.review_at and self.review_at > at else None

    def lost_at(self, at: datetime) -> datetime | None:
        """Tiers that come later in the alphabet are the higher ones."""
        since, tier = next(((since, tier) for since, tier in self.steps if since > at), (None, ""))
        return since if tier < (self.tier_at(at) or "") else None


def visit(when: datetime, **changes: Any) -> Deed:
    """Mei at maru."""
    return Deed(**{"at": when, "brand": "maru", "store": "m1", "is_purchase": False, **changes})


def facts(deeds: Iterable[Deed] = (), **changes: Any) -> Facts:
    """What is known of Mei, who enrolled when `OPENED`."""
    fields: dict[str, Any] = {
        "enrolled_at": OPENED,
        "joined": {"maru": OPENED},
        "wallets": {"points": wallet()},
        "tiers": Tiers(),
        "deeds": sorted(deeds),
        **changes,
    }
    return Facts(**fields)


def positioned(
    known: Facts,
    now: datetime,
    judging: Judging,
    before: Position | None = None,
    *,
    seen: Seen = FRESH,
    version: Program = PROGRAM,
    in_force_since: datetime = OPENED,
    redefined: Set[SegmentId] = frozenset(),
) -> Position:
    """Where Mei stands at ``now``."""
    return evaluate(
        before,
        known,
        version,
        now,
        seen,
        member=MEI,
        in_force_since=in_force_since,
        redefined=redefined,
        judging=judging,
    )


Rule = Callable[[Facts, datetime], bool]


@dataclass(frozen=True)
class TriedOut:
    """A `Judging` that asks each rule at every instant at which time could turn it: slow, and hard to get wrong.

    ``days`` are the days after a deed, or the enrolment, at which any rule turns. With ``bound`` it answers the next
    such instant, whether anything turns then or not.
    """

    rules: Mapping[SegmentId, Rule]
    days: Sequence[int]
    bound: bool = False
    asked: list[datetime] = field(default_factory=list)

    def __call__(self, known: Facts, version: Program) -> Judge:
        return lambda at: self._verdicts(known, version, at)

    def _verdicts(self, known: Facts, version: Program, at: datetime) -> Mapping[SegmentId, Verdict]:
        self.asked.append(at)
        by_then = replace(known, deeds=[deed for deed in known.deeds if deed.at < at])
        starts = [known.enrolled_at, *(deed.at for deed in by_then.deeds)]
        turns = sorted({add_days(start, days, version.zone) for start in starts for days in self.days})
        return {name: self._verdict(rule, by_then, at, turns) for name, rule in self.rules.items()}

    def _verdict(self, rule: Rule, known: Facts, at: datetime, turns: Iterable[datetime]) -> Verdict:
        holds = rule(known, at)
        ahead = (turn for turn in turns if turn > at and (self.bound or rule(known, turn) != holds))
        return Verdict(holds, next(ahead, None))


def within(days: int, least: int) -> Rule:
    """So many deeds in the last days (E9)."""

    def rule(known: Facts, at: datetime) -> bool:
        counted = [deed for deed in known.deeds if deed.at < at < add_days(deed.at, days, PROGRAM.zone)]
        return len(counted) >= least

    return rule


def lapsed(days: int) -> Rule:
    """So many days since the last deed, of which there is one."""

    def rule(known: Facts, at: datetime) -> bool:
        done = [deed.at for deed in known.deeds if deed.at < at]
        return bool(done) and at >= add_days(max(done), days, PROGRAM.zone)

    return rule


def newcomer(days: int) -> Rule:
    """Enrolled less than so many days ago."""
    return lambda known, at: at < add_days(known.enrolled_at, days, PROGRAM.zone)


def story(position: Position) -> list[tuple[SegmentId, timedelta, str, timedelta | None, str | None]]:
    """Each membership: since when after `OPENED` and why, until when and why."""
    return [
        (each.segment, each.since - OPENED, each.cause.value, _after(each.until), _word(each.end))
        for each in position.memberships
    ]


def _after(instant: datetime | None) -> timedelta | None:
    return instant - OPENED if instant else None


def _word(cause: MoveCause | None) -> str | None:
    return cause.value if cause else None

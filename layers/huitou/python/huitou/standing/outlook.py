"""What a member is told of their tier: what it rests on, what is missing for the next one, and what would be lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huitou.kernel.instants import from_millis, to_millis
from huitou.program.tiers import Tier, TierPolicy
from huitou.standing.keeping import Timeline, first_instant, history
from huitou.standing.model import Interval, Known, Standing
from huitou.standing.tiers import Leg, evaluate
from huitou.standing.windows import days_after


@dataclass(frozen=True, slots=True)
class Goal:
    """``level`` asks for so much; ``missing`` is what is not there yet, never below 0."""

    level: Tier
    progress: int
    missing: int


@dataclass(frozen=True, slots=True)
class Prospect:
    """What is ahead of a member. Amounts are in the smallest unit of what is measured.

    ``counted_since`` is where the window begins that ``progress`` counts. ``kept`` is what the next review (or, in
    grace, its end) asks for, None at the lowest tier; ``projected`` is the tier after it, and after the grace that it
    may begin, if nothing more is done.
    ``warned_at`` is from when on the member is told what is missing (M15), None while nothing is.
    """

    policy: TierPolicy
    progress: int
    counted_since: datetime
    next: Goal | None
    review_at: datetime | None
    grace_until: datetime | None
    kept: Goal | None
    projected: Tier
    warned_at: datetime | None

    @property
    def is_at_risk(self) -> bool:
        """Whether the tier is lost if nothing more is done."""
        return self.kept is not None and self.projected.threshold < self.kept.level.threshold


@dataclass(frozen=True, slots=True)
class Outlook:
    """How a member stands at ``at``. ``prospect`` is None where there are no tiers, or the facts of then are gone."""

    at: datetime
    interval: Interval
    level: Tier | None
    prospect: Prospect | None


def look(known: Known, timeline: Timeline, at: datetime) -> Outlook:
    """How the member stands at ``at``, before, now, or later if nothing more is done."""
    past, start = history(known), known.record.base
    regimes = timeline(start.through if start else first_instant(known))
    standing = evaluate(past, regimes, at)
    regime = next((each for each in reversed(regimes) if each.since <= at), regimes[0])
    interval = standing.interval_at(at)
    levels = regime.policy.levels if regime.policy else ()
    level = next((each for each in levels if each.id == interval.tier), None)
    if regime.policy is None or level is None or standing.through > at:
        return Outlook(at, interval, level, None)
    return Outlook(at, interval, level, _prospect(regime.policy, Leg(past, regime), standing))


def _prospect(policy: TierPolicy, leg: Leg, standing: Standing) -> Prospect:
    t, state = to_millis(standing.through), standing.state
    rank, progress = policy.rank(state.tier or ""), leg.progress(t)
    higher = policy.levels[rank + 1] if rank + 1 < len(policy.levels) else None
    kept, projected, warned_at = None, policy.levels[rank], None
    if state.review_at is not None:
        review = to_millis(state.review_at)
        counted = leg.reviewed(review, t) if state.grace_until is None else leg.in_grace(review, t, t)
        kept = _goal(policy.levels[rank], counted)
        if kept.missing:
            projected = policy.levels[_projected(policy, leg, rank, review, standing)]
            warned_at = from_millis(days_after(review, -policy.warning_days, leg.regime.zone))
    return Prospect(
        policy=policy,
        progress=progress,
        counted_since=from_millis(leg.window.since(t)),
        next=_goal(higher, progress) if higher else None,
        review_at=state.review_at,
        grace_until=state.grace_until,
        kept=kept,
        projected=projected,
        warned_at=warned_at,
    )


def _projected(policy: TierPolicy, leg: Leg, rank: int, review: int, standing: Standing) -> int:
    """What a tier of ``rank`` comes to whose ``review`` finds, or in grace found, too little."""
    t, grace = to_millis(standing.through), standing.state.grace_until
    if grace is None and leg.granted(review, t)[0] >= rank:
        return rank
    end = to_millis(grace) if grace else days_after(review, policy.grace_days, leg.regime.zone)
    return max(leg.lower(rank, leg.in_grace(review, end - 1, t)), leg.granted(end, t)[0])


def _goal(level: Tier, progress: int) -> Goal:
    return Goal(level, progress, max(level.threshold - progress, 0))

"""The tier of a member, worked out from what they did: ``evaluate(history, regimes, now) -> Standing`` (M15).

The idea: a standing is never changed, it is worked out. All that counts is a set of facts and grants; the course of
a membership is followed through time, from one instant at which something may happen to the next, and what comes out
is the same in whatever order the facts became known. A late sale therefore lifts the member from its own instant on,
though what was decided meanwhile stays as it was (E7). Only a refund counts from the day it was made (E8).

At one instant the order is that of E22: first the tier's own time (a review, the end of a grace), then grants, then
what was gained, then refunds. A review and a grant hold from their very instant on; what a sale or a refund brings
begins a millisecond later, so that no sale of the same instant profits (E7).

The course can be followed from any standing of the past in which all that happened by then is contained: that is how
the next sale is decided without going through the year. Inside this module, instants are milliseconds since 1970.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from huitou.kernel.facts import Fact
from huitou.kernel.instants import from_millis, to_millis
from huitou.kernel.values import lean
from huitou.program.tiers import Measure, TierId, TierPolicy
from huitou.standing.model import Grant, Interval, Regime, Standing, State, TierCause
from huitou.standing.sheet import Sheet, Tally
from huitou.standing.windows import Window, days_after, window_of

ALWAYS = -(1 << 62)
NEVER = 1 << 62

_GRANT, _GAIN, _REFUND = range(3)
_AMOUNT: Mapping[Measure, Callable[[Fact], int]] = {
    "spend": attrgetter("spend"),
    "visits": attrgetter("visits"),
    "points": attrgetter("points"),
}


@lean
class History:
    """All that a standing is worked out from.

    Where older facts have been dropped, ``base`` is how the member stood by then.
    """

    enrolled_at: datetime
    facts: Sheet
    grants: tuple[Grant, ...] = ()
    base: Standing | None = None


def evaluate(history: History, regimes: Sequence[Regime], now: datetime, start: Standing | None = None) -> Standing:
    """How the member has stood until ``now``, from the beginning or from ``start`` on.

    ``regimes`` are in order; the first counts from the beginning. ``start`` contains all of ``history`` that
    happened by then, or became known where it is a refund.
    """
    return _Course(history, regimes, start or history.base, drops=True).follow(to_millis(now))


def unchanged(reached: Standing, unseen: Sequence[Fact], regime: Regime, now: datetime) -> bool:
    """Whether nothing can have happened to the tier since ``reached``, all of ``unseen`` being later."""
    if reached.regime != regime.version or regime.policy is None:
        return reached.regime == regime.version
    rest = Rest(reached, regime.policy)
    for fact in unseen:
        rest.take(fact)
    return rest.lasts(now)


class Rest:
    """For how long nothing can happen to the tier of a standing, whatever else happens later than it.

    The quick way for the usual sale: no review has come, and even if nothing had left the window since, the next
    threshold would be out of reach.
    """

    __slots__ = ("_amount", "_drops", "_review_at", "_room")

    def __init__(self, reached: Standing, policy: TierPolicy) -> None:
        state = reached.state
        rank = policy.rank(state.tier or "")
        self._amount = _AMOUNT[policy.measure]
        self._drops = policy.on_refund == "drop"
        self._review_at = state.review_at
        self._room = 0 if state.grace_until else _ceiling(policy, rank) - reached.progress

    def take(self, fact: Fact) -> None:
        """One fact more, later than the standing."""
        amount = self._amount(fact)
        if amount > 0:
            self._room -= amount
        elif amount < 0 and self._drops:
            self._room = 0

    def lasts(self, now: datetime) -> bool:
        """Whether it still does at ``now``."""
        return self._room > 0 and (self._review_at is None or now < self._review_at)


def level_of(policy: TierPolicy, progress: int) -> int:
    """The rank that ``progress`` is enough for."""
    return bisect_right(policy.levels, progress, key=lambda level: level.threshold) - 1


class Leg:
    """What holds under one regime: the policy, its window, and what counts in it and was granted."""

    def __init__(self, history: History, regime: Regime) -> None:
        self.regime = regime
        self.policy = regime.policy
        self._grants = history.grants
        self.levels = regime.policy.levels if regime.policy else ()
        if regime.policy is not None:
            self.window: Window = window_of(regime.policy, regime.zone, history.enrolled_at)
            self.tally = Tally(history.facts, regime.policy.measure)

    def progress(self, t: int) -> int:
        """What the window of ``t`` holds then."""
        return self.tally.between(self.window.since(t), t, t)

    def reviewed(self, review: int, t: int) -> int:
        """What counts for the review, of what was there by ``t``."""
        return self.tally.between(self.window.reviewed_since(review), t, t)

    def in_grace(self, review: int, at: int, t: int) -> int:
        """What counts at ``at``, in the grace after the failed review, of what was there by ``t``."""
        return self.tally.between(self.window.grace_since(review, at), t, t)

    def most(self, t: int) -> int:
        """As much as `progress` or more, found faster."""
        return self.tally.gained(self.window.earliest(t), t)

    def granted(self, at: int, t: int) -> tuple[int, int]:
        """The highest rank that a grant gives at ``at``, and until when, of what was granted by ``t``."""
        best = (0, 0)
        for grant in self._grants:
            if self.policy and to_millis(grant.at) <= min(at, t) and at < (end := _end(grant, self.window)):
                best = max(best, (self.policy.rank(grant.tier), end))
        return best

    def lower(self, rank: int, counted: int) -> int:
        """What a tier of ``rank`` falls to, grants apart: the level below, or what ``counted`` is enough for."""
        below = rank - 1
        if self.policy and self.policy.downgrade == "requalify":
            return min(below, level_of(self.policy, counted))
        return below


class _Course:
    """A membership on its way: ``rank`` among the levels, the review ahead, the end of the grace if in one."""

    def __init__(self, history: History, regimes: Sequence[Regime], start: Standing | None, *, drops: bool) -> None:
        self._history = history
        self._regimes = regimes
        self._drops = drops
        self._through = to_millis(start.through) if start else ALWAYS
        self._intervals = list(start.intervals) if start else []
        self._state = start.state if start else State()
        self._version = start.regime if start else 0
        self._most = start.progress if start else 0
        self._rank, self._review, self._grace = 0, NEVER, NEVER

    def follow(self, until: int) -> Standing:
        """To ``until``, through one regime after the other."""
        before: Regime | None = None
        first = min(until, self._first_instant())
        for regime, end in zip(self._regimes, self._ends(until), strict=True):
            if end > self._through and (self._intervals or end >= first):
                leg = Leg(self._history, regime)
                if not self._intervals:
                    self._begin(leg)
                elif regime.version != self._version and to_millis(regime.since) > self._through:
                    self._change(leg, before)
                else:
                    self._resume(leg)
                self._go(leg, end)
                self._arrive(leg, end)
            before = regime
        return Standing(from_millis(self._through), self._state, tuple(self._intervals), self._version, self._most)

    def _ends(self, until: int) -> list[int]:
        return [*(min(until, to_millis(regime.since) - 1) for regime in self._regimes[1:]), until]

    def _first_instant(self) -> int:
        """Enrolment or, where a receipt is older, that."""
        return min([to_millis(self._history.enrolled_at), *self._history.facts.at[:1]])

    def _begin(self, leg: Leg) -> None:
        """Everybody begins at the lowest tier."""
        tier = leg.levels[0].id if leg.policy else None
        self._intervals.append(Interval(tier, from_millis(self._first_instant()), TierCause.ENROLMENT))

    def _resume(self, leg: Leg) -> None:
        state = self._state
        self._rank = leg.policy.rank(state.tier or "") if leg.policy else 0
        self._review = to_millis(state.review_at) if state.review_at else NEVER
        self._grace = to_millis(state.grace_until) if state.grace_until else NEVER

    def _change(self, leg: Leg, before: Regime | None) -> None:
        """E20: a publication. It may lift at once, and takes only what is no more; the rest is for the review."""
        self._resume(leg)
        at, tier, policy = to_millis(leg.regime.since), self._state.tier, leg.policy
        if policy is None:
            self._rank, self._review, self._grace = 0, NEVER, NEVER
            self._note(None, at, TierCause.PROGRAM)
            return
        if before is not None and (before.policy, before.zone) == (policy, leg.regime.zone):
            return
        granted, end = leg.granted(at, at)
        reached = level_of(policy, leg.progress(at - 1))
        best, review = max(granted, reached), end if granted > reached else leg.window.next_review(at)
        if best > self._rank or all(level.id != tier for level in policy.levels):
            self._hold(best, review)
            self._note(policy.levels[best].id, at, TierCause.PROGRAM)
        elif self._review == NEVER or before is None or not _same_window(before, leg.regime):
            self._hold(self._rank, leg.window.next_review(at))

    def _go(self, leg: Leg, until: int) -> None:
        policy = leg.policy
        if policy is None or self._is_quiet(leg, policy, until):
            return
        for t, kind, grant in self._events(leg, policy, until):
            self._pass_time(leg, policy, t)
            if kind == _GAIN:
                if self._grace != NEVER or leg.most(t) >= _ceiling(policy, self._rank):
                    self._gain(leg, policy, t)
            elif grant is not None:
                self._grant(leg, policy, grant)
            else:
                self._refund(leg, policy, t)
        self._pass_time(leg, policy, until)

    def _is_quiet(self, leg: Leg, policy: TierPolicy, until: int) -> bool:
        """Whether nothing can happen until ``until``: all that is gained by then, at once, would not be enough."""
        if self._grace != NEVER or self._review <= until or self._others(policy, until):
            return False
        gains = leg.tally.moments(self._through, until)
        return not gains or leg.tally.gained(leg.window.earliest(gains[0]), until) < _ceiling(policy, self._rank)

    def _events(self, leg: Leg, policy: TierPolicy, until: int) -> Iterator[tuple[int, int, Grant | None]]:
        """What happens until ``until``, in the order of E22."""
        events: list[tuple[int, int, Grant | None]] = [
            (t, _GAIN, None) for t in dict.fromkeys(leg.tally.moments(self._through, until))
        ]
        if others := self._others(policy, until):
            events = sorted([*events, *others], key=lambda event: (event[0], event[1], event[2] and event[2].id))
        yield from events

    def _others(self, policy: TierPolicy, until: int) -> list[tuple[int, int, Grant | None]]:
        """Of these, what is not a gain."""
        others: list[tuple[int, int, Grant | None]] = [
            (t, _GRANT, grant) for grant in self._history.grants if self._through < (t := to_millis(grant.at)) <= until
        ]
        if self._drops and policy.on_refund == "drop":
            refunds = self._history.facts.refunds_known_at()
            others += [(t, _REFUND, None) for t in refunds if self._through < t <= until]
        return others

    def _pass_time(self, leg: Leg, policy: TierPolicy, until: int) -> None:
        """Reviews, and ends of grace, that come by ``until``."""
        while (self._review if self._grace == NEVER else self._grace) <= until:
            if self._grace == NEVER:
                self._be_reviewed(leg, policy, self._review)
            else:
                self._fall(leg, policy, self._grace)

    def _be_reviewed(self, leg: Leg, policy: TierPolicy, review: int) -> None:
        granted, end = leg.granted(review, review)
        if leg.reviewed(review, review - 1) >= policy.levels[self._rank].threshold:
            self._review = leg.window.next_review(review)
        elif granted >= self._rank:
            self._review = end
        elif policy.grace_days:
            self._grace = days_after(review, policy.grace_days, leg.regime.zone)
        else:
            self._fall(leg, policy, review)

    def _fall(self, leg: Leg, policy: TierPolicy, t: int) -> None:
        """By one level, or to what the window still holds; never below what was granted."""
        lower = leg.lower(self._rank, leg.in_grace(self._review, t - 1, t - 1))
        granted, end = leg.granted(t, t)
        self._hold(max(lower, granted), end if granted > lower else leg.window.next_review(t))
        self._note(policy.levels[self._rank].id, t, TierCause.REVIEW)

    def _gain(self, leg: Leg, policy: TierPolicy, t: int) -> None:
        """E7: the tier is kept or a higher one reached by what was gained at ``t``, and counts from then on."""
        reached = level_of(policy, leg.progress(t))
        if reached > self._rank:
            self._hold(reached, leg.window.next_review(t))
            self._note(policy.levels[reached].id, t + 1, TierCause.PURCHASE)
        elif self._grace != NEVER and leg.in_grace(self._review, t, t) >= policy.levels[self._rank].threshold:
            self._hold(self._rank, leg.window.next_review(t))

    def _grant(self, leg: Leg, policy: TierPolicy, grant: Grant) -> None:
        rank, end = policy.rank(grant.tier), _end(grant, leg.window)
        if rank > self._rank or (rank == self._rank and (self._grace != NEVER or end > self._review)):
            self._hold(rank, end)
            self._note(policy.levels[rank].id, to_millis(grant.at), TierCause.GRANT)

    def _refund(self, leg: Leg, policy: TierPolicy, t: int) -> None:
        """E8, `drop`: the member stands as if what was refunded by ``t`` had never been, but no higher than before."""
        history = self._history
        without = History(history.enrolled_at, history.facts.known_at_once(t), history.grants, history.base)
        other = _Course(without, self._regimes, history.base, drops=False).follow(t)
        rank = policy.rank(other.state.tier or "")
        if rank < self._rank:
            self._state = other.state
            self._resume(leg)
            self._note(policy.levels[rank].id, t + 1, TierCause.REFUND)

    def _hold(self, rank: int, review: int) -> None:
        self._rank, self._grace = rank, NEVER
        self._review = review if rank else NEVER

    def _note(self, tier: TierId | None, since: int, cause: TierCause) -> None:
        """Of what begins at one instant, the last counts."""
        if self._intervals[-1].since == from_millis(since):
            self._intervals.pop()
        if not self._intervals or tier != self._intervals[-1].tier:
            self._intervals.append(Interval(tier, from_millis(since), cause))

    def _arrive(self, leg: Leg, t: int) -> None:
        self._through, self._version = t, leg.regime.version
        review, grace = (None if each == NEVER else from_millis(each) for each in (self._review, self._grace))
        self._state = State(leg.levels[self._rank].id if leg.policy else None, review, grace)
        self._most = leg.most(t) if leg.policy else 0


def _ceiling(policy: TierPolicy, rank: int) -> int:
    """What the next level asks for."""
    return policy.levels[rank + 1].threshold if rank + 1 < len(policy.levels) else NEVER


def _end(grant: Grant, window: Window) -> int:
    return to_millis(grant.until) if grant.until else window.next_review(to_millis(grant.at))


def _same_window(before: Regime, after: Regime) -> bool:
    policies = before.policy, after.policy
    windows = [policy and (policy.window, policy.measure) for policy in policies]
    return windows[0] == windows[1] and before.zone == after.zone

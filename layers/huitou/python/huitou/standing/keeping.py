"""What is kept to tell a standing from, and how it grows: the record of a member, and facts that it has yet to take in.

A sale appends its fact to the home wallet, which is written anyway; only when `MOST_UNSEEN` have gathered are they
folded into the record. A record keeps all facts until they are more than `MOST_FACTS`; then those are dropped that no
window can look back to any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from huitou.kernel.instants import MILLISECOND, from_millis, to_millis
from huitou.kernel.values import changed
from huitou.program.model import Program
from huitou.standing.model import Interval, Known, Record, Regime, Standing, State, TierCause
from huitou.standing.tiers import History, evaluate, unchanged
from huitou.standing.windows import window_of

MOST_UNSEEN = 16
"""Facts that a wallet carries before they are folded: some hundred bytes of its item."""
MOST_FACTS = 256
"""About two kilobytes, more than most members collect in years."""

SHORTENED_EVERY = 8
"""Folds: looking for what can be dropped costs as much as working the standing out afresh."""

_AT = attrgetter("at")
_KNOWN_AT = attrgetter("known_at")

Timeline = Callable[[datetime], Sequence[Regime]]
"""The regimes in order, from the one in force at an instant to today's."""


def stand(known: Known, timeline: Timeline, now: datetime) -> Standing:
    """How the member has stood until ``now``, at least."""
    reached = _reached(known, timeline)
    if (
        reached is not None
        and len(known.record.grants) == known.record.grants_seen
        and unchanged(reached, known.unseen, timeline(now)[0], now)
    ):
        return reached
    return _evaluate(known, timeline, now, reached)


def history(known: Known) -> History:
    """All that counts."""
    record, unseen, enrolled_at = known
    return History(enrolled_at, record.facts.plus(unseen), record.grants, record.base)


def first_instant(known: Known) -> datetime:
    """Before it, nothing happened that counts."""
    facts = known.record.facts.at
    kept = [from_millis(facts[0])] if facts else []
    first: datetime = min([known.enrolled_at, *kept, *map(_AT, known.unseen)])
    return first


def fold(known: Known, timeline: Timeline, settled: datetime) -> Record:
    """The record with what was unseen taken in. What happened before ``settled`` is final: see `settled_by`."""
    record, facts = known.record, known.record.facts.plus(known.unseen)
    if not facts.at:
        return changed(record, folds=record.folds + 1)
    gathered = known._replace(record=changed(record, facts=facts), unseen=())
    reached = _evaluate(gathered, timeline, from_millis(facts.latest), _reached(known, timeline))
    seen = sum(grant.at <= reached.through for grant in record.grants)
    folded = changed(record, folds=record.folds + 1, facts=facts, reached=reached, grants_seen=seen)
    if len(facts) <= MOST_FACTS or folded.folds % SHORTENED_EVERY:
        return folded
    return _shortened(gathered._replace(record=folded), timeline, settled)


def settled_by(program: Program, now: datetime) -> datetime:
    """Before this instant, no sale can come any more, nor a refund that changes what was."""
    waits = [program.late_limit, program.claim_limit, program.refund_limit]
    return now - max(waits) - timedelta(days=1)


def _evaluate(known: Known, timeline: Timeline, now: datetime, reached: Standing | None) -> Standing:
    start = reached or known.record.base
    return evaluate(history(known), timeline(start.through if start else first_instant(known)), now, start)


def _reached(known: Known, timeline: Timeline) -> Standing | None:
    """The standing worked out before, if all that it does not contain is later."""
    record, unseen, _ = known
    if record.reached is None:
        return _outset(known, timeline) if not record.facts else None
    through = record.reached.through
    if unseen and min(map(_KNOWN_AT, unseen)) <= through:
        return None
    if record.grants and sum(grant.at <= through for grant in record.grants) != record.grants_seen:
        return None
    return record.reached if timeline(through)[0].version == record.reached.regime else None


def _outset(known: Known, timeline: Timeline) -> Standing | None:
    """How a member of whom nothing was taken in yet stood just before all of it: at the lowest tier."""
    first = first_instant(known)
    if any(grant.at < first for grant in known.record.grants):
        return None
    regime = timeline(first)[0]
    tier = regime.policy.levels[0].id if regime.policy else None
    enrolment = Interval(tier, first, TierCause.ENROLMENT)
    return Standing(first - MILLISECOND, State(tier), (enrolment,), regime.version, 0)


def _shortened(known: Known, timeline: Timeline, settled: datetime) -> Record:
    record = known.record
    base = _evaluate(known, timeline, settled - MILLISECOND, None)
    kept = record.facts.since(_reach(base, known.enrolled_at, timeline(base.through)[0]))
    return changed(record, facts=kept, base=base) if len(kept) < len(record.facts) else record


def _reach(base: Standing, enrolled_at: datetime, regime: Regime) -> int:
    """The first instant that any window of the future looks back to."""
    t = to_millis(base.through)
    if regime.policy is None:
        return t
    window = window_of(regime.policy, regime.zone, enrolled_at)
    review = base.state.review_at
    return min(window.earliest(t), window.reviewed_since(to_millis(review)) if review else t)

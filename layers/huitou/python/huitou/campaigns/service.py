"""Journeys go on: each step when it is due, by all that is known then, and written together with what it does.

A delivery may come again, at once or late: whoever is not first at the journey's own item does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from huitou.campaigns.decisions import NOT_IN_SEGMENT, go_on, postpone, stop
from huitou.campaigns.drawing import Draws, holdouts, together
from huitou.campaigns.effects import given, issued, tagged
from huitou.campaigns.model import Journey, JourneyId, Turn
from huitou.campaigns.ports import Effects, JourneyStore
from huitou.campaigns.sending import Stage, sent
from huitou.campaigns.situations import NOBODY, Situation, Situations
from huitou.kernel.commits import Commit, Write, until_committed
from huitou.members.model import Member
from huitou.members.ports import Profiles
from huitou.outbox.pacing import Pacing
from huitou.outbox.ports import Hindrance, OutboxStore
from huitou.program.campaigns import Campaign, GiveCoupon, GivePoints, OnlyIn, Send, SetTag
from huitou.program.model import Program
from huitou.program.ports import Programs
from huitou.program.speech import Speech
from huitou.suppressions.service import Suppressions

Effect = GivePoints | GiveCoupon | SetTag
"""What changes something of the member."""


class Journeys:
    """The use case. ``pause`` waits after the n-th time that a decision was overtaken."""

    def __init__(
        self,
        *,
        journeys: JourneyStore,
        situations: Situations,
        effects: Effects,
        outbox: OutboxStore,
        profiles: Profiles,
        suppressions: Suppressions,
        draws: Draws,
        programs: Programs,
        speech: Callable[[Program], Speech],
        pacing: Pacing,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._journeys = journeys
        self._situations = situations
        self._effects = effects
        self._outbox = outbox
        self._profiles = profiles
        self._suppressions = suppressions
        self._draws = draws
        self._programs = programs
        self._speech = speech
        self._pacing = pacing
        self._commit = commit
        self._pause = pause

    def advance(self, named: JourneyId, now: datetime) -> Journey | None:
        """Takes the steps that are due, and answers how the journey stands then; None: there is none."""

        def attempt() -> Journey | None:
            before = self._journeys.load(named)
            if before is None or not before.is_due(now):
                return before
            after, writes = self._next(before, now)
            self._commit([self._journeys.save(before, after), *writes])
            return after

        while True:
            journey = until_committed(attempt, self._pause)
            if journey is None or not journey.is_due(now):
                return journey

    def _next(self, before: Journey, now: datetime) -> tuple[Journey, Sequence[Write]]:
        """The journey after what is due, and what is written with it."""
        found = self._situations.of(before, now)
        if isinstance(found, Hindrance):
            after = postpone(before, found.again_at) if found.again_at else stop(before, found.reason, now)
            return after, ()
        steps = self._as_begun(before).steps
        after, step = go_on(before, found.campaign, steps, now, found.program.zone), steps[before.step]
        match step:
            case OnlyIn(segments=asked) if not asked <= found.position.segments_at(now):
                return stop(before, NOT_IN_SEGMENT, now), ()
            case GivePoints() | GiveCoupon() | Send() | SetTag():
                return self._done(before, after, step, found, now)
        return after, ()

    def _done(
        self, before: Journey, after: Journey, step: Effect | Send, found: Situation, now: datetime
    ) -> tuple[Journey, Sequence[Write]]:
        record = self._profiles.load(found.home.member)
        if record is None:
            return stop(before, NOBODY, now), ()
        journey, kept = self._drawn(before, found, record)
        turn, writes = self._turn(journey, step, found, record, now)
        return replace(after, draw=journey.draw, turns=(*before.turns, turn)), (*kept, *writes)

    def _turn(
        self, journey: Journey, step: Effect | Send, found: Situation, record: Member, now: datetime
    ) -> tuple[Turn, Sequence[Write]]:
        match step:
            case GivePoints():
                return given(journey, step, found, self._effects, now=now)
            case GiveCoupon():
                return issued(journey, step, found, self._effects, now=now)
            case SetTag():
                return tagged(journey, step, found, record, self._effects, now=now)
        catalogue = self._speech(found.program).catalogue
        pacing = self._pacing.of(journey.id.member, found.program)
        stage = Stage(found.program, found.campaign, found.home, catalogue, pacing, record, journey.began_at, now)
        return sent(journey, step, stage, self._outbox, self._suppressions.holds_back)

    def _drawn(self, journey: Journey, found: Situation, record: Member) -> tuple[Journey, Sequence[Write]]:
        """With what was drawn for the member, and what is written with the step."""
        percents = holdouts(self._as_begun(journey), self._speech(found.program).manners)
        others = {found.home.member, *found.home.absorbed}
        draws, writes = self._draws.of(journey.id.member, others, record, percents)
        return replace(journey, draw=together(journey.campaign, draws)), writes

    def _as_begun(self, journey: Journey) -> Campaign:
        """As it was when the journey began, to whose end it holds."""
        return self._programs.version(journey.program_version).campaigns[journey.campaign]

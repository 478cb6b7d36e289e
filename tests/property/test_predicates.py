"""M16, M17: a predicate is judged as one would by hand, and stays as it was judged for as long as was said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from huitou.kernel.calendars import add_days, at_local
from huitou.kernel.instants import MILLISECOND
from huitou.program import predicates as p
from huitou.program.looking_back import leaves_of
from huitou.program.model import BrandId, Program
from huitou.segments import judging
from huitou.segments.facts import Facts
from huitou.segments.judging import BOUNDED, Judge
from huitou.segments.moment import Check, always
from tests.facts import FACTS, INSTANTS, PROGRAMS, ZONES
from tests.predicates import KIND_OF, LEAVES, LISTS, PREDICATES
from tests.property.naive_predicates import ByHand

SETTLED = {"gender", "language", "home_store", "tags", "consent"}
"""What time alone never changes."""
LATELY = p.LastDays(30)
COMING = p.Behaviour("purchases", p.Bounds(least=1), LATELY)
REGULARS = p.Segment("regulars", "Regulars", None, COMING)
ASKED = {**LEAVES, "segments": LEAVES["segments"] | st.just(p.InSegment(frozenset({REGULARS.id})))}
"""Of segments, also one that time alone changes."""
LOOKING = settings(max_examples=20_000, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
"""Some hundred do, as a rule: most of those that are drawn are about a member of whom nothing changes any more."""


class Case(NamedTuple):
    """Somebody asks ``asked`` of a member at ``at``, for a segment of ``brand``."""

    asked: p.Predicate
    facts: Facts
    program: Program
    at: datetime
    brand: BrandId | None

    def by_hand(self, at: datetime) -> bool:
        """Whether it holds at ``at`` if nothing is done from ``self.at`` on."""
        done = tuple(deed for deed in self.facts.deeds if deed.at < self.at)
        return ByHand(replace(self.facts, deeds=done), self.program, at, self.brand).holds(self.asked)


def program_with_lists(zone: str, in_march: bool) -> Program:
    lists = {name: p.Segment(name, name, None, None) for name in LISTS}
    return replace(PROGRAMS[zone], leap_day_in_march=in_march, segments={**lists, REGULARS.id: REGULARS})


WITH_LISTS = [program_with_lists(zone, in_march) for zone in ZONES for in_march in (False, True)]


@st.composite
def cases(draw: st.DrawFn, asked: SearchStrategy[Any]) -> Case:
    """Often at the very instant at which something begins or ends."""
    facts, program = draw(FACTS), draw(st.sampled_from(WITH_LISTS))
    predicate = draw(asked)
    special = [draw(INSTANTS), *turns(facts, program, predicate)]
    at = draw(st.sampled_from(special)) + draw(st.sampled_from((-1, 0, 0, 1))) * MILLISECOND
    return Case(predicate, facts, program, at, draw(st.sampled_from((None, None, "maru"))))


def turns(facts: Facts, program: Program, asked: p.Predicate) -> list[datetime]:
    """Instants at which something of the member may begin or end to count."""
    spans = {0, *days_named(asked)}
    starts = [*(deed.at for deed in facts.deeds), *facts.joined.values(), facts.enrolled_at]
    ends = [
        moment
        for wallet in facts.wallets.values()
        for lot in wallet.lots
        for moment in (lot.active_at, lot.expires_at, *(hold.ends_at for hold in wallet.holds))
        if moment is not None
    ]
    found = {add_days(start, span, program.zone) for start in starts for span in spans}
    found |= {add_days(end, -span, program.zone) for end in ends for span in spans}
    return sorted(found)


def days_named(asked: p.Predicate) -> Iterator[int]:
    """After how many days of something it may turn."""
    for leaf in leaves_of(asked):
        match leaf:
            case p.Since(least=least, most=most) | p.Joined(least=least, most=most):
                yield from (days for days in (least, most and most + 1) if days is not None)
            case p.ExpiringPoints(days=days) | p.Behaviour(window=p.LastDays(days=days)):
                yield days
            case p.Share(window=p.LastDays(days=days)) | p.UsualHour(window=p.LastDays(days=days)):
                yield days
            case p.InSegment():
                yield LATELY.days


def of_who_joined(case: Case) -> Case:
    """E31: a brand's own segment holds for those alone."""
    return case._replace(asked=p.AllOf((p.Joined(frozenset({case.brand})), case.asked))) if case.brand else case


def between(case: Case, until: datetime | None) -> list[datetime]:
    """Where the truth is looked at again: all that may be a turn, midnights, and many others, before ``until``."""
    end = until or case.at + timedelta(days=900)
    zone = case.program.zone
    looked_at = {case.at + MILLISECOND, end - MILLISECOND}
    looked_at |= {case.at + (end - case.at) * part // 12 for part in range(1, 12)}
    today = case.at.astimezone(zone).date()
    days = [today + timedelta(days) for days in (*range(1, 4), 30, 365)] + [
        today.replace(year=year, month=month, day=1)
        for year in range(today.year, today.year + 3)
        for month in (1, 3, 7)
    ]
    looked_at |= {at_local(day, time.min, zone) for day in days}
    looked_at |= {
        moment + step * MILLISECOND for moment in turns(case.facts, case.program, case.asked) for step in (0, 1)
    }
    return sorted(moment for moment in looked_at if case.at < moment < end)


def broken(case: Case) -> str:
    """What is wrong with the verdict; empty if nothing is."""
    holds, until = Judge(case.facts, case.program).of(case.asked, case.at, case.brand)
    if holds is not case.by_hand(case.at):
        return f"It does not hold, or does: {holds}"
    if until is not None and until <= case.at:
        return "That is over already."
    if changed := changed_before(case, until):
        return changed
    if until is not None and not isinstance(case.asked, BOUNDED):
        return "" if case.by_hand(until) is not holds else f"Was to change at {until}."
    return ""


def changed_before(case: Case, until: datetime | None) -> str:
    """Where it did not stay as it was until then; empty if it did."""
    holds = case.by_hand(case.at)
    changes = (moment for moment in between(case, until) if case.by_hand(moment) is not holds)
    return next((f"Changed at {moment}, but was to stay until {until}." for moment in changes), "")


@pytest.mark.parametrize("word", ASKED)
@given(data=st.data())
def test_a_leaf_is_judged_as_by_hand_and_turns_at_its_instant_and_not_before(data: st.DataObject, word: str) -> None:
    """M17, E9, E10, E31: also where days have 23 or 25 hours, at ends of months, and on 29 February."""
    case = data.draw(cases(ASKED[word]))
    assert not broken(case)


@given(cases(PREDICATES))
def test_what_is_put_together_holds_as_by_hand_and_stays_so_as_long_as_was_said(case: Case) -> None:
    assert not broken(case)


@given(cases(PREDICATES), PREDICATES)
def test_nobody_is_woken_up_for_nothing(case: Case, other: p.Predicate) -> None:
    """M17: at the earliest instant of all segments, one changes: what only may change then, has been looked at."""
    written = {"one": case, "other": case._replace(asked=other, brand=None)}
    segments = {name: p.Segment(name, name, each.brand, each.asked) for name, each in written.items()}
    asked = {name: of_who_joined(each) for name, each in written.items()}
    asked[REGULARS.id] = case._replace(asked=COMING, brand=None)
    program = replace(case.program, segments={**case.program.segments, **segments})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(judging, "MOST_LOOKS", 500)
        verdicts = Judge(case.facts, program)(case.at)
    for name, each in asked.items():
        assert verdicts[name].holds is each.by_hand(case.at)
        assert not changed_before(each, verdicts[name].until)
    earliest = min((verdict.until for verdict in verdicts.values() if verdict.until is not None), default=None)
    if earliest is not None:
        assert any(each.by_hand(earliest) is not verdicts[name].holds for name, each in asked.items())


@pytest.mark.parametrize("word", [word for word in ASKED if word not in SETTLED])
def test_a_leaf_that_forgets_when_it_turns_is_found_out(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of the test above: whichever leaf forgets the instant, it fails. Nothing is made ready for later ones."""
    kind = KIND_OF[word]
    make = judging._MAKERS[kind]

    def forgetful(*asked: Any) -> Check:
        check = make(*asked)
        return lambda moment: always(check(moment).holds)

    monkeypatch.setitem(judging._MAKERS, kind, forgetful)
    monkeypatch.setattr(judging, "_made", judging._make)
    found = find(cases(ASKED[word]), lambda case: broken(case).startswith("Changed"), settings=LOOKING)
    assert found.asked

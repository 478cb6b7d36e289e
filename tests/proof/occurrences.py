"""Campaigns over a year of real shopping: what the source data says that each begins, and households to live it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb

from cli.program_file import SAMPLE, read_program_file
from cli.sample_data import DATA
from huitou.campaigns.model import Journey
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import MILLISECOND, parse_instant, to_millis
from huitou.kernel.pages import all_items
from huitou.members.identity import external_identity
from huitou.members.model import Member, Profile
from huitou.program.campaigns import CampaignId
from huitou.program.document import canonical_json
from huitou.program.model import GROUP, Program
from huitou.program.speech import compile_speech
from huitou.program.validation import read_document
from huitou.simulator.history import History
from huitou.simulator.replaying import Replayer, Talk
from huitou.standing.position import Position
from tests.builders import program
from tests.members import an_enrolment
from tests.standing import Standings, journeys_on

SQL: Final = Path(__file__).with_name("expected_occurrences.sql")
PUBLISHED_AT: Final = parse_instant("2016-12-01T00:00:00Z")
END_OF_YEAR: Final = parse_instant("2018-01-01T04:59:59Z")
"""By New York's clocks the last second of 2017."""
LEAP_DAY: Final = date(1996, 2, 29)
LADDER: Final = {f"away-{days}": ({"days_since_last_purchase": {"at_least": days}}, "absence") for days in (30, 60, 90)}
CAMPAIGNS: Final[dict[CampaignId, tuple[dict[str, Any], str]]] = {
    **LADDER,
    "bought-once": (
        {"all": [{"purchases": {"exactly": 1}}, {"days_since_last_purchase": {"at_least": 14}}]},
        "ever",
    ),
    "overdue": ({"overdue": {"at_least": "1.5"}}, "absence"),
    "birthday": ({"birthday": {"days_before": 7}}, "birthday"),
}
"""By its id, what a segment asks, and what the campaign that begins with it happens once for."""


class Occurrence(NamedTuple):
    """Something that a campaign began with a household."""

    household: int
    campaign: CampaignId
    key: str
    """What for: a visit's instant, a year."""
    began_at: int
    """In milliseconds."""


def expected(households: int | None) -> set[Occurrence]:
    """Of the first ``households``; None: of all."""
    parameters = {
        "transactions": str(DATA / "transactions.parquet"),
        "most": households or 1_000_000,
        "until": to_millis(END_OF_YEAR),
    }
    return {Occurrence(*row) for row in duckdb.execute(SQL.read_text(), parameters).fetchall()}


class Household:
    """A member who joins with their first purchase, over stores in memory that nobody else is in.

    Whatever happens is looked at as the stream has it looked at, and the clock looks whenever it was told to.
    """

    def __init__(self, history: History) -> None:
        self.number = int(history.name.removeprefix("household "))
        self._history = history
        self._shop = Standings(_programs()[0])
        self._shop.programs.publish(_programs()[1], PUBLISHED_AT)
        self._position: Position | None = None

    def live(self) -> Iterator[Occurrence]:
        """Through the year; what began."""
        member = self._enrol()
        for purchase in self._history.purchases:
            at = purchase.occurred_at
            self._wait(member, at)
            self._shop.sell(purchase, member, now=at)
            self._look(member, at + MILLISECOND)
        self._wait(member, END_OF_YEAR)
        journeys = journeys_on(self._shop.table)
        yield from map(
            self._occurrence, all_items(lambda after: journeys.of_members((member,), after=after, limit=100))
        )

    def _enrol(self) -> MemberId:
        card, born = external_identity("complete_journey", str(self.number)), birthday_of(self.number)
        order = an_enrolment(card, brand=self._history.purchases[0].brand, profile=Profile(birthday=born))
        enrolled_at = self._history.enrolled_at
        member = self._shop.members.enrol(order, order.brand, enrolled_at).view.member.id
        self._look(member, enrolled_at)
        return member

    def _wait(self, member: MemberId, until: datetime) -> None:
        while self._position and self._position.due_at and self._position.due_at <= until:
            self._look(member, self._position.due_at)

    def _look(self, member: MemberId, at: datetime) -> None:
        self._position = self._shop.segments.refresh(member, at)

    def _occurrence(self, journey: Journey) -> Occurrence:
        return Occurrence(self.number, *journey.id.cause, to_millis(journey.began_at))


def birthday_of(household: int) -> date:
    """Made up, since the source tells none; E10: of some, 29 February."""
    if household % 50 == LEAP_DAY.day:
        return LEAP_DAY
    return date(1960, 1, 1) + timedelta(days=53 * household % 18262)


def simulated(history: History) -> dict[CampaignId, int]:
    """How often each campaign begins in a simulation of the household's year."""
    born = birthday_of(int(history.name.removeprefix("household ")))
    person = Member(history.member, 1, history.enrolled_at, GROUP, Profile(birthday=born), {}, (), {}, {})
    return dict(_replayer().replay(replace(history, person=person)).begun)


@cache
def _replayer() -> Replayer:
    stored = json.loads(canonical_json(read_document(json.dumps(_written()))))
    return Replayer(program(_written()), END_OF_YEAR, talk=Talk(compile_speech(stored), 100, None))


@cache
def _programs() -> tuple[Program, Program]:
    """Without campaigns, and with `CAMPAIGNS` alone, as it holds in the year."""
    return program(read_program_file(SAMPLE).document), program(_written(), version=2)


def _written() -> dict[str, Any]:
    """The sample with `CAMPAIGNS` alone; one rule is enough to earn by."""
    written = read_program_file(SAMPLE).document
    segments = [{"id": each, "name": each, "when": when} for each, (when, _) in CAMPAIGNS.items()]
    steps = [{"send": {"template": "win-back"}}]
    campaigns = [
        {"id": each, "name": each, "enters": each, "once": once, "steps": steps}
        for each, (_, once) in CAMPAIGNS.items()
    ]
    changes = {"segments": [*segments, "staff"], "campaigns": campaigns, "earning": written["earning"][:1]}
    return {**written, **changes}

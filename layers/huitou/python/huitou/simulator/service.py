"""What callers do with simulations: ask for one, look at it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from huitou.access.model import Caller
from huitou.jobs.model import JobStatus
from huitou.jobs.ports import Files
from huitou.jobs.service import Chunks, Jobs
from huitou.kernel.calendars import local_date, start_of_day
from huitou.kernel.content import require_same
from huitou.kernel.errors import FieldError, NotFoundError
from huitou.kernel.ids import Digest, digest_of, parse_digest
from huitou.kernel.instants import MILLISECOND
from huitou.kernel.pages import all_items
from huitou.members.ports import MemberIndex
from huitou.program.compilation import compile_program
from huitou.program.document import ProgramDocument, canonical_json
from huitou.program.model import GROUP
from huitou.program.ports import DraftStore, VersionStore
from huitou.program.service import NoProgramError
from huitou.program.validation import InvalidProgramError, read_document, read_shape
from huitou.segments.ports import InsightSource
from huitou.simulator.errors import InvalidSimulationError
from huitou.simulator.model import Simulation, Subject, content_of
from huitou.simulator.ports import SimulationStore

PAGE = 500
MOST_TOGETHER = 5_000
"""Members that one worker goes through, where a rule has a budget; with more, they are shared among workers."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A simulation as a caller asks for it: of exactly one of ``draft``, ``version`` and ``document`` (JSON).

    ``against`` is None for the active version; without ``first`` and ``last``, the past is all there is.
    """

    draft: str | None = None
    version: int | None = None
    document: str | None = None
    against: int | None = None
    first: date | None = None
    last: date | None = None
    client_reference: str | None = None

    @property
    def subject(self) -> Subject:
        return Subject(self.draft, self.version, digest_of([self.document]) if self.document else None)


class Simulated(NamedTuple):
    """A simulation as it stands: ``done`` of its parts, and the report once it is completed."""

    simulation: Simulation
    done: int
    report: Any = None
    replayed: bool = False


class Pinned(NamedTuple):
    """What a simulation goes by, as it was when it was asked for: both programmes, and what was known of all members.

    ``insights`` is the version of that.
    """

    before: str
    after: str
    against: int
    insights: int


class Simulations:
    """The use cases. All are the group's: a simulation goes over the members of every brand (E31)."""

    def __init__(
        self,
        *,
        simulations: SimulationStore,
        versions: VersionStore,
        drafts: DraftStore,
        index: MemberIndex,
        insights: InsightSource,
        files: Files,
        jobs: Jobs[Simulation],
    ) -> None:
        self._simulations = simulations
        self._versions = versions
        self._drafts = drafts
        self._index = index
        self._insights = insights
        self._files = files
        self._jobs = jobs

    def create(self, asked: Asked, key: str, caller: Caller, now: datetime) -> Simulated:
        """A simulation that is running; the same ``key`` again is the same one.

        Raises `ForeignBrandError`, `InvalidSimulationError`, `InvalidProgramError`, `ContentReusedError`.
        """
        caller.acts_for(GROUP)
        simulation_id = digest_of(("simulation", GROUP, key))

        def plan() -> tuple[Simulation, Chunks]:
            pinned = self._pinned(asked)
            shares = self._shares(pinned)
            simulation = _planned(simulation_id, asked, pinned, len(shares), now)
            for digest, text in ((simulation.before, pinned.before), (simulation.after, pinned.after)):
                self._files.write(simulation.document_key(digest), text.encode())
            return simulation, [{"part": number, "shards": shards} for number, shards in enumerate(shares)]

        def agree(known: Simulation) -> None:
            against = asked.against or known.against
            require_same(known.content(), content_of(asked.subject, against, asked.first, asked.last), "simulation")

        simulation, replayed = self._jobs.begin(simulation_id, plan, agree)
        return self._simulated(simulation)._replace(replayed=True) if replayed else Simulated(simulation, 0)

    def get(self, simulation_id: Digest, caller: Caller) -> Simulated:
        """One whose execution died is shown as failed. Raises `ForeignBrandError`, `SimulationNotFoundError`."""
        caller.acts_for(GROUP)
        return self._simulated(self._jobs.get(simulation_id))

    def _pinned(self, asked: Asked) -> Pinned:
        """Both programmes are in their stored form. The one before was published once: it worked then."""
        against = asked.against or self._active()
        before = read_shape(self._version(against, "/against"))
        after = self._changed(asked)
        if after.money != before.money:
            money = before.money
            raise _invalid("/against", f"purchases are kept in {money.currency} with {money.exponent} decimals there")
        return Pinned(canonical_json(before), canonical_json(after), against, self._insights.insights().version)

    def _changed(self, asked: Asked) -> ProgramDocument:
        if asked.version is not None:
            return read_shape(self._version(asked.version, "/version"))
        if asked.draft is not None:
            return read_document(self._draft(asked.draft))
        try:
            return read_document(asked.document or "")
        except InvalidProgramError as error:
            errors = [replace(each, pointer=f"/document{each.pointer}") for each in error.errors]
            raise InvalidProgramError(error.detail, errors=errors) from error

    def _active(self) -> int:
        active = self._versions.active()
        if active is None:
            raise NoProgramError("There is nothing to compare with: publish a programme first.")
        return active.number

    def _version(self, number: int, pointer: str) -> str:
        version = self._versions.version(number)
        if version is None:
            raise _invalid(pointer, f"there is no version {number} of the programme")
        return version.document

    def _draft(self, draft_id: str) -> str:
        try:
            draft = self._drafts.draft(parse_digest(draft_id))
        except NotFoundError:
            draft = None
        if draft is None:
            raise _invalid("/draft_id", "there is no such draft")
        return draft.document

    def _shares(self, pinned: Pinned) -> list[list[int]]:
        """E12: which shards each part replays: where there are budgets, all in one, which gives them out once."""
        shards = list(range(self._index.shards))
        if _has_budgets(pinned) and not self._has_more_than(MOST_TOGETHER):
            return [shards]
        return [[shard] for shard in shards]

    def _has_more_than(self, members: int) -> bool:
        found = 0
        for shard in range(self._index.shards):
            for _ in all_items(lambda after, part=shard: self._index.members(part, after=after, limit=PAGE)):  # type: ignore[misc]
                found += 1
                if found > members:
                    return True
        return False

    def _simulated(self, simulation: Simulation) -> Simulated:
        if simulation.status is JobStatus.COMPLETED:
            return Simulated(simulation, simulation.parts, self._simulations.report(simulation.id))
        return Simulated(simulation, len(self._simulations.parts(simulation.id)))


def _planned(simulation_id: Digest, asked: Asked, pinned: Pinned, parts: int, now: datetime) -> Simulation:
    """Raises `InvalidSimulationError` for days that are none yet, or upside down."""
    zone = compile_program(json.loads(pinned.before), 1).zone
    today = local_date(now, zone)
    for pointer, day in (("/from", asked.first), ("/to", asked.last)):
        if day and day > today:
            raise _invalid(pointer, "lies in the future: the past ends today")
    if asked.first and asked.last and asked.last < asked.first:
        raise _invalid("/to", "lies before from")
    return Simulation(
        id=simulation_id,
        **asked.subject._asdict(),
        against=pinned.against,
        first=asked.first,
        last=asked.last,
        since=start_of_day(asked.first, zone) if asked.first else None,
        until=min(start_of_day(asked.last + ONE_DAY, zone) - MILLISECOND, now) if asked.last else now,
        before=digest_of([pinned.before]),
        after=digest_of([pinned.after]),
        parts=parts,
        created_at=now,
        insights=pinned.insights,
        client_reference=asked.client_reference,
    )


def _has_budgets(pinned: Pinned) -> bool:
    programs = (compile_program(json.loads(text), 1) for text in (pinned.before, pinned.after))
    return any(rule.budget is not None for program in programs for rule in program.earning)


def _invalid(pointer: str, message: str) -> InvalidSimulationError:
    return InvalidSimulationError("This cannot be simulated.", errors=[FieldError(pointer, message)])

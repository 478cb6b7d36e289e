"""The work behind insights: a list of parts, one part's members measured, then everything fitted and kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from operator import attrgetter

from huitou.insights.model import Findings, Fitting, Run, Survey, conclude
from huitou.insights.packing import pack, unpack
from huitou.insights.ports import FindingsStore
from huitou.jobs.ports import Files
from huitou.kernel.commits import Commit
from huitou.kernel.ids import Digest, MemberId, digest_of
from huitou.kernel.instants import format_instant
from huitou.kernel.pages import all_items
from huitou.members.parts import chunks_of
from huitou.members.ports import MemberIndex
from huitou.program.ports import Programs
from huitou.purchases.kept import Purchases, kept_by, person_of
from huitou.purchases.ports import MemberStates
from huitou.segments.facts import Deed

PAGE = 500
"""Members that are read from the index at once."""


class Beginning:
    """The use case of a run's first state."""

    def __init__(self, programs: Programs, files: Files, shards: int) -> None:
        self._programs = programs
        self._files = files
        self._shards = shards

    def begin(self, run_id: Digest | None, now: datetime) -> Run:
        """A run over what was done before ``now``; the clock names none. Raises `NoProgramError`."""
        run = Run(run_id or digest_of(("insights", format_instant(now))), now, self._programs.active().version)
        self._files.write(run.manifest_key, json.dumps(chunks_of(self._shards)).encode())
        return run


class Measuring:
    """The use case of one part."""

    def __init__(
        self, index: MemberIndex, states: MemberStates, purchases: Purchases, programs: Programs, files: Files
    ) -> None:
        self._index = index
        self._states = states
        self._purchases = purchases
        self._programs = programs
        self._files = files

    def measure(self, run: Run, number: int) -> int:
        """Keeps what the part's members come to; how many there were. Doing it again is harmless."""
        zone, survey, members = self._programs.version(run.program_version).zone, Survey(), 0
        for member in all_items(lambda after: self._index.members(number, after=after, limit=PAGE)):
            survey.take(sorted(self._deeds(member), key=attrgetter("at")), run.at, zone)
            members += 1
        self._files.write(run.part_key(number), pack(survey))
        return members

    def _deeds(self, member: MemberId) -> Iterator[Deed]:
        """What a person bought and kept (E2, E15); nothing, for who goes on as another."""
        for sale in kept_by(person_of(member, self._states), self._purchases):
            yield Deed(sale.occurred_at, sale.brand, sale.store, True, sale.channel, sale.kept_spend)


class Concluding:
    """The use case of all parts."""

    def __init__(self, findings: FindingsStore, files: Files, fit: Fitting, commit: Commit) -> None:
        self._findings = findings
        self._files = files
        self._fit = fit
        self._commit = commit

    def conclude(self, run: Run) -> Findings:
        """Keeps what the parts come to together. Doing it again is harmless. Raises `StaleReadError`."""
        before = self._findings.newest()
        if before and before.run == run.id:
            return before
        survey = Survey()
        for chunk in json.loads(self._files.read(run.manifest_key)):
            survey.merge(unpack(self._files.read(run.part_key(chunk["part"]))))
        findings = conclude(before, run, survey, self._fit)
        self._commit(self._findings.add(findings))
        return findings

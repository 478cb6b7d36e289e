"""Reading the programme: the active version, or the one under which something was decided."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from huitou.kernel.errors import NotFoundError, UnavailableError
from huitou.kernel.pages import Page, page_of
from huitou.program.compilation import compile_program
from huitou.program.model import BrandId, Program, Store
from huitou.program.ports import VersionStore
from huitou.program.versions import ProgramVersion

CACHE_SECONDS = 5.0
"""How long after a publication a function may still decide under the version before."""


class NoProgramError(UnavailableError):
    """Nothing can be decided before the first publication."""

    code = "no_program"
    title = "No programme has been published yet"


class ProgramReader:
    """Versions are kept for ever, since they never change; the pointer for `CACHE_SECONDS`.

    ``clock`` counts seconds and never runs backwards (``time.monotonic``).
    """

    def __init__(self, versions: VersionStore, clock: Callable[[], float]) -> None:
        self._versions = versions
        self._clock = clock
        self._programs: dict[int, Program] = {}
        self._published_at: dict[int, datetime] = {}
        self._active = 0
        self._fresh_until = float("-inf")

    def active(self, at_least: int = 0) -> Program:
        """The programme that holds now, at most `CACHE_SECONDS` old, but no earlier than ``at_least``.

        Raises `NoProgramError`.
        """
        if self._clock() >= self._fresh_until or self._active < at_least:
            self._refresh()
        return self.version(self._active)

    def version(self, number: int) -> Program:
        """The programme under which something was decided. Raises `NotFoundError`."""
        program = self._programs.get(number)
        if program is None:
            published = self.published(number)
            program = compile_program(json.loads(published.document), number)
            self._published_at[number] = published.published_at
            self._programs[number] = program
        return program

    def published_at(self, number: int) -> datetime:
        """From when on the version was in force. Raises `NotFoundError`."""
        return self._published_at[self.version(number).version]

    def at(self, instant: datetime) -> Program:
        """E20: the programme that held at ``instant``; for what is older than all of them, the first."""
        program = self.active()
        while program.version > 1 and self._published_at[program.version] > instant:
            program = self.version(program.version - 1)
        return program

    def published(self, number: int) -> ProgramVersion:
        """The version as it was published. Raises `NotFoundError`."""
        version = self._versions.version(number)
        if version is None:
            raise NotFoundError(f"There is no version {number} of the programme.")
        return version

    def latest(self) -> ProgramVersion:
        """The active version as it was published, read now: for people who edit it. Raises `NoProgramError`."""
        self._refresh()
        return self.published(self._active)

    def active_number(self) -> int | None:
        """Which version holds, read now; None before the first publication."""
        active = self._versions.active()
        return active.number if active else None

    def history(self, *, after: str | None, limit: int) -> Page[ProgramVersion]:
        """A page of versions, the newest first."""
        return self._versions.versions(after=after, limit=limit)

    def _refresh(self) -> None:
        asked_at = self._clock()
        active = self._versions.active()
        if active is None:
            raise NoProgramError("Publish a programme first: huitou program publish FILE.")
        self._active = active.number
        self._fresh_until = asked_at + CACHE_SECONDS


def stores_of(
    program: Program, *, brand: BrandId | None = None, region: str | None = None, after: str | None = None, limit: int
) -> Page[Store]:
    """A page of the stores, by id, of one brand or region if so asked. The cursor is the last id shown."""
    chosen = {
        store.id: store
        for store in program.stores.values()
        if (brand is None or store.brand == brand) and (region is None or store.region == region)
    }
    return page_of(chosen, after=after, limit=limit)

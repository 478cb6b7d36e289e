"""What the use cases of the programme need from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import Write
from huitou.kernel.pages import Page
from huitou.program.model import Program
from huitou.program.versions import ActiveVersion, ProgramVersion


class VersionStore(Protocol):
    """Keeps versions, which never change, and the pointer to the active one. Reads are consistent."""

    def active(self) -> ActiveVersion | None:
        """The pointer; None before the first publication."""
        ...

    def version(self, number: int) -> ProgramVersion | None:
        """One version."""
        ...

    def versions(self, *, after: str | None = None, limit: int) -> Page[ProgramVersion]:
        """A page of versions, the newest first."""
        ...

    def publish(self, version: ProgramVersion, replaced: ActiveVersion | None, audit: AuditEntry) -> list[Write]:
        """The writes that make ``version`` the active one; refused with `StaleReadError` unless ``replaced`` is it."""
        ...


class Programs(Protocol):
    """Where published programmes are read."""

    def active(self) -> Program:
        """The one in force, at most a few seconds old."""
        ...

    def at(self, instant: datetime) -> Program:
        """E20: the one that held at ``instant``; for what is older than all of them, the first."""
        ...

    def version(self, number: int) -> Program:
        """A version that was published once."""
        ...

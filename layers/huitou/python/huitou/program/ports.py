"""What the use cases of the programme need from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest
from huitou.kernel.pages import Page
from huitou.program.model import Program
from huitou.program.versions import ActiveVersion, Draft, ProgramVersion


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


class DraftStore(Protocol):
    """Keeps drafts. Reads are consistent."""

    def draft(self, draft_id: Digest) -> Draft | None:
        """One draft."""
        ...

    def drafts(self, *, after: str | None = None, limit: int) -> Page[Draft]:
        """A page of drafts, in no meaningful order, without those discarded: it may be short."""
        ...

    def add(self, draft: Draft, audit: AuditEntry) -> list[Write]:
        """Refused with `StaleReadError` if there is one of this id."""
        ...

    def replace(self, draft: Draft, before: Draft, audit: AuditEntry | None = None) -> list[Write]:
        """Refused with `StaleReadError` unless it is still as ``before``."""
        ...


class PublishedPrograms(Protocol):
    """Where the programme in force is read, and every version as it was written."""

    def active(self) -> Program: ...

    def published(self, number: int) -> ProgramVersion: ...


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

    def published_at(self, number: int) -> datetime:
        """From when on that version was in force."""
        ...


class KnownPrograms(PublishedPrograms, Protocol):
    """As `PublishedPrograms`, and every version as it is read."""

    def version(self, number: int) -> Program: ...


class LatestPrograms(Programs, Protocol):
    """For who meets what somebody else has judged by a later version than they have heard of."""

    def active(self, at_least: int = 0) -> Program:
        """The one in force, at most a few seconds old, but no earlier version than ``at_least``."""
        ...

"""Simulations that were asked for over the API, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from huitou.jobs.model import JobStatus
from huitou.kernel.ids import Digest


class Subject(NamedTuple):
    """What is simulated: exactly one of a draft, a published version, and a document that came with the request."""

    draft: str | None = None
    version: int | None = None
    document: str | None = None
    """Its digest."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """A changed programme over the members' past, from the request to the report.

    Both programmes are kept as they were when it was asked for: a draft may change meanwhile. ``against`` is the
    version compared with. The days ``first`` and ``last`` are included, and are the calendar's of that version; what
    falls due by ``until`` is booked. The members are replayed in ``parts``.
    """

    id: Digest
    draft: str | None
    version: int | None
    document: str | None
    """As `Subject`."""
    against: int
    first: date | None
    last: date | None
    since: datetime | None
    """When ``first`` began."""
    until: datetime
    before: Digest
    after: Digest
    """Digests of the documents, which name their files."""
    parts: int
    created_at: datetime
    insights: int = 0
    """The version of what was known of all members when it was asked for: all parts judge by it."""
    client_reference: str | None = None
    status: JobStatus = JobStatus.RUNNING
    finished_at: datetime | None = None
    failure: str | None = None

    def content(self) -> Mapping[str, object]:
        """What a repeat must agree in."""
        return content_of(Subject(self.draft, self.version, self.document), self.against, self.first, self.last)

    @property
    def manifest_key(self) -> str:
        """The file that lists the parts. Their number says which they are: of two requests at once, one counts."""
        return f"simulations/{self.id}/manifest-{self.parts}.json"

    def document_key(self, digest: Digest) -> str:
        """The file of one of the programmes."""
        return f"simulations/{self.id}/{digest}.json"


def content_of(subject: Subject, against: int, first: date | None, last: date | None) -> Mapping[str, object]:
    """What a simulation is of."""
    return {
        "draft_id": subject.draft,
        "version": subject.version,
        "document": subject.document,
        "against": against,
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
    }

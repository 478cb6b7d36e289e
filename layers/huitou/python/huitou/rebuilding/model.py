"""A rebuild as a value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from huitou.jobs.model import JobStatus
from huitou.kernel.ids import Digest

RENEWED = "renewed"
"""What a part counts: members whose position was worked out anew."""
MOVED = "moved"
"""Those of them who changed tier or segments by it."""


class RebuildCause(StrEnum):
    """Why everybody is looked at."""

    PUBLISHED = "published"
    MEASURED = "measured"
    """What is known of all members together is new, and segments compare with it."""
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Rebuild:
    """From the request to the end. ``program`` is the version that held when it was asked for.

    It is not pinned: each member is looked at under the version that holds by then, so that a rebuild which another
    publication overtakes does a part of the next one's work, and never takes anybody back.
    """

    id: Digest
    cause: RebuildCause
    program: int
    parts: int
    created_at: datetime
    client_reference: str | None = None
    status: JobStatus = JobStatus.RUNNING
    finished_at: datetime | None = None

    @property
    def manifest_key(self) -> str:
        return f"rebuilds/{self.id}/manifest.json"

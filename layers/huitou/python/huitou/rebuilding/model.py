"""A rebuild, and how far its parts have come, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from huitou.kernel.ids import Digest
from huitou.kernel.jobs import JobStatus


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
        """The file that lists the parts."""
        return f"rebuilds/{self.id}/manifest.json"


class Part(NamedTuple):
    """How far one shard has come: ``done`` of the ``members`` who were in it when the part began.

    Of those done, the position of ``renewed`` was worked out anew, and ``moved`` changed tier or segments by it;
    ``failed`` could not be looked at. A worker that takes over goes on after the place ``after`` in the index.
    """

    number: int
    members: int
    done: int = 0
    renewed: int = 0
    moved: int = 0
    failed: int = 0
    after: str | None = None
    finished: bool = False

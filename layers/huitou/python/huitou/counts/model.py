"""A count of a segment that is being written, and how far its parts have come, as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from huitou.kernel.ids import Digest
from huitou.kernel.jobs import JobStatus


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """From the request to the end. ``written`` is the segment, as JSON; it was checked when it was asked for.

    It is judged as if it stood in version ``program`` of the programme, at ``created_at``, by version ``insights`` of
    what is known of all members together: so all are asked the same.
    """

    id: Digest
    written: str
    program: int
    parts: int
    created_at: datetime
    insights: int = 0
    status: JobStatus = JobStatus.RUNNING
    finished_at: datetime | None = None

    @property
    def segment(self) -> Mapping[str, Any]:
        """As the programme's document would have it."""
        said: Mapping[str, Any] = json.loads(self.written)
        return said

    @property
    def manifest_key(self) -> str:
        """The file that lists the parts."""
        return f"counts/{self.id}/manifest.json"


class CountPart(NamedTuple):
    """How far one shard has come: ``done`` of the ``members`` who were in it when the part began.

    Of those done, ``found`` would be in the segment; ``failed`` could not be asked. A worker that takes over goes on
    after the place ``after`` in the index.
    """

    number: int
    members: int
    done: int = 0
    found: int = 0
    failed: int = 0
    after: str | None = None
    finished: bool = False

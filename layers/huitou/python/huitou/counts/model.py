"""A count of a segment that is being written, as a value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from huitou.jobs.model import JobStatus
from huitou.kernel.ids import Digest

IN_IT = "in_segment"
"""What a part counts: members who would be in it."""


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
        return f"counts/{self.id}/manifest.json"

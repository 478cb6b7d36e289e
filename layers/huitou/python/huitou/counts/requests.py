"""Counts as callers see them; they ask for one with the segment itself."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from huitou.fields import View
from huitou.kernel.instants import format_instant
from huitou.kernel.jobs import JobStatus

if TYPE_CHECKING:
    from huitou.counts.service import Counted


class CountProgressView(View):
    """How far it is: members are gone through in parts, side by side."""

    members: int
    """Those known so far: a part counts its own when it begins. Who was merged or erased is among them."""
    done: int
    failed: int
    """Who could not be looked at; the log says why."""
    parts: int
    finished: int
    """How many of the parts."""


class CountView(View):
    """How many members a segment has that is being written."""

    count_id: str
    status: JobStatus
    segment: dict[str, Any]
    """As it was sent."""
    members: int
    """Who would be in it, of those looked at so far."""
    is_exact: bool
    """Whether everybody was looked at: the number is final."""
    program_version: int
    """The one in which it was judged."""
    created_at: datetime
    """What members did later does not count. What they have and say, is as it was when each was looked at."""
    finished_at: datetime | None
    progress: CountProgressView


class CreatedCountView(CountView):
    """A count that is running."""

    replayed: bool
    """Whether it had been asked for before."""


def count_view(counted: Counted) -> dict[str, Any]:
    """As `CountView`."""
    count, parts = counted.count, counted.parts
    failed, finished = sum(part.failed for part in parts), sum(part.finished for part in parts)
    return {
        "count_id": count.id,
        "status": count.status,
        "segment": count.segment,
        "members": sum(part.found for part in parts),
        "is_exact": count.status is JobStatus.COMPLETED and finished == count.parts and not failed,
        "program_version": count.program,
        "created_at": format_instant(count.created_at),
        "finished_at": format_instant(count.finished_at) if count.finished_at else None,
        "progress": {
            "members": sum(part.members for part in parts),
            "done": sum(part.done for part in parts),
            "failed": failed,
            "parts": count.parts,
            "finished": finished,
        },
    }


def created_view(counted: Counted) -> dict[str, Any]:
    """As `CreatedCountView`."""
    return {**count_view(counted), "replayed": counted.replayed}

"""Counts as callers see them; they ask for one with the segment itself."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from huitou.counts.model import IN_IT, MemberCount
from huitou.fields import View
from huitou.jobs.answers import JobProgressView, progress_view
from huitou.jobs.model import JobStatus, is_exact, progress_of
from huitou.kernel.instants import format_instant

if TYPE_CHECKING:
    from huitou.jobs.service import Underway


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
    progress: JobProgressView


class CreatedCountView(CountView):
    """A count that is running."""

    replayed: bool
    """Whether it had been asked for before."""


def count_view(counted: Underway[MemberCount]) -> dict[str, Any]:
    """As `CountView`."""
    count, progress = counted.job, progress_of(counted.parts)
    return {
        "count_id": count.id,
        "status": count.status,
        "segment": count.document,
        "members": progress.found.get(IN_IT, 0),
        "is_exact": is_exact(count.status, progress, count.parts),
        "program_version": count.program,
        "created_at": format_instant(count.created_at),
        "finished_at": format_instant(count.finished_at) if count.finished_at else None,
        "progress": progress_view(progress, count.parts),
    }


def created_view(counted: Underway[MemberCount]) -> dict[str, Any]:
    """As `CreatedCountView`."""
    return {**count_view(counted), "replayed": counted.replayed}

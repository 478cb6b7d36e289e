"""Rebuilds as callers ask for them and see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from huitou.fields import Body, ClientReference, View
from huitou.jobs.answers import JobPartView, JobProgressView, part_view, progress_view
from huitou.jobs.model import JobStatus, progress_of
from huitou.jobs.service import Underway
from huitou.kernel.instants import format_instant
from huitou.rebuilding.model import MOVED, RENEWED, Rebuild, RebuildCause


class RebuildBody(Body):
    """Everybody, under the programme that holds."""

    client_reference: ClientReference | None = None


class RebuildFoundView(View):
    """What looking at members came to."""

    renewed: int
    """Where they stand was worked out anew; with the others, nothing had changed."""
    moved: int
    """Who are in another tier or in other segments by it."""


class RebuildPartView(JobPartView, RebuildFoundView):
    """A part that has begun."""


class RebuildProgressView(JobProgressView, RebuildFoundView):
    """How far it is, and what was found."""

    by_part: list[RebuildPartView]


class RebuildView(View):
    """A rebuild."""

    rebuild_id: str
    status: JobStatus
    cause: RebuildCause
    program_version: int
    """The one that held when it was asked for; members are looked at under the one that holds by then."""
    client_reference: str | None
    created_at: datetime
    finished_at: datetime | None
    progress: RebuildProgressView


class CreatedRebuildView(RebuildView):
    """A rebuild that is running."""

    replayed: bool
    """Whether it had been asked for before."""


def rebuild_view(rebuilt: Underway[Rebuild]) -> dict[str, Any]:
    """As `RebuildView`."""
    rebuild, progress = rebuilt.job, progress_of(rebuilt.parts)
    return {
        "rebuild_id": rebuild.id,
        "status": rebuild.status,
        "cause": rebuild.cause,
        "program_version": rebuild.program,
        "client_reference": rebuild.client_reference,
        "created_at": format_instant(rebuild.created_at),
        "finished_at": format_instant(rebuild.finished_at) if rebuild.finished_at else None,
        "progress": {
            **progress_view(progress, rebuild.parts),
            **_found(progress.found),
            "by_part": [{**part_view(part), **_found(part.found)} for part in rebuilt.parts],
        },
    }


def created_view(rebuilt: Underway[Rebuild]) -> dict[str, Any]:
    """As `CreatedRebuildView`."""
    return {**rebuild_view(rebuilt), "replayed": rebuilt.replayed}


def _found(found: Mapping[str, int]) -> dict[str, int]:
    return {name: found.get(name, 0) for name in (RENEWED, MOVED)}

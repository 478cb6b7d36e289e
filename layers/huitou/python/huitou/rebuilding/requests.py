"""Rebuilds as callers ask for them and see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from huitou.fields import Body, ClientReference, View
from huitou.kernel.instants import format_instant
from huitou.kernel.jobs import JobStatus
from huitou.rebuilding.model import Part, RebuildCause
from huitou.rebuilding.service import Rebuilt

COUNTS = ("members", "done", "renewed", "moved", "failed")


class RebuildBody(Body):
    """Everybody, under the programme that holds."""

    client_reference: ClientReference | None = None


class RebuildCountsView(View):
    """Members."""

    members: int
    """Those known so far: a part counts its own when it begins."""
    done: int
    renewed: int
    """Where they stand was worked out anew; with the others, nothing had changed."""
    moved: int
    """Who are in another tier or in other segments by it."""
    failed: int
    """Who could not be looked at; the log says why."""


class RebuildPartView(RebuildCountsView):
    """A part that has begun."""

    part: int
    finished: bool


class RebuildProgressView(RebuildCountsView):
    """How far it is: members are gone through in parts, side by side."""

    parts: int
    finished: int
    """How many of the parts."""
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


def rebuild_view(rebuilt: Rebuilt) -> dict[str, Any]:
    """As `RebuildView`."""
    rebuild, parts = rebuilt.rebuild, rebuilt.parts
    return {
        "rebuild_id": rebuild.id,
        "status": rebuild.status,
        "cause": rebuild.cause,
        "program_version": rebuild.program,
        "client_reference": rebuild.client_reference,
        "created_at": format_instant(rebuild.created_at),
        "finished_at": format_instant(rebuild.finished_at) if rebuild.finished_at else None,
        "progress": {
            **{name: sum(getattr(part, name) for part in parts) for name in COUNTS},
            "parts": rebuild.parts,
            "finished": sum(part.finished for part in parts),
            "by_part": [_part_view(part) for part in parts],
        },
    }


def created_view(rebuilt: Rebuilt) -> dict[str, Any]:
    """As `CreatedRebuildView`."""
    return {**rebuild_view(rebuilt), "replayed": rebuilt.replayed}


def _part_view(part: Part) -> dict[str, Any]:
    return {"part": part.number, **{name: getattr(part, name) for name in COUNTS}, "finished": part.finished}

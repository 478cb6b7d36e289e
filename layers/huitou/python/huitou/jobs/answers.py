"""How far a job is, as callers see it."""

from __future__ import annotations

from typing import Any

from huitou.fields import View
from huitou.jobs.model import Part, Progress


class JobProgressView(View):
    """How far it is: members are gone through in parts, side by side."""

    members: int
    """Those known so far: a part counts its own when it begins. Who was merged or erased is among them."""
    done: int
    failed: int
    """Who could not be looked at; the log says why."""
    parts: int
    finished: int
    """How many of the parts."""


class JobPartView(View):
    """A part that has begun."""

    part: int
    members: int
    """Who were in it when it began."""
    done: int
    failed: int
    """Who could not be looked at; the log says why."""
    finished: bool


def part_view(part: Part) -> dict[str, Any]:
    """As `JobPartView`."""
    told = {"part": part.number, "members": part.members, "done": part.done, "failed": part.failed}
    return {**told, "finished": part.finished}


def progress_view(progress: Progress, parts: int) -> dict[str, Any]:
    """As `JobProgressView`; ``parts`` are all, also those that have not begun."""
    return {
        "members": progress.members,
        "done": progress.done,
        "failed": progress.failed,
        "parts": parts,
        "finished": progress.finished,
    }

"""A segment that somebody is still writing, as the active programme would have it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from huitou.program.compilation import compile_program
from huitou.program.document import canonical_json
from huitou.program.looking_back import comparing, looks_back_days, needed_by
from huitou.program.model import Program
from huitou.program.rules import SegmentId
from huitou.program.trying import Misfit, tried
from huitou.program.versions import ProgramVersion
from huitou.segments.errors import InvalidSegmentError


def drafted(written: Mapping[str, Any], version: ProgramVersion) -> tuple[SegmentId, Program]:
    """The segment's id, and the programme with it and with what it names: of segments, no others.

    It takes the place of the one with its id, if there is one. Raises `InvalidSegmentError`, with what a publication
    would say of it.
    """
    try:
        document, _ = tried("segments", written, version)
    except Misfit as misfit:
        raise InvalidSegmentError(f"The segment has {misfit.count}.", errors=misfit.errors) from misfit
    program = compile_program(json.loads(canonical_json(document)), version.number)
    name: SegmentId = written["id"]
    return name, asking_for([name], program)


def asking_for(names: Iterable[SegmentId], program: Program) -> Program:
    """The programme with these segments and what they name, and no others."""
    segments = needed_by(names, program.segments)
    asked = segments.values()
    return replace(
        program, segments=segments, looks_back_days=looks_back_days(asked), comparing_segments=comparing(asked)
    )

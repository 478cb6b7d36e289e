"""A segment that somebody is still writing, as the active programme would have it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from huitou.kernel.errors import FieldError
from huitou.kernel.pointers import pointer_to
from huitou.program.compilation import compile_program
from huitou.program.document import canonical_json
from huitou.program.looking_back import comparing, looks_back_days, needed_by
from huitou.program.model import Program
from huitou.program.rules import SegmentId
from huitou.program.succession import breaches
from huitou.program.validation import InvalidProgramError, read_document, read_shape, refusal
from huitou.program.versions import ProgramVersion
from huitou.segments.errors import InvalidSegmentError


def drafted(written: Mapping[str, Any], version: ProgramVersion) -> tuple[SegmentId, Program]:
    """The segment's id, and the programme with it and with what it names: of segments, no others.

    It takes the place of the one with its id, if there is one. Raises `InvalidSegmentError`, with what a publication
    would say of it.
    """
    stored = json.loads(version.document)
    entries = stored["segments"]
    ids = [entry["id"] if isinstance(entry, dict) else entry for entry in entries]
    place = ids.index(written.get("id")) if written.get("id") in ids else len(entries)
    entries[place : place + 1] = [written]
    try:
        document = read_document(json.dumps(stored))
        if found := breaches(read_shape(version.document), document):
            raise refusal(found)
    except InvalidProgramError as error:
        raise _refusal(error.errors, pointer_to(("segments", place))) from error
    program = compile_program(json.loads(canonical_json(document)), version.number)
    name: SegmentId = written["id"]
    segments = needed_by(name, program.segments)
    asked = segments.values()
    return name, replace(
        program, segments=segments, looks_back_days=looks_back_days(asked), comparing_segments=comparing(asked)
    )


def _refusal(errors: Iterable[FieldError], segment: str) -> InvalidSegmentError:
    """What is wrong within the segment has its place there; what is elsewhere names that place."""
    found = [
        FieldError(each.pointer.removeprefix(segment), each.message)
        if each.pointer == segment or each.pointer.startswith(f"{segment}/")
        else FieldError("", f"{each.pointer}: {each.message}")
        for each in errors
    ]
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    return InvalidSegmentError(f"The segment has {count}.", errors=found)

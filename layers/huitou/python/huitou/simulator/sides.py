"""The two programmes of a simulation, with what they say in messages where they have campaigns."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from huitou.program.compilation import compile_program
from huitou.program.model import Program
from huitou.program.speech import Speech, compile_speech

Spoken = tuple[Speech | None, Speech | None]
"""Before and after; None: by itself, the programme speaks to nobody."""
SILENT: Final[Spoken] = (None, None)


class Sides(NamedTuple):
    """The programme compared with, and the changed one."""

    before: Program
    after: Program
    spoken: Spoken = SILENT


def sides_of(before: Any, after: Any) -> Sides:
    """Of two documents in their stored form."""
    programs = [compile_program(document, 1) for document in (before, after)]
    speeches = [
        compile_speech(document) if program.campaigns else None
        for document, program in zip((before, after), programs, strict=True)
    ]
    return Sides(*programs, (speeches[0], speeches[1]))

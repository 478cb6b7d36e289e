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
    (one, its_speech), (other, others_speech) = _side(before), _side(after)
    return Sides(one, other, (its_speech, others_speech))


def _side(document: Any) -> tuple[Program, Speech | None]:
    program = compile_program(document, 1)
    return program, compile_speech(document) if program.campaigns else None

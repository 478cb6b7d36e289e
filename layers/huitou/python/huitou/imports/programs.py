"""Programmes as one import sees them: what was in force at its start stays so for all of its work."""

from __future__ import annotations

from datetime import datetime

from huitou.program.model import Program
from huitou.program.ports import Programs


class PinnedPrograms:
    """`Programs` whose active version is ``number``, whatever is published meanwhile."""

    def __init__(self, programs: Programs, number: int) -> None:
        self._programs = programs
        self._number = number

    def active(self) -> Program:
        return self._programs.version(self._number)

    def at(self, instant: datetime) -> Program:
        """What was published after the start held at no instant that an import knows."""
        return self._programs.at(instant)

    def version(self, number: int) -> Program:
        return self._programs.version(number)

    def published_at(self, number: int) -> datetime:
        return self._programs.published_at(number)

"""What is worked out of a programme once, not once per sale or member."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from huitou.program.model import Program

MOST = 8
"""Versions of programmes kept ready; a function sees the active one, and older ones for late sales and refunds."""

T = TypeVar("T")


class Prepared(Generic[T]):
    """What ``make`` makes of a programme, made when it is first asked for."""

    def __init__(self, make: Callable[[Program], T]) -> None:
        self._make = make
        self._ready: dict[int, tuple[Program, T]] = {}
        """By identity: the programme is kept too, so that no other can take its number meanwhile."""

    def __call__(self, program: Program) -> T:
        known = self._ready.get(id(program))
        if known is None:
            if len(self._ready) >= MOST:
                self._ready.clear()
            known = self._ready[id(program)] = program, self._make(program)
        return known[1]

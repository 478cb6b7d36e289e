"""Python's search for garbage in cycles, while members are replayed.

Replaying makes values by the million, and none of them refers to itself, directly or by others: each is gone when
nobody holds it any more. To look for cycles among them, and among all that was there before, finds nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MOST_YOUNG = 100_000
"""New values held at once before cycles are looked for: more than the longest of pasts leaves behind."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Cycles are looked for when so many values have come and stayed, not the usual few hundred."""
    usual = gc.get_threshold()
    gc.set_threshold(MOST_YOUNG, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)

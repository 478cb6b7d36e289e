"""How long to wait before deciding again (E18)."""

from __future__ import annotations

import random
import time

LONGEST_SECONDS = 0.25
_FIRST_SECONDS = 0.01


def pause(failures: int) -> None:
    """Waits a random time whose bound doubles with each failure, up to a quarter of a second.

    The randomness is the point: callers that collided once would otherwise collide again.
    """
    bound = min(LONGEST_SECONDS, _FIRST_SECONDS * 2 ** min(failures, 10))
    time.sleep(random.uniform(0, bound))  # noqa: S311 - spreads load, protects nothing

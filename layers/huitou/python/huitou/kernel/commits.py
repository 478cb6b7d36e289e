"""Writing without half measures: a use case gathers conditional writes and commits them as one.

Stores build `Write`s, a `Commit` carries them out all or not at all, `until_committed` decides again from a
fresh read when somebody else was faster (E18).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from huitou.kernel.errors import ContentionError, DomainError, GoneError

T = TypeVar("T")
ATTEMPTS = 24
"""How often a use case decides again before it gives up; pauses grow to a quarter of a second."""
MOST_WRITES = 100
"""Of one commit: DynamoDB's limit for a transaction."""
MOST_AT_ONCE = 90
"""Of many writes, so many in one commit, which leaves room for what else goes along."""


class StaleReadError(ContentionError):
    """What the decision saw has changed meanwhile: read and decide again."""


@dataclass(frozen=True, slots=True)
class Write:
    """One conditional write. ``operation`` is the store's own; ``refused`` says what a failed condition means."""

    operation: Any
    refused: Exception

    def refusal(self) -> Exception:
        """What to raise then: a copy of ``refused``.

        What is raised holds the calls that it comes through, and these hold their writes. If one of those held it
        too, all of them would stay until Python looks for cycles.
        """
        return copy(self.refused)


class Commit(Protocol):
    """Carries out all writes or none.

    Raises the ``refused`` of the first write (in the order given) whose condition does not hold,
    `StaleReadError` when another transaction holds one of the items, `UnavailableError` when the store is out
    of reach; in the last case the writes may have happened, and the same commit can be repeated.
    """

    def __call__(self, writes: Sequence[Write]) -> None: ...


def until_committed(attempt: Callable[[], T], pause: Callable[[int], None]) -> T:
    """Runs ``attempt`` (read, decide, commit) until it is not overtaken. ``pause(n)`` waits after the n-th failure.

    Raises `ContentionError` after `ATTEMPTS` failures; nothing was changed then.
    """
    for failures in range(1, ATTEMPTS):
        try:
            return attempt()
        except StaleReadError:
            pause(failures)
    return attempt()


def once(attempt: Callable[[], T], recall: Callable[[], T | None], pause: Callable[[int], None]) -> T:
    """E14: like `until_committed`, for a command that happens once.

    Where the attempt is refused or overtaken, that may be because the command was carried out before, so
    ``recall`` is asked first: it answers what came of it then, or None if it was not, or raises
    `ContentReusedError`. Of what has been destroyed nothing is recalled (E25).
    """

    def attempt_or_recall() -> T:
        try:
            return attempt()
        except GoneError:
            raise
        except DomainError:
            known = recall()
            if known is None:
                raise
            return known

    return until_committed(attempt_or_recall, pause)

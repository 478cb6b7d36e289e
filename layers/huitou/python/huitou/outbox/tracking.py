"""The links of one message, each replaced by one that tells when it is opened."""

from __future__ import annotations

from typing import Final, Protocol

from huitou.kernel.ids import OwnedId
from huitou.outbox.model import OutboxMessage

MOST_TARGETS: Final = 50
LONGEST_TARGET: Final = 2_000
"""Characters. What is longer, or one too many, stays as it is: a message is an item of bounded size."""


class TrackedLinks(Protocol):
    """Makes the link by which a message's n-th target is opened."""

    def link(self, message: OwnedId, number: int) -> str: ...


class Tracker:
    """`templates.links.Track` for one message. What an attempt before this one has numbered keeps its number."""

    def __init__(self, links: TrackedLinks, message: OutboxMessage) -> None:
        self._links = links
        self._message = message.id
        self._targets = list(message.targets)

    @property
    def targets(self) -> tuple[str, ...]:
        """Where the links lead, by their numbers."""
        return tuple(self._targets)

    def __call__(self, address: str) -> str:
        if address not in self._targets:
            if len(self._targets) == MOST_TARGETS or len(address) > LONGEST_TARGET:
                return address
            self._targets.append(address)
        return self._links.link(self._message, self._targets.index(address))

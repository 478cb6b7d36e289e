"""A link is opened: where it leads is answered, and that somebody opened it is counted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from huitou.kernel.commits import Commit, StaleReadError, Write
from huitou.kernel.errors import NotFoundError, UnavailableError
from huitou.kernel.ids import OwnedId
from huitou.opening.links import Link
from huitou.outbox.model import OutboxMessage


class UnknownTargetError(NotFoundError):
    """Nobody was sent this link, or nothing is kept of the message any more (E25). Which of these is not told."""

    code = "unknown_target"
    title = "This link does not work"


class SentMessages(Protocol):
    """The messages that links stand in."""

    def load(self, message: OwnedId) -> OutboxMessage | None: ...

    def open(self, message: OwnedId, now: datetime) -> Write: ...


class Openings:
    """The use case. ``read`` makes of a token what it means."""

    def __init__(self, *, read: Callable[[str], Link | None], messages: SentMessages, commit: Commit) -> None:
        self._read = read
        self._messages = messages
        self._commit = commit

    def open(self, token: str, now: datetime, *, by_somebody: bool) -> tuple[Link, str]:
        """Where it leads. Who opens it gets there also where it cannot be counted, or is not, since nobody did.

        Raises `UnknownTargetError`.
        """
        link = self._read(token)
        message = self._messages.load(link.message) if link else None
        if link is None or message is None or link.number >= len(message.targets):
            raise UnknownTargetError("Nobody was sent this link.")
        if by_somebody:
            with suppress(UnavailableError, StaleReadError):
                self._commit([self._messages.open(link.message, now)])
        return link, message.targets[link.number]

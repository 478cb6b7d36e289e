"""What the use cases of the outbox need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest, MemberId, OwnedId
from huitou.kernel.pages import Page
from huitou.messages.recipients import Recipient
from huitou.outbox.model import Cause, OutboxMessage
from huitou.program.model import BrandId


class Hindrance(NamedTuple):
    """Why a message of a campaign is not sent now; ``again_at`` None: nor later."""

    reason: str
    again_at: datetime | None = None


class Campaigns(Protocol):
    """Whether what a campaign has planned is still right (M26)."""

    def hindrance(
        self, message: OutboxMessage, cause: Cause, recipient: Recipient, now: datetime
    ) -> Hindrance | None: ...


class Code(NamedTuple):
    """A one-time code, and the address that it is to prove."""

    said: str
    to: str


class Codes(Protocol):
    """Works out the code that a message brings; None: its verification is over (M39)."""

    def of(self, message: OwnedId, now: datetime) -> Code | None: ...


class OutboxStore(Protocol):
    """Keeps messages with their members. Reads are consistent."""

    def load(self, message: OwnedId) -> OutboxMessage | None: ...

    def find(self, command: Digest) -> OutboxMessage | None:
        """What came of the call."""
        ...

    def add(self, message: OutboxMessage) -> list[Write]:
        """A new one; refused with `StaleReadError` if the call's key is taken. A campaign has no key: its journey does
        not take a step twice.
        """
        ...

    def save(self, before: OutboxMessage, after: OutboxMessage) -> Write:
        """Its next step; refused with `StaleReadError` if ``before`` is not the latest."""
        ...

    def open(self, message: OwnedId, now: datetime) -> Write:
        """Counts that one of its links was opened; refused with `StaleReadError` where there is no such message."""
        ...

    def of_members(
        self, members: Sequence[MemberId], brand: BrandId | None, *, after: str | None, limit: int
    ) -> Page[OutboxMessage]:
        """All of ``members`` together, the newest first; of one ``brand`` only, if there is one."""
        ...

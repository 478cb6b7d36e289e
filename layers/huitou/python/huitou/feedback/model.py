"""What a provider has told of one message."""

from __future__ import annotations

from typing import NamedTuple

from huitou.outbox.model import DeliveryReport


class UnreadableReportError(ValueError):
    """Nothing that a provider of ours tells: repeating it will not help."""


class Report(NamedTuple):
    """What is told, and of what."""

    message_id: str | None
    """Ours, as it travelled along; None: it was not sent by us."""
    delivery: DeliveryReport

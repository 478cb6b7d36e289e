"""What a provider has told of one message."""

from __future__ import annotations

from typing import NamedTuple

from huitou.members.identity import Identity
from huitou.outbox.model import DeliveryReport, MessageState
from huitou.suppressions.model import SuppressionGround, Word


class UnreadableReportError(ValueError):
    """Nothing that a provider of ours tells: repeating it will not help."""


class Verdict(NamedTuple):
    """What a report says of the address, for whatever is sent there next."""

    address: Identity
    word: Word


class Report(NamedTuple):
    """What is told, and of what."""

    message_id: str | None
    """Ours, as it travelled along; None: it was not sent by us."""
    delivery: DeliveryReport
    verdict: Verdict | None = None

    @property
    def is_complaint(self) -> bool:
        """Whether somebody has just complained: who did so earlier is sent nothing, and told of as well."""
        is_delivered = self.delivery.state is MessageState.DELIVERED
        return self.verdict is not None and self.verdict.word.ground is SuppressionGround.COMPLAINED and is_delivered

"""Who changed what: one entry per change of what the whole group depends on (M35)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Written in the same transaction as the change itself, so that neither can be without the other.

    ``action`` is in the past tense (``program_published``), ``subject`` names what was changed and is unique
    for one action at one instant; ``actor`` is the id of the key that asked for it, ``reason`` what they gave
    where one is asked for.
    """

    at: datetime
    actor: str
    action: str
    subject: str
    reason: str | None = None

    @property
    def id(self) -> str:
        return f"{self.action}:{self.subject}"

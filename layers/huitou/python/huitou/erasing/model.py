"""An erasure as it is kept, for ever: after a restore it is carried out again (E25)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huitou.kernel.ids import MemberId

REASON = "erasure"
"""Why remaining points end."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """``member`` was erased at ``erased_at``. It happens once: the member is its identity (E14).

    ``reason`` and ``actor`` are staff's words; they name nobody.
    """

    member: MemberId
    reason: str
    actor: str
    client_reference: str | None
    erased_at: datetime

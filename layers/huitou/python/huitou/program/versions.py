"""A published version: an immutable text with a number, and the digest by which the same text is recognised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huitou.kernel.ids import Digest


@dataclass(frozen=True, slots=True)
class ProgramVersion:
    """One version as it was published. Numbers begin at 1 and leave no gap."""

    number: int
    document: str
    """The canonical JSON of the document."""
    digest: Digest
    published_at: datetime
    published_by: str
    """The id of the key that published it."""


@dataclass(frozen=True, slots=True)
class ActiveVersion:
    """What the pointer says: which version holds, and the digest of its document."""

    number: int
    digest: Digest

"""What is kept of a programme: published versions, which never change, and drafts, which people work on."""

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
    """By which the same text is recognised."""
    published_at: datetime
    published_by: str
    """The id of the key that published it."""
    restores: int | None = None
    """The version whose document this is, after a rollback."""
    reason: str | None = None
    """Why, after a rollback."""


@dataclass(frozen=True, slots=True)
class ActiveVersion:
    """What the pointer says: which version holds, and the digest of its document."""

    number: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class Draft:
    """A document on its way to publication: it need not work yet."""

    id: Digest
    revision: int
    """Counts its changes, from 1: the ETag."""
    document: str
    """JSON, as it was sent."""
    based_on: int
    """The version that its author has seen and means to replace; 0 before the first publication."""
    content: Digest
    """E14: of the document with which it was created."""
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str
    published_as: int | None = None
    """The version that it became; it is not changed any more then."""
    discarded: bool = False
    """Nobody sees it any more; what is left, without the document, keeps its id from being used again (E14)."""

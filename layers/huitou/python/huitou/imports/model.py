"""An import as values: the run, its chunks, and the rows that it refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from huitou.imports.openings import Control
from huitou.kernel.ids import Digest
from huitou.program.model import BrandId

MOST_FILE_BYTES = 1024**3
"""Of the uploaded file, and of what is in it where it is compressed."""
MOST_ROWS = 1_000_000
"""What the first state can hold the order of in memory."""
SHOWN_REJECTIONS = 50
"""How many rejected rows an import shows by itself; all of them are in its report."""
LONGEST_REASON = 500
"""Characters: those that are shown have to fit into the import's item, whatever a row calls its fields."""


class ImportFormat(StrEnum):
    """How the rows of a file are written; either may be compressed with gzip."""

    NDJSON = "ndjson"
    CSV = "csv"


class ImportStatus(StrEnum):
    """Where an import stands."""

    CREATED = "created"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Rejection(NamedTuple):
    """A row that was not imported: its line in the file, the error's code and a sentence. Never its content."""

    line: int
    code: str
    reason: str


class Counts(NamedTuple):
    """What became of the rows. Their sum is the number of rows that have been dealt with."""

    members: int = 0
    """Enrolled, or known before."""
    recorded: int = 0
    """Purchases that this import brought."""
    known: int = 0
    """Purchases that were known before, with the same content."""
    rejected: int = 0
    opened: int = 0
    """Lots and tiers of another system that this import brought, and its tags."""

    @staticmethod
    def of_opening(opened_at: datetime, started_at: datetime) -> Counts:
        """What this very run opened counts as opened, also when its chunk is applied again."""
        return Counts(opened=1) if opened_at == started_at else Counts(known=1)

    @property
    def done(self) -> int:
        return sum(self)


NOTHING = Counts()


def total(counts: Iterable[Counts]) -> Counts:
    """The sum of each."""
    return Counts(*(sum(each) for each in zip(NOTHING, *counts, strict=True)))


class ChunkRef(NamedTuple):
    """One piece of work: a chunk of rows, by its number and the key of its file."""

    number: int
    key: str


@dataclass(frozen=True, slots=True)
class Run:
    """An import from its request to its report.

    ``brand`` is the scope of the key that asked for it: a brand imports its own rows only. All that is decided in
    it is decided as at ``started_at``, under ``program_version``, and from the file with this ``etag``, so that a
    repeated piece of work comes to the same. ``rows`` is known once the file was read.
    """

    id: Digest
    brand: BrandId
    format: ImportFormat
    client_reference: str | None
    created_at: datetime
    status: ImportStatus = ImportStatus.CREATED
    attempt: int = 0
    """Which execution of the state machine carries it out: a failed import may be started again."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    program_version: int = 0
    etag: str = ""
    rows: int | None = None
    counts: Counts = NOTHING
    rejections: tuple[Rejection, ...] = ()
    """The first ones by line, at most `SHOWN_REJECTIONS`; once it is finished."""
    failure: str | None = None
    """Why it failed; what is wrong with the file is noted as soon as it is found."""
    control: Control | None = None
    """What openings must come to before anything is written."""

    @property
    def decided_at(self) -> datetime:
        """ "Now" for all its decisions. Raises `ValueError` before the start."""
        if self.started_at is None:
            raise ValueError(f"import {self.id} was not started")
        return self.started_at

    @property
    def upload_key(self) -> str:
        return f"imports/{self.id}/file"

    @property
    def manifest_key(self) -> str:
        return f"imports/{self.id}/manifest.json"

    @property
    def rejected_key(self) -> str:
        """All rejected rows, by line."""
        return f"imports/{self.id}/rejected.ndjson"

    def chunk_key(self, number: int) -> str:
        return f"imports/{self.id}/chunks/{number:05d}.gz"

    def rejections_key(self, chunk: int) -> str:
        """Rows rejected with one chunk; chunk `UNREAD` holds those that came into none."""
        return f"imports/{self.id}/rejected/{chunk:05d}.json"


UNREAD = 0
"""The number of the chunk that stands for the first state: chunks proper count from 1."""

"""What the use cases of imports need from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import BinaryIO, NamedTuple, Protocol

from huitou.imports.model import Counts, Run
from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest, MemberId
from huitou.program.model import Program
from huitou.purchases.ports import MemberState, SegmentsInTurn


class FileInfo(NamedTuple):
    """A file as it lies there: ``etag`` changes with its content."""

    etag: str
    size: int


class Files(Protocol):
    """Keeps files under keys."""

    def upload_url(self, key: str) -> str:
        """Where whoever knows this address may PUT the file, for an hour."""
        ...

    def download_url(self, key: str, name: str) -> str:
        """Where whoever knows this address may GET the file, as ``name``, for an hour."""
        ...

    def info(self, key: str) -> FileInfo | None:
        """None where there is no such file."""
        ...

    def open(self, key: str, etag: str) -> BinaryIO:
        """Reads the file piece by piece. Raises `FileReplacedError` where it is no longer the one with ``etag``."""
        ...

    def read(self, key: str) -> bytes:
        """The whole of a file that we wrote."""
        ...

    def write(self, key: str, content: bytes) -> None: ...


class RunStore(Protocol):
    """Keeps imports and the counts of their chunks. Reads are consistent."""

    def find(self, run: Digest) -> Run | None: ...

    def add(self, run: Run) -> Write:
        """Refused with `StaleReadError` if the id is taken."""
        ...

    def replace(self, run: Run, before: Run) -> Write:
        """Refused with `StaleReadError` if the import is no longer in the status and attempt of ``before``."""
        ...

    def save_chunk(self, run: Digest, number: int, counts: Counts) -> Write:
        """What became of a chunk's rows; doing a chunk again says it again."""
        ...

    def chunks(self, run: Digest) -> Sequence[tuple[int, Counts]]:
        """The chunks that are done, by number."""
        ...


class SegmentsOfSales(Protocol):
    """Works out who was in which segment when their sales happened."""

    def in_turn(
        self, member: MemberId, state: MemberState, programs: Iterable[Program], since: datetime
    ) -> SegmentsInTurn:
        """For sales from ``since`` on, which ``programs`` decide. Raises `MemberNotFoundError`."""
        ...


class StateMachine(Protocol):
    """Carries out imports."""

    def start(self, run: Digest, attempt: int) -> None:
        """Starts an execution, once per import and attempt, however often it is asked."""
        ...

    def ended_at(self, run: Digest, attempt: int) -> datetime | None:
        """When the execution ended, in whatever way; None while it goes on, and where there is none (any more)."""
        ...

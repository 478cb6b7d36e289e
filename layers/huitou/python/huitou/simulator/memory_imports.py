"""Imports and their files in memory."""

from __future__ import annotations

import io
from collections.abc import Sequence
from hashlib import md5
from typing import BinaryIO

from huitou.imports.errors import FileReplacedError
from huitou.imports.model import Counts, Run
from huitou.imports.openings import Opened
from huitou.imports.ports import FileInfo
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.platform import keys, program_keys
from huitou.simulator.memory import MemoryTable, absent, always


class MemoryFiles:
    """`Files` in a dict; an address is the key itself."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    def upload_url(self, key: str) -> str:
        return key

    def download_url(self, key: str, name: str) -> str:
        del name
        return key

    def info(self, key: str) -> FileInfo | None:
        content = self.content.get(key)
        return None if content is None else FileInfo(_etag(content), len(content))

    def open(self, key: str, etag: str) -> BinaryIO:
        if _etag(self.content[key]) != etag:
            raise FileReplacedError("Another file was uploaded after the import was started.")
        return io.BytesIO(self.content[key])

    def read(self, key: str) -> bytes:
        return self.content[key]

    def write(self, key: str, content: bytes) -> None:
        self.content[key] = content


class MemoryRuns:
    """`RunStore` over a `MemoryTable`."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def find(self, run: Digest) -> Run | None:
        return self._table.get(Run, *program_keys.import_run(run))

    def add(self, run: Run) -> Write:
        refused = StaleReadError("The key was used meanwhile.")
        return self._table.put(*program_keys.import_run(run.id), run, refused=refused, when=absent)

    def replace(self, run: Run, before: Run) -> Write:
        def unmoved(stored: Run | None) -> bool:
            return stored is not None and (stored.status, stored.attempt) == (before.status, before.attempt)

        refused = StaleReadError("The import has moved on.")
        return self._table.put(*program_keys.import_run(run.id), run, refused=refused, when=unmoved)

    def save_chunk(self, run: Digest, number: int, counts: Counts) -> Write:
        refused = StaleReadError("Another worker does the same chunk.")
        return self._table.put(*program_keys.import_chunk(run, number), (number, counts), refused=refused, when=always)

    def chunks(self, run: Digest) -> Sequence[tuple[int, Counts]]:
        pk, _ = program_keys.import_run(run)
        return self._table.query(tuple, pk, prefix=program_keys.CHUNK_PREFIX).items


def _etag(content: bytes) -> str:
    return md5(content, usedforsecurity=False).hexdigest()


class MemoryOpenings:
    """`OpeningStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def find(self, opening: Digest) -> Opened | None:
        return self._table.get(Opened, *keys.opening(opening))

    def add(self, opened: Opened) -> Write:
        brought = StaleReadError("The lot was brought meanwhile.")
        return self._table.put(*keys.opening(opened.id), opened, refused=brought, when=absent)

"""The first state of an import: reads the file, and cuts it into chunks of rows that belong together."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from huitou.imports.apply import rejected
from huitou.imports.errors import (
    ControlMismatchError,
    FileReplacedError,
    FileTooLargeError,
    UnreadableFileError,
)
from huitou.imports.model import MOST_ROWS, UNREAD, ChunkRef, Counts, Rejection, Run
from huitou.imports.openings import Count
from huitou.imports.partition import MOST_GROUP_BYTES, Head, Partition
from huitou.imports.ports import Files, RunStore
from huitou.imports.rejections import write_rejections
from huitou.imports.rows import RawRow, read_rows
from huitou.imports.service import running
from huitou.kernel.commits import Commit
from huitou.kernel.errors import DomainError
from huitou.kernel.ids import Digest
from huitou.program.model import Program
from huitou.program.ports import Programs

THE_FILES_FAULT = (UnreadableFileError, FileTooLargeError, FileReplacedError, ControlMismatchError)

ReadHead = Callable[[bytes, Run, Program], Head]


class Preparation:
    """The use case. The file is read twice: once to learn which rows belong together, once to bring them together."""

    def __init__(self, runs: RunStore, files: Files, programs: Programs, read_head: ReadHead, commit: Commit) -> None:
        self._runs = runs
        self._files = files
        self._programs = programs
        self._read_head = read_head
        self._commit = commit

    def prepare(self, run_id: Digest) -> Mapping[str, Any]:
        """Writes the chunks and the manifest that lists them; what the other states receive.

        Doing it again writes the same again. Raises `UnreadableFileError`, `FileTooLargeError`, `FileReplacedError`,
        `ControlMismatchError`.
        """
        run = running(self._runs, run_id)
        try:
            return self._prepared(run)
        except THE_FILES_FAULT as error:
            # Noted here for the report: how an error's name and words travel through the states is not ours to say.
            self._commit([self._runs.replace(replace(run, failure=error.detail), before=run)])
            raise

    def _prepared(self, run: Run) -> Mapping[str, Any]:
        partition, rejections, rows = self._survey(run)
        spools = [_Spool() for _ in range(partition.pack())]
        rejections += self._distribute(run, partition, spools)
        chunks = [ChunkRef(number, run.chunk_key(number)) for number in range(UNREAD + 1, len(spools) + 1)]
        for chunk, spool in zip(chunks, spools, strict=True):
            self._files.write(chunk.key, spool.sorted())
        self._files.write(run.manifest_key, json.dumps([chunk._asdict() for chunk in chunks]).encode())
        write_rejections(self._files, run.rejections_key(UNREAD), rejections)
        self._commit(
            [
                self._runs.replace(replace(run, rows=rows), before=run),
                self._runs.save_chunk(run.id, UNREAD, Counts(rejected=len(rejections))),
            ]
        )
        return {"import_id": run.id, "manifest_key": run.manifest_key}

    def _survey(self, run: Run) -> tuple[Partition, list[Rejection], int]:
        """Which rows belong together, those that cannot be placed, and how many there are of both."""
        program = self._programs.version(run.program_version)
        partition, rejections, rows, count = Partition(), [], 0, Count()
        for rows, row in enumerate(self._rows(run), 1):
            if rows > MOST_ROWS:
                raise FileTooLargeError(f"A file has at most {MOST_ROWS} rows.")
            if isinstance(row, Rejection):
                rejections.append(row)
                continue
            try:
                head = self._read_head(row.text, run, program)
            except DomainError as error:
                rejections.append(rejected(row.line, error))
                head = None
            partition.add(head, len(row.text))
            if head and head.lot:
                count.add(head.lot)
        if run.control:
            count.require(run.control, program)
        return partition, rejections, rows

    def _distribute(self, run: Run, partition: Partition, spools: Sequence[_Spool]) -> list[Rejection]:
        """Brings each row into its chunk; answers with those whose group is too large."""
        too_large = []
        placeable = (row for row in self._rows(run) if isinstance(row, RawRow))
        for index, row in enumerate(placeable):
            chunk = partition.chunk_of(index)
            if chunk == UNREAD:
                reason = f"Its member's rows are more than {MOST_GROUP_BYTES} bytes together."
                too_large.append(Rejection(row.line, "too_many_rows_of_one_member", reason))
            elif chunk is not None:
                spools[chunk - 1].add(partition.labelled(index, row))
        return too_large

    def _rows(self, run: Run) -> Iterator[RawRow | Rejection]:
        return read_rows(self._files.open(run.upload_key, run.etag), run.format)


class _Spool:
    """The lines of a chunk while they come in: compressed, with little memory for each, as there are many at once."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._compressor = zlib.compressobj(level=1, wbits=-12, memLevel=5)

    def add(self, line: bytes) -> None:
        if piece := self._compressor.compress(line):
            self._pieces.append(piece)

    def sorted(self) -> bytes:
        """The chunk, sorted, as gzip. To be called once."""
        self._pieces.append(self._compressor.flush())
        lines = zlib.decompress(b"".join(self._pieces), wbits=-12).split(b"\n")[:-1]
        self._pieces.clear()
        return gzip.compress(b"".join(line + b"\n" for line in sorted(lines)), compresslevel=1, mtime=0)

"""What callers do with imports: ask for one, start it, look how it is getting on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from huitou.imports.errors import FileReplacedError, FileTooLargeError, ImportNotFoundError, NothingUploadedError
from huitou.imports.model import MOST_FILE_BYTES, Counts, ImportFormat, ImportStatus, Run, total
from huitou.imports.openings import Control
from huitou.imports.ports import Files, RunStore, StateMachine
from huitou.kernel.commits import Commit, once, until_committed
from huitou.kernel.content import require_same
from huitou.kernel.ids import Digest, digest_of
from huitou.program.model import GROUP, BrandId
from huitou.program.ports import Programs

STOPPED = "It stopped for a reason of our own. Start it again: it goes on where it stopped."
"""Why an import failed, where its file is not to blame."""


@dataclass(frozen=True, slots=True)
class Created:
    """An import, and where to send its file."""

    run: Run
    upload_url: str
    replayed: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """An import as it stands. ``counts`` grow chunk by chunk."""

    run: Run
    counts: Counts
    rejections_url: str | None


class Imports:
    """The use cases. ``brand`` is the scope of the caller's key: a brand knows of its own imports only."""

    def __init__(
        self,
        *,
        runs: RunStore,
        files: Files,
        states: StateMachine,
        programs: Programs,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._runs = runs
        self._files = files
        self._states = states
        self._programs = programs
        self._commit = commit
        self._pause = pause

    def create(
        self,
        form: ImportFormat,
        client_reference: str | None,
        key: str,
        brand: BrandId,
        now: datetime,
        *,
        control: Control | None = None,
    ) -> Created:
        """An import that waits for its file; the same ``key`` again is the same one. Raises `ContentReusedError`."""
        run = Run(digest_of(("import", brand, key)), brand, form, client_reference, now, control=control)

        def attempt() -> Created:
            self._commit([self._runs.add(run)])
            return Created(run, self._files.upload_url(run.upload_key), replayed=False)

        def recall() -> Created | None:
            known = self._runs.find(run.id)
            if known is None:
                return None
            require_same(_content(known), _content(run), "import")
            return Created(known, self._files.upload_url(known.upload_key), replayed=True)

        return once(attempt, recall, self._pause)

    def start(self, run_id: Digest, brand: BrandId, now: datetime) -> Run:
        """Starts it, or a failed one again where it stopped; one that was started before goes on undisturbed.

        One whose execution died without a report, by hand or by time, has failed too.
        Raises `ImportNotFoundError`, `NothingUploadedError`, `FileTooLargeError`, `FileReplacedError`.
        """

        def attempt() -> Run:
            run, died_at = self._look(run_id, brand)
            if died_at or run.status in {ImportStatus.CREATED, ImportStatus.FAILED}:
                started = self._started(run, now)
                self._commit([self._runs.replace(started, before=run)])
                run = started
            if run.status is ImportStatus.RUNNING:
                self._states.start(run.id, run.attempt)
            return run

        return until_committed(attempt, self._pause)

    def progress(self, run_id: Digest, brand: BrandId) -> Progress:
        """What died without a report is shown as failed when that happened. Raises `ImportNotFoundError`."""
        run, died_at = self._look(run_id, brand)
        if run.finished_at is not None:
            return Progress(run, run.counts, self._files.download_url(run.rejected_key, "rejected.ndjson"))
        if died_at is not None:
            run = replace(run, status=ImportStatus.FAILED, finished_at=died_at, failure=STOPPED)
        return Progress(run, total(counts for _, counts in self._runs.chunks(run.id)), None)

    def _look(self, run_id: Digest, brand: BrandId) -> tuple[Run, datetime | None]:
        """The import, and when its execution died, if it did without a report.

        A report is written before its execution ends. So the import is read again after an end was seen: only one
        that still runs then will never be reported.
        """
        run = self._require(run_id, brand)
        if run.status is not ImportStatus.RUNNING:
            return run, None
        ended_at = self._states.ended_at(run.id, run.attempt)
        if ended_at is None:
            return run, None
        latest = self._require(run_id, brand)
        same = (latest.status, latest.attempt) == (run.status, run.attempt)
        return latest, ended_at if same else None

    def _started(self, run: Run, now: datetime) -> Run:
        """A failed import that starts again decides as before: what it has done already is recognised by that."""
        file = self._files.info(run.upload_key)
        if file is None or file.size == 0:
            raise NothingUploadedError("PUT the file to upload_url first.")
        if file.size > MOST_FILE_BYTES:
            raise FileTooLargeError(f"A file has at most {MOST_FILE_BYTES} bytes.")
        if file.etag != (run.etag or file.etag):
            raise FileReplacedError("A failed import starts again with the same file; ask for a new one for another.")
        return replace(
            run,
            status=ImportStatus.RUNNING,
            attempt=run.attempt + 1,
            started_at=run.started_at or now,
            program_version=run.program_version or self._programs.active().version,
            etag=file.etag,
            finished_at=None,
            failure=None,
        )

    def _require(self, run_id: Digest, brand: BrandId) -> Run:
        run = self._runs.find(run_id)
        if run is None or brand not in {GROUP, run.brand}:
            raise ImportNotFoundError("No such import.")
        return run


def running(runs: RunStore, run_id: Digest) -> Run:
    """The import that a state works for."""
    run = runs.find(run_id)
    if run is None or run.status is not ImportStatus.RUNNING:
        raise LookupError(f"import {run_id} is not running")
    return run


def _content(run: Run) -> Mapping[str, object]:
    """What an import asks for, as JSON."""
    return {"format": run.format, "control": asdict(run.control) if run.control else None}

"""The last state of an import: sums up what became of the rows, or says why the import failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from huitou.imports.model import SHOWN_REJECTIONS, ImportStatus, Run, total
from huitou.imports.ports import Files, RunStore
from huitou.imports.rejections import read_rejections
from huitou.imports.service import STOPPED, running
from huitou.kernel.commits import Commit
from huitou.kernel.ids import Digest


class Reporting:
    """The use case."""

    def __init__(self, runs: RunStore, files: Files, commit: Commit) -> None:
        self._runs = runs
        self._files = files
        self._commit = commit

    def report(self, run_id: Digest, error: Mapping[str, str] | None, now: datetime) -> Run:
        """Ends the import. ``error`` is the state machine's, where a state failed for good.

        What was wrong with the file is known already; everything else is in the logs.
        """
        run = running(self._runs, run_id)
        chunks = self._runs.chunks(run.id)
        rejections = sorted(
            rejection
            for number, counts in chunks
            if counts.rejected
            for rejection in read_rejections(self._files, run.rejections_key(number))
        )
        finished = replace(
            run,
            status=ImportStatus.FAILED if error else ImportStatus.COMPLETED,
            finished_at=now,
            counts=total(counts for _, counts in chunks),
            rejections=tuple(rejections[:SHOWN_REJECTIONS]),
            failure=(run.failure or STOPPED) if error else None,
        )
        lines = (json.dumps(each._asdict(), ensure_ascii=False) + "\n" for each in rejections)
        self._files.write(run.rejected_key, "".join(lines).encode())
        self._commit([self._runs.replace(finished, before=run)])
        return finished

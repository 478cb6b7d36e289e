"""What callers do with counts: ask for one, look at it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from huitou.access.model import Caller
from huitou.counts.errors import CountNotFoundError
from huitou.counts.model import CountPart, SegmentCount
from huitou.counts.ports import CountStore
from huitou.kernel.commits import Commit, once
from huitou.kernel.content import require_same
from huitou.kernel.ids import Digest, digest_of
from huitou.kernel.jobs import Files, JobStates, JobStatus, as_seen
from huitou.program.model import GROUP
from huitou.segments.drafting import drafted
from huitou.segments.ports import InsightSource, PublishedPrograms


@dataclass(frozen=True, slots=True)
class Counted:
    """A count as it stands, with the parts that have begun. ``replayed``: it had been asked for before."""

    count: SegmentCount
    parts: Sequence[CountPart] = ()
    replayed: bool = False


class Counts:
    """The use cases, for the group: whoever asks about members of every brand finds out anything (E31)."""

    def __init__(
        self,
        *,
        counts: CountStore,
        programs: PublishedPrograms,
        insights: InsightSource,
        files: Files,
        states: JobStates,
        shards: int,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._counts = counts
        self._programs = programs
        self._insights = insights
        self._files = files
        self._states = states
        self._shards = shards
        self._commit = commit
        self._pause = pause

    def create(self, written: Mapping[str, Any], key: str, caller: Caller, now: datetime) -> Counted:
        """A count that is running, of a segment as the programme's document writes it; the same ``key``, the same one.

        Raises `ForeignBrandError`, `InvalidSegmentError`, `ContentReusedError`.
        """
        caller.acts_for(GROUP)
        count_id = digest_of(("count", GROUP, key))

        def attempt() -> Counted:
            version = self._programs.active().version
            drafted(written, self._programs.published(version))
            text, known = json.dumps(written, ensure_ascii=False), self._insights.insights().version
            planned = SegmentCount(count_id, text, version, self._shards, now, known)
            self._commit([self._counts.add(planned)])
            self._start(planned)
            return Counted(planned)

        def recall() -> Counted | None:
            known = self._counts.find(count_id)
            if known is None:
                return None
            given = {field: written.get(field) for field in {**known.segment, **written}}
            require_same(known.segment, given, "count")
            if known.status is JobStatus.RUNNING:
                self._start(known)
            return Counted(known, self._counts.parts(known.id), replayed=True)

        return once(attempt, recall, self._pause)

    def get(self, count_id: Digest, caller: Caller) -> Counted:
        """One whose execution died is shown as failed. Raises `ForeignBrandError`, `CountNotFoundError`."""
        caller.acts_for(GROUP)
        count = as_seen(lambda: self._require(count_id), self._states.ended_at)
        return Counted(count, self._counts.parts(count.id))

    def _start(self, count: SegmentCount) -> None:
        """Doing it again is harmless."""
        chunks = [{"part": number} for number in range(count.parts)]
        self._files.write(count.manifest_key, json.dumps(chunks).encode())
        self._states.start(count.id, count.manifest_key)

    def _require(self, count_id: Digest) -> SegmentCount:
        count = self._counts.find(count_id)
        if count is None:
            raise CountNotFoundError("No such count.")
        return count

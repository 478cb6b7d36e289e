"""What callers do with counts: ask for one, look at it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from huitou.access.model import Caller
from huitou.counts.model import SegmentCount
from huitou.jobs.service import Chunks, PartedJobs, Underway
from huitou.kernel.content import require_same
from huitou.kernel.ids import Digest, digest_of
from huitou.members.parts import chunks_of
from huitou.program.model import GROUP
from huitou.program.ports import PublishedPrograms
from huitou.segments.drafting import drafted
from huitou.segments.ports import InsightSource


class Counts:
    """The use cases, for the group: whoever asks about members of every brand finds out anything (E31)."""

    def __init__(
        self,
        *,
        jobs: PartedJobs[SegmentCount],
        programs: PublishedPrograms,
        insights: InsightSource,
        shards: int,
    ) -> None:
        self._jobs = jobs
        self._programs = programs
        self._insights = insights
        self._shards = shards

    def create(self, written: Mapping[str, Any], key: str, caller: Caller, now: datetime) -> Underway[SegmentCount]:
        """A count that is running, of a segment as the programme's document writes it; the same ``key``, the same one.

        Raises `ForeignBrandError`, `InvalidSegmentError`, `ContentReusedError`.
        """
        caller.acts_for(GROUP)
        count_id = digest_of(("count", GROUP, key))

        def plan() -> tuple[SegmentCount, Chunks]:
            version = self._programs.active().version
            drafted(written, self._programs.published(version))
            text, known = json.dumps(written, ensure_ascii=False), self._insights.insights().version
            return SegmentCount(count_id, text, version, self._shards, now, known), chunks_of(self._shards)

        def agree(known: SegmentCount) -> None:
            given = {field: written.get(field) for field in {**known.segment, **written}}
            require_same(known.segment, given, "count")

        return self._jobs.ask(count_id, plan, agree)

    def get(self, count_id: Digest, caller: Caller) -> Underway[SegmentCount]:
        """One whose execution died is shown as failed. Raises `ForeignBrandError`, `CountNotFoundError`."""
        caller.acts_for(GROUP)
        return self._jobs.look(count_id)

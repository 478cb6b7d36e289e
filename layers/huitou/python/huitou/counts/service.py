"""What callers do with counts: ask for one, look at it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from huitou.access.model import Caller
from huitou.campaigns import drafting as campaigns
from huitou.counts.errors import CountNotFoundError
from huitou.counts.model import Counted, MemberCount
from huitou.jobs.service import Chunks, PartedJobs, Underway
from huitou.kernel.channels import MessageChannel
from huitou.kernel.content import require_same
from huitou.kernel.ids import Digest, digest_of
from huitou.members.parts import chunks_of
from huitou.program.model import GROUP
from huitou.program.ports import KnownPrograms
from huitou.program.speech import speech_in
from huitou.program.versions import ProgramVersion
from huitou.segments import drafting as segments
from huitou.segments.ports import InsightSource

Check = Callable[[Mapping[str, Any], ProgramVersion], object]
_CHECKS: Final[Mapping[Counted, Check]] = MappingProxyType(
    {Counted.SEGMENT: segments.drafted, Counted.CAMPAIGN: campaigns.drafted}
)
_SPACES: Final = MappingProxyType({Counted.SEGMENT: "count", Counted.CAMPAIGN: "campaign count"})
"""Each kind has keys of its own."""


class Counts:
    """The use cases, for the group: whoever asks about members of every brand finds out anything (E31)."""

    def __init__(
        self,
        *,
        jobs: PartedJobs[MemberCount],
        programs: KnownPrograms,
        insights: InsightSource,
        shards: int,
    ) -> None:
        self._jobs = jobs
        self._programs = programs
        self._speech = speech_in(programs)
        self._insights = insights
        self._shards = shards

    def create(
        self, of: Counted, written: Mapping[str, Any], key: str, caller: Caller, now: datetime
    ) -> Underway[MemberCount]:
        """A count that is running, of what the programme's document would write so; the same ``key``, the same one.

        Raises `ForeignBrandError`, `InvalidSegmentError`, `InvalidCampaignError`, `ContentReusedError`.
        """
        caller.acts_for(GROUP)
        count_id = digest_of((_SPACES[of], GROUP, key))

        def plan() -> tuple[MemberCount, Chunks]:
            version = self._programs.active().version
            _CHECKS[of](written, self._programs.published(version))
            text, known = json.dumps(written, ensure_ascii=False), self._insights.insights().version
            kind = None if of is Counted.SEGMENT else of
            return MemberCount(count_id, text, version, self._shards, now, known, kind), chunks_of(self._shards)

        def agree(known: MemberCount) -> None:
            nothing = dict.fromkeys(known.document)
            require_same(_in_order(known.document), _in_order({**nothing, **written}), "count")

        return self._jobs.ask(count_id, plan, agree)

    def get(self, of: Counted, count_id: Digest, caller: Caller) -> Underway[MemberCount]:
        """One whose execution died is shown as failed. Raises `ForeignBrandError`, `CountNotFoundError`."""
        caller.acts_for(GROUP)
        found = self._jobs.look(count_id)
        if found.job.of is not of:
            raise CountNotFoundError(f"{CountNotFoundError.title}.")
        return found

    def cost(self, count: MemberCount, sent: Mapping[MessageChannel, int]) -> Decimal | None:
        """As `Catalogue.cost`, in the group's money, by the version in which it is judged."""
        program = self._programs.version(count.program)
        cost = self._speech(program).catalogue.cost(sent, program.money_exponent)
        return None if cost is None else Decimal(cost).scaleb(-program.money_exponent)


def _in_order(written: Mapping[str, Any]) -> Mapping[str, Any]:
    """Steps by their place: unlike other lists, they are others in another order."""
    steps = written.get("steps")
    return {**written, "steps": dict(enumerate(steps))} if isinstance(steps, list) else written

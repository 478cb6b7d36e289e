"""How many members a segment would have, before it is published (M16): a sample of them is judged.

The sample are the members whose ids have the lowest hashes: nobody chose them, and the same question is put to the same
people each time, so that two drafts are compared with each other and not two draws. They are judged by their facts, as
a sale would judge them, one batch after the other until there are enough, or time is up. Nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from huitou.access.model import Caller
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import all_items
from huitou.program.model import GROUP
from huitou.program.ports import PublishedPrograms
from huitou.segments.asking import Asking
from huitou.segments.counting import count
from huitou.segments.drafting import drafted
from huitou.segments.estimating import Estimate, estimate
from huitou.segments.ports import MemberSample

SAMPLE = 400
"""Half of all members are told to within one in twenty."""
BATCH = 40
SECONDS = 15.0
"""Then no further batch is begun: the gateway waits for 29."""
MOST_EXAMPLES = 10

Together = Callable[[Callable[[MemberId], bool | None], Iterable[MemberId]], Iterable[bool | None]]
"""As `map`, perhaps several at a time."""


class Preview(NamedTuple):
    """About so many ``members``; ``found`` of ``looked_at`` are in the segment now, ``examples`` among them."""

    members: Estimate
    looked_at: int
    found: int
    examples: tuple[MemberId, ...]


class Previews:
    """The use case, for the group: who may narrow a question again and again finds out anything about anybody (E31).

    ``clock`` counts seconds and never runs backwards (``time.monotonic``).
    """

    def __init__(
        self,
        *,
        sample: MemberSample,
        asking: Asking,
        programs: PublishedPrograms,
        together: Together,
        clock: Callable[[], float],
    ) -> None:
        self._sample = sample
        self._asking = asking
        self._programs = programs
        self._together = together
        self._clock = clock

    def preview(self, written: Mapping[str, Any], caller: Caller, now: datetime) -> Preview:
        """Of a segment as the programme's document writes it. Raises `ForeignBrandError`, `InvalidSegmentError`."""
        caller.acts_for(GROUP)
        until = self._clock() + SECONDS
        segment, program = drafted(written, self._programs.published(self._programs.active().version))
        asked = self._asked(partial(self._asking.holds, segment, program, now), until)
        found = [member for member, holds in asked if holds]
        return Preview(
            members=estimate(len(found), len(asked), count(self._sample.count, self._sample.shards).members),
            looked_at=sum(holds is not None for _, holds in asked),
            found=len(found),
            examples=tuple(found[:MOST_EXAMPLES]),
        )

    def _asked(self, holds: Callable[[MemberId], bool | None], until: float) -> list[tuple[MemberId, bool | None]]:
        members, asked = self._everybody(), list[tuple[MemberId, bool | None]]()
        while len(asked) < SAMPLE and (not asked or self._clock() < until) and (batch := tuple(islice(members, BATCH))):
            asked += zip(batch, self._together(holds, batch), strict=True)
        return asked

    def _everybody(self) -> Iterator[MemberId]:
        """By the hashes of their ids, those of who is no member any more among them."""
        for shard in range(self._sample.shards):
            yield from all_items(lambda after, shard=shard: self._sample.first(shard, after=after, limit=BATCH))  # type: ignore[misc]

"""Journeys in memory."""

from __future__ import annotations

from collections.abc import Sequence

from huitou.campaigns.model import Journey, JourneyId
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import Page, require_cursor_within
from huitou.platform import keys
from huitou.program.campaigns import CampaignId
from huitou.simulator.memory import MemoryTable, absent


class MemoryJourneys:
    """`JourneyStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, journey: JourneyId) -> Journey | None:
        return self._table.get(Journey, *_key(journey))

    def load_all(self, journeys: Sequence[JourneyId]) -> Sequence[Journey]:
        return [found for each in journeys if (found := self.load(each))]

    def add(self, journey: Journey) -> Write:
        refused = StaleReadError("It has begun meanwhile.")
        return self._table.put(*_key(journey.id), journey, refused=refused, when=absent)

    def save(self, before: Journey, after: Journey) -> Write:
        refused = StaleReadError("The journey went on meanwhile.")
        return self._table.put(*_key(after.id), after, refused=refused, when=lambda value: value == before)

    def of_members(self, members: Sequence[MemberId], *, after: str | None, limit: int) -> Page[Journey]:
        if after is not None:
            require_cursor_within(after, keys.JOURNEY_PREFIX, None)
        journeys = (each for member in members for each in self._table.query(Journey, keys.member(member)).items)
        found = sorted(((_key(each.id)[1], each) for each in journeys), key=lambda each: each[0])
        rest = [(name, each) for name, each in found if after is None or name > after]
        last = rest[limit - 1][0] if len(rest) > limit else None
        shown = [each for name, each in rest if last is None or name <= last]
        return Page(tuple(shown), last if len(shown) < len(rest) else None)

    def of_campaign(self, members: Sequence[MemberId], campaign: CampaignId) -> Sequence[Journey]:
        named = [keys.journey(member, campaign, "") for member in members]
        return [each for pk, prefix in named for each in self._table.query(Journey, pk, prefix=prefix).items]


def _key(journey: JourneyId) -> keys.Key:
    return keys.journey(journey.member, *journey.cause)

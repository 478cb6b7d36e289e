"""Which purchase is put down to which word of which campaign (E29). Pure.

Each purchase is credited once, to the last exposure in whose window it lies, whichever campaign that is of: so what all
campaigns are credited with is never more than what was sold. Exposures of who is held out are credited in the same way,
although nothing was said: else the arms could not be compared (E27).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from huitou.campaigns.model import Journey, JourneyId, TurnOutcome
from huitou.program.campaigns import Campaign, SetTag
from huitou.program.model import BrandId

EXPOSING = frozenset({TurnOutcome.PLANNED, TurnOutcome.GIVEN, TurnOutcome.HELD_OUT})


class Sale(Protocol):
    """Of a purchase, what counts here."""

    @property
    def occurred_at(self) -> datetime: ...
    @property
    def brand(self) -> BrandId: ...


S = TypeVar("S", bound=Sale)


class Exposure(NamedTuple):
    """At ``at`` somebody was told or given something, or would have been, were they not held out. It counts until
    ``until``.
    """

    at: datetime
    journey: JourneyId
    step: int
    until: datetime
    brand: BrandId | None
    """Whose purchases it may have brought; None: every brand's."""

    def covers(self, sale: Sale) -> bool:
        return self.at <= sale.occurred_at < self.until and self.brand in {None, sale.brand}


def exposures(journeys: Iterable[Journey], campaign_of: Callable[[Journey], Campaign]) -> Iterator[Exposure]:
    """Of one person's journeys through all campaigns. Tags are nothing that anybody notices, in either arm."""
    for journey in journeys:
        campaign = campaign_of(journey)
        for turn in journey.turns:
            if turn.outcome in EXPOSING and not isinstance(campaign.steps[turn.step], SetTag):
                yield Exposure(turn.at, journey.id, turn.step, turn.at + campaign.attribution, campaign.brand)


def credited(sales: Iterable[S], exposed: Iterable[Exposure]) -> Mapping[Exposure, Sequence[S]]:
    """What each of one person's exposures brought; of two at one instant, one counts."""
    latest_first = sorted(exposed, key=lambda each: each[:3], reverse=True)
    brought: dict[Exposure, list[S]] = defaultdict(list)
    for sale in sales:
        last = next((each for each in latest_first if each.covers(sale)), None)
        if last is not None:
            brought[last].append(sale)
    return brought

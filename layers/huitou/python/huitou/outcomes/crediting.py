"""Which purchases count for a campaign, and which of them is put down to which of its words. Pure.

For the arms, all that a unit bought within the campaign's own windows counts, whichever campaign spoke last: another
one speaks more often to those held out, for whom this one has taken no room, and must not take their purchases away
(E27). For the steps, each purchase is credited once, to the last exposure in whose window it lies, whichever campaign
that is of: so what all campaigns are credited with is never more than what was sold (E29).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, Protocol, TypeVar

from huitou.campaigns.model import Journey, JourneyId, Turn, TurnOutcome
from huitou.program.campaigns import Campaign, GiveCoupon, GivePoints, Send, Step, Wait
from huitou.program.model import BrandId

EXPOSING = frozenset({TurnOutcome.PLANNED, TurnOutcome.GIVEN, TurnOutcome.HELD_OUT})
_NOTICED = (Send, GivePoints, GiveCoupon)
"""Tags are nothing that anybody notices, in either arm."""


class Sale(Protocol):
    """Of a purchase, what counts here."""

    @property
    def occurred_at(self) -> datetime: ...
    @property
    def brand(self) -> BrandId: ...


S = TypeVar("S", bound=Sale)


class Window(NamedTuple):
    """From ``at`` until just before ``until``."""

    at: datetime
    until: datetime
    brand: BrandId | None
    """Whose purchases count; None: every brand's."""

    def covers(self, sale: Sale) -> bool:
        return self.at <= sale.occurred_at < self.until and self.brand in {None, sale.brand}


class Exposure(NamedTuple):
    """By this step somebody was told or given something, or would have been, were they not held out."""

    window: Window
    journey: JourneyId
    step: int


class Response(NamedTuple, Generic[S]):
    """What came of a campaign with one unit."""

    windows: Sequence[Window]
    brought: Mapping[Exposure, Sequence[S]]
    """Its exposures, with what each was credited with."""
    bought: Sequence[S]
    """What is compared: each purchase once, whoever it was credited to."""


def response(
    journeys: Iterable[Journey],
    compared: Sequence[Journey],
    campaign_of: Callable[[Journey], Campaign],
    sales: Sequence[S],
) -> Response[S]:
    """``journeys`` are one person's through all campaigns, ``compared`` those among them that are asked about."""
    credits = credited(sales, exposures(journeys, campaign_of))
    opened = list(windows(compared, campaign_of))
    return Response(
        opened,
        {each: credits.get(each, ()) for each in exposures(compared, campaign_of)},
        [sale for sale in sales if any(each.covers(sale) for each in opened)],
    )


def exposures(journeys: Iterable[Journey], campaign_of: Callable[[Journey], Campaign]) -> Iterator[Exposure]:
    """Of one person."""
    for journey in journeys:
        campaign = campaign_of(journey)
        for turn in noticed(journey, campaign):
            if turn.outcome in EXPOSING:
                yield Exposure(_window(turn, campaign), journey.id, turn.step)


def windows(journeys: Sequence[Journey], campaign_of: Callable[[Journey], Campaign]) -> Iterator[Window]:
    """Of one unit's journeys through a campaign, one each.

    The first begins with the first exposure, before which both arms are treated alike. From then on the campaign itself
    may keep one of the treated from being told, by a cap that it filled or a consent that it cost, and another campaign
    one of those held out: so each later one begins with the first step that comes, whether or not it tells anything,
    and all are as long as the campaign means to go on, whether or not it does.
    """
    exposed_at = min((each.window.at for each in exposures(journeys, campaign_of)), default=None)
    if exposed_at is None:
        return
    for journey in journeys:
        campaign = campaign_of(journey)
        first = next((turn for turn in noticed(journey, campaign) if turn.at >= exposed_at), None)
        if first:
            yield _window(first, campaign, days=_days_from(first.step, campaign.steps))


def credited(sales: Iterable[S], exposed: Iterable[Exposure]) -> Mapping[Exposure, Sequence[S]]:
    """What each of one person's exposures brought; of two at one instant, one counts."""
    latest_first = sorted(exposed, key=lambda each: (each.window.at, each.journey, each.step), reverse=True)
    brought: dict[Exposure, list[S]] = defaultdict(list)
    for sale in sales:
        last = next((each for each in latest_first if each.window.covers(sale)), None)
        if last is not None:
            brought[last].append(sale)
    return brought


def _window(first: Turn, campaign: Campaign, days: int = 0) -> Window:
    return Window(first.at, first.at + timedelta(days) + campaign.attribution, campaign.brand)


def _days_from(step: int, steps: Sequence[Step]) -> int:
    """Until the last that tells or gives something."""
    last = max(number for number, each in enumerate(steps) if isinstance(each, _NOTICED))
    return sum(each.days for each in steps[step:last] if isinstance(each, Wait))


def noticed(journey: Journey, campaign: Campaign) -> Iterator[Turn]:
    """The turns of steps that tell or give something."""
    return (turn for turn in journey.turns if isinstance(campaign.steps[turn.step], _NOTICED))

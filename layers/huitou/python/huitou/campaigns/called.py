"""Which journey begins with a member who is called with many others: on a day, or since they are there (M19, E20)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.campaigns.calendar import Coming
from huitou.campaigns.decisions import occurrence
from huitou.campaigns.model import JourneyId
from huitou.campaigns.ports import JourneyStore
from huitou.kernel.instants import EPOCH
from huitou.outbox.model import Cause
from huitou.points.wallet import Wallet
from huitou.program.campaigns import Campaign, Once
from huitou.segments.facts import Deed
from huitou.standing.position import Position


class Whom(NamedTuple):
    """A member who is meant; ``birthday`` is asked for where it matters."""

    position: Position
    home: Wallet
    birthday: Callable[[], date | None]


class Called:
    """``read`` answers what the owner of a home wallet did from an instant on, or earlier, in the order of time."""

    def __init__(self, journeys: JourneyStore, read: Callable[[Wallet, datetime], Sequence[Deed]]) -> None:
        self._journeys = journeys
        self._read = read

    def journey(self, campaign: Campaign, coming: Coming, whom: Whom, zone: ZoneInfo) -> JourneyId | None:
        """None: it has begun with them for the same."""
        if campaign.calendar is None:
            meant = self._current(campaign, coming.at, whom, zone)
        else:
            meant = "ever" if campaign.once is Once.EVER else coming.day.isoformat()
        return JourneyId(whom.position.member, Cause(campaign.id, meant)) if meant else None

    def _current(self, campaign: Campaign, at: datetime, whom: Whom, zone: ZoneInfo) -> str | None:
        """As if it had begun as they entered: whoever has heard of it since then, hears of it no more.

        All visits are read: who looks at a position knows them only as far back as segments ask.
        """
        memberships, home = whom.position.memberships, whom.home
        since = next(each.since for each in memberships if each.segment == campaign.segment and each.holds_at(at))
        begun = self._journeys.of_campaign((home.member, *home.absorbed), campaign.id)
        if any(each.began_at >= since for each in begun):
            return None
        return occurrence(
            campaign,
            since,
            birthday=whom.birthday() if campaign.once is Once.BIRTHDAY else None,
            deeds=self._read(home, EPOCH) if campaign.once is Once.ABSENCE else (),
            zone=zone,
        )

"""What campaigns did with one member, for whoever asks."""

from __future__ import annotations

from dataclasses import replace

from huitou.campaigns.model import Journey
from huitou.campaigns.ports import JourneyStore
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import Page
from huitou.points.membership import require_seen
from huitou.points.ports import WalletStore
from huitou.program.model import GROUP, BrandId
from huitou.program.ports import Programs


class MemberJourneys:
    """The use case."""

    def __init__(self, journeys: JourneyStore, wallets: WalletStore, programs: Programs) -> None:
        self._journeys = journeys
        self._wallets = wallets
        self._programs = programs

    def of_member(self, member: MemberId, brand: BrandId, *, after: str | None, limit: int) -> Page[Journey]:
        """A page of a member's journeys, with those of who was merged into them (E15); for a brand, it may be short.

        Raises `MemberNotFoundError`, `MemberErasedError`, `MemberMovedError`, `InvalidCursorError`.
        """
        home = require_seen(self._wallets.load(member, self._programs.active().home_currency), brand)
        page = self._journeys.of_members((member, *home.absorbed), after=after, limit=limit)
        seen = (self._seen_by(brand, each) for each in page.items)
        return Page(tuple(each for each in seen if each is not None), page.next_cursor)

    def _seen_by(self, brand: BrandId, journey: Journey) -> Journey | None:
        """E31: the group's, and the brand's own; and not when members come to other brands."""
        whose = self._programs.version(journey.program_version).campaigns[journey.campaign].brand
        if brand in {GROUP, whose}:
            return journey
        return replace(journey, usual_hour=None) if whose is None else None

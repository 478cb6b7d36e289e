"""What a result asks about, and what counts for the answer: one campaign, or all of them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from huitou.campaigns.drawing import EVERYTHING
from huitou.campaigns.model import Journey
from huitou.campaigns.ports import DrawId, DrawStore
from huitou.kernel.ids import MemberId
from huitou.outbox.model import OutboxMessage
from huitou.outcomes.crediting import Response, response
from huitou.outcomes.tallying import of_no_step
from huitou.outcomes.together import as_drawn_for_all, response_to_all
from huitou.program.campaigns import Campaign
from huitou.purchases.model import Purchase
from huitou.templates.model import TemplateKind

CampaignOf = Callable[[Journey], Campaign]
"""The campaign as it was when the journey began."""


class Question(Protocol):
    """What is asked about."""

    def is_about(self, journey: Journey, /) -> bool:
        """Whether the journey belongs to what is asked about."""
        ...

    def as_drawn(self, journeys: Sequence[Journey], person: Sequence[MemberId], /) -> Sequence[Journey]:
        """The person's journeys, with what was drawn for what is asked about."""
        ...

    def compares_drawn(self, journey: Journey, /) -> bool:
        """Whether some were held out as the journey began, or are by now: then nobody else is compared."""
        ...

    def response(
        self, known: Sequence[Journey], compared: Sequence[Journey], sales: Sequence[Purchase], /
    ) -> Response[Purchase]:
        """What came of the journeys that are compared, among all that are known."""
        ...

    def is_due_to_it(self, message: OutboxMessage, /) -> bool:
        """Whether the message would not have been sent without what is asked about."""
        ...

    def counted(self, numbers: Mapping[str, int]) -> Mapping[str, int]:
        """The numbers that say something about it."""
        ...


@dataclass(frozen=True, slots=True)
class OfOne:
    """About one campaign, as it was when it was asked about."""

    asked: Campaign
    campaign_of: CampaignOf

    def is_about(self, journey: Journey, /) -> bool:
        """E31: what had the campaign's id while that was another brand's is not the same campaign."""
        return journey.campaign == self.asked.id and self.campaign_of(journey).brand == self.asked.brand

    def as_drawn(self, journeys: Sequence[Journey], _person: Sequence[MemberId], /) -> Sequence[Journey]:
        """Where nobody was held out, nobody was drawn; of journeys from before anything was, it is kept that the member
        is not held out.
        """
        return [each if self._holds_out(each) else _undrawn(each) for each in journeys]

    def compares_drawn(self, journey: Journey, /) -> bool:
        return self.asked.holdout_percent > 0 or self._holds_out(journey)

    def response(
        self, known: Sequence[Journey], compared: Sequence[Journey], sales: Sequence[Purchase], /
    ) -> Response[Purchase]:
        return response(known, compared, self.campaign_of, sales)

    def is_due_to_it(self, _message: OutboxMessage, /) -> bool:
        return True

    def counted(self, numbers: Mapping[str, int]) -> Mapping[str, int]:
        return numbers

    def _holds_out(self, journey: Journey, /) -> bool:
        return self.campaign_of(journey).holdout_percent > 0


@dataclass(frozen=True, slots=True)
class OfAll:
    """About all campaigns together; ``holds_out`` tells of an instant whether they left somebody alone then (E27)."""

    campaign_of: CampaignOf
    draws: DrawStore
    holds_out: Callable[[datetime], bool]

    def is_about(self, _journey: Journey, /) -> bool:
        return True

    def as_drawn(self, journeys: Sequence[Journey], person: Sequence[MemberId], /) -> Sequence[Journey]:
        kept = self.draws.load([DrawId(EVERYTHING, each) for each in person])
        draws = {member: found.draw for member, found in zip(person, kept, strict=True) if found}
        return list(as_drawn_for_all(journeys, draws, self.holds_out))

    def compares_drawn(self, _journey: Journey, /) -> bool:
        return True

    def response(
        self, _known: Sequence[Journey], compared: Sequence[Journey], sales: Sequence[Purchase], /
    ) -> Response[Purchase]:
        return response_to_all(compared, self.campaign_of, sales)

    def is_due_to_it(self, message: OutboxMessage, /) -> bool:
        """Service messages reach also whom all campaigns leave alone."""
        return message.kind is TemplateKind.MARKETING

    def counted(self, numbers: Mapping[str, int]) -> Mapping[str, int]:
        return of_no_step(numbers)


def _undrawn(journey: Journey) -> Journey:
    return journey if journey.draw is None else replace(journey, draw=journey.draw._replace(held_out=None))

"""The work behind a result: the members of each shard are gone through, and nothing of them is kept but numbers.

What happened from the instant on at which it was asked for does not count; what was refunded until a member's turn
comes is taken out (E29). A page's numbers are kept together with its end, so a page that is done again counts nobody
twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from huitou.campaigns.model import Journey
from huitou.campaigns.ports import DrawStore, JourneyStore
from huitou.jobs.model import Part, running
from huitou.jobs.ports import PartedStore
from huitou.kernel.commits import Commit
from huitou.kernel.ids import Digest, MemberId, OwnedId
from huitou.kernel.pages import all_items
from huitou.members.parts import begin, go_through
from huitou.members.ports import MemberIndex
from huitou.outbox.ports import OutboxStore
from huitou.outcomes.model import CampaignResult
from huitou.outcomes.questions import OfAll, OfOne, Question
from huitou.outcomes.tallying import begun, coupons_used, is_drawn, out_of_both, points_given, tally, undrawn
from huitou.program.campaigns import Campaign
from huitou.program.coupons import CouponKind
from huitou.program.model import Program
from huitou.program.ports import Programs
from huitou.program.speech import Speech
from huitou.purchases.kept import Purchases, kept_by, whole_person_of
from huitou.purchases.ports import MemberStates
from huitou.rewards.model import Coupon
from huitou.rewards.ports import CouponStore

PAGE = 100
"""Journeys of one person that are read at once."""


class Reckoning:
    """The use case of one part. ``failed`` hears why a member could not be looked at."""

    def __init__(
        self,
        *,
        results: PartedStore[CampaignResult],
        index: MemberIndex,
        states: MemberStates,
        journeys: JourneyStore,
        outbox: OutboxStore,
        coupons: CouponStore,
        purchases: Purchases,
        draws: DrawStore,
        programs: Programs,
        speech: Callable[[Program], Speech],
        commit: Commit,
        failed: Callable[[MemberId, Exception], None],
    ) -> None:
        self._results = results
        self._index = index
        self._states = states
        self._journeys = journeys
        self._outbox = outbox
        self._coupons = coupons
        self._purchases = purchases
        self._draws = draws
        self._programs = programs
        self._speech = speech
        self._commit = commit
        self._failed = failed

    def reckon(self, result_id: Digest, number: int) -> Part:
        """Adds up the part's members from where it stood. Raises `UnavailableError`, `ContentionError`."""
        result = running(self._results.find, result_id)
        return go_through(
            self._results.part(result.id, number) or begin(self._index, number),
            self._index,
            lambda member, part: self._looked(member, part, result),
            keep=lambda part: self._commit([self._results.save_part(result.id, part)]),
            failed=self._failed,
        )

    def _looked(self, member: MemberId, part: Part, result: CampaignResult) -> Part:
        """With whom the campaign has not begun costs one query."""
        question = self._question(result)
        known = list(self._of([member], result))
        if not any(map(question.is_about, known)):
            return part
        person = whole_person_of(member, self._states)
        known += self._of([each for each in person if each != member], result)
        in_question = question.as_drawn(list(filter(question.is_about, known)), person)
        own = [each for each in in_question if each.id.member == member]
        part = part.finding(**begun(own))
        why = out_of_both(own, in_question, question.compares_drawn)
        if why is not None:
            return part.finding(**{why: 1})
        compared = [each for each in in_question if each.held_out is not None] or in_question
        sales = [sale for sale in kept_by(person, self._purchases) if sale.occurred_at < result.created_at]
        came = question.response(known, compared, sales)
        counted = [each for each in own if each in compared]
        planned = (turn.message for journey in counted for turn in journey.turns if turn.message)
        read = ((key, self._outbox.load(OwnedId(member, key))) for key in planned)
        messages = {key: message for key, message in read if message and question.is_due_to_it(message)}
        found = {
            **tally(counted, came, messages, result.created_at),
            **points_given(counted, self._campaign_of, self._programs.version(result.program)),
            **coupons_used(self._given(counted), counted, self._kind_of, result.created_at),
        }
        numbers = question.counted(found)
        return part.finding(**(numbers if is_drawn(counted) else undrawn(numbers)))

    def _question(self, result: CampaignResult) -> Question:
        asked = self._programs.version(result.program).campaigns.get(result.campaign)
        if asked is None:
            return OfAll(self._campaign_of, self._draws, self._holds_out)
        return OfOne(asked, self._campaign_of)

    def _holds_out(self, at: datetime) -> bool:
        """Whether all campaigns together left somebody alone then."""
        return self._speech(self._programs.at(at)).manners.holdout_percent > 0

    def _of(self, members: Sequence[MemberId], result: CampaignResult) -> Iterator[Journey]:
        """Their journeys through all campaigns, as far as they had come when the result was asked for."""
        for each in all_items(lambda after: self._journeys.of_members(members, after=after, limit=PAGE)):
            if each.began_at < result.created_at:
                turns = tuple(turn for turn in each.turns if turn.at < result.created_at)
                yield replace(each, turns=turns)

    def _campaign_of(self, journey: Journey) -> Campaign:
        """As it was when the journey began."""
        return self._programs.version(journey.program_version).campaigns[journey.campaign]

    def _given(self, journeys: Sequence[Journey]) -> Mapping[str, Coupon]:
        """By their ULIDs; without those that were forgotten (E25)."""
        named = ((each.id.member, turn.coupon) for each in journeys for turn in each.turns if turn.coupon)
        read = ((key, self._coupons.load(OwnedId(member, key))) for member, key in named)
        return {key: coupon for key, coupon in read if coupon is not None}

    def _kind_of(self, coupon: Coupon) -> CouponKind:
        return self._programs.version(coupon.program_version).coupons[coupon.kind]

"""Journeys in DynamoDB: each is one item among what is its member's, and in the due index until its end."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pynamodb.attributes import BooleanAttribute, JSONAttribute, UnicodeAttribute

from huitou.campaigns.model import Draw, Journey, JourneyId, JourneyState, Turn, TurnOutcome
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import from_millis, parse_instant, to_millis
from huitou.kernel.pages import Page, all_items
from huitou.outbox.model import Cause
from huitou.platform import keys
from huitou.platform.attributes import ChoiceAttribute, InstantAttribute, IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.program.campaigns import CampaignId

_COUPON: Final = "coupon:"
"""Before the ULID of one where a turn has the id of its entry; alone where there was none to give."""


class JourneyItem(Item):
    """A journey: its key is its marker against a second beginning."""

    program_version = IntegerAttribute()
    began_at = InstantAttribute()
    held_out = BooleanAttribute(null=True)
    follows = BooleanAttribute(null=True)
    apart = BooleanAttribute(null=True)
    of_all = BooleanAttribute(null=True)
    apart_of_all = BooleanAttribute(null=True)
    step = IntegerAttribute()
    usual_hour = IntegerAttribute(null=True)
    turns = JSONAttribute()
    state = ChoiceAttribute(JourneyState)
    ended_because = UnicodeAttribute(null=True)
    ended_at = InstantAttribute(null=True)
    version = IntegerAttribute()
    due_pk = UnicodeAttribute(null=True)
    due_sk = UnicodeAttribute(null=True)


class TableJourneys:
    """`JourneyStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, journey: JourneyId) -> Journey | None:
        item = self._table.get(JourneyItem, *_key(journey))
        return journey_in(item) if item else None

    def load_all(self, journeys: Sequence[JourneyId]) -> Sequence[Journey]:
        found = self._table.get_many([(JourneyItem, *_key(journey)) for journey in journeys])
        return [journey_in(item) for item in found if isinstance(item, JourneyItem)]

    def add(self, journey: Journey) -> Write:
        return self._table.put(
            _item(journey),
            condition=JourneyItem.pk.does_not_exist(),
            refused=StaleReadError("It has begun meanwhile."),
        )

    def save(self, before: Journey, after: Journey) -> Write:
        return self._table.put(
            _item(after),
            condition=JourneyItem.version == before.version,
            refused=StaleReadError("The journey went on meanwhile."),
        )

    def of_members(self, members: Sequence[MemberId], *, after: str | None, limit: int) -> Page[Journey]:
        items = heapq.merge(*(self._all(member, after, limit) for member in members), key=lambda item: item.sk)
        shown: list[JourneyItem] = []
        for item in items:
            if len(shown) >= limit and item.sk != shown[-1].sk:  # after a merge, two may have one key
                return Page(tuple(map(journey_in, shown)), shown[-1].sk)
            shown.append(item)
        return Page(tuple(map(journey_in, shown)), None)

    def of_campaign(self, members: Sequence[MemberId], campaign: CampaignId) -> Sequence[Journey]:
        def pages(partition: str, prefix: str) -> Iterator[JourneyItem]:
            return all_items(lambda after: self._table.query(JourneyItem, partition, prefix=prefix, after=after))

        named = [keys.journey(member, campaign, "") for member in members]
        return [journey_in(item) for partition, prefix in named for item in pages(partition, prefix)]

    def _all(self, member: MemberId, after: str | None, limit: int) -> Iterator[JourneyItem]:
        def page(cursor: str | None) -> Page[JourneyItem]:
            partition, prefix = keys.member(member), keys.JOURNEY_PREFIX
            return self._table.query(JourneyItem, partition, prefix=prefix, after=cursor, limit=limit + 1)

        return all_items(page, after)


def _key(journey: JourneyId) -> keys.Key:
    return keys.journey(journey.member, *journey.cause)


def _id(item: JourneyItem) -> JourneyId:
    member, *cause = keys.parse_journey(item.pk, item.sk)
    return JourneyId(member, Cause(*cause))


def _item(journey: Journey) -> JourneyItem:
    _, follows, apart, of_all, apart_of_all = journey.draw or Draw(None)
    due_pk, due_sk = keys.due(journey.id.member, journey.due_at) if journey.due_at else (None, None)
    return JourneyItem(
        *_key(journey.id),
        program_version=journey.program_version,
        began_at=journey.began_at,
        held_out=journey.held_out,
        follows=follows or None,
        apart=apart or None,
        of_all=of_all or None,
        apart_of_all=apart_of_all or None,
        step=journey.step,
        usual_hour=journey.usual_hour,
        turns=[_kept(turn) for turn in journey.turns],
        state=journey.state,
        ended_because=journey.reason,
        ended_at=journey.ended_at,
        version=journey.version,
        due_pk=due_pk,
        due_sk=due_sk,
    )


def _kept(turn: Turn) -> list[Any]:
    """As the version before can read it, which a roll-back deploys (M37): it knows five values, and no coupons."""
    at = to_millis(turn.at)
    if turn.outcome is TurnOutcome.COUPON_GONE:
        return [turn.step, at, TurnOutcome.POINTS_GONE, None, _COUPON]
    kept = [turn.step, at, turn.outcome, turn.message]
    given = turn.entry if turn.coupon is None else _COUPON + turn.coupon
    return kept if given is None else [*kept, given]


def journey_in(item: JourneyItem) -> Journey:
    return Journey(
        id=_id(item),
        program_version=item.program_version,
        began_at=item.began_at,
        usual_hour=item.usual_hour,
        draw=_draw(item),
        step=item.step,
        due_at=parse_instant(item.due_sk) if item.due_sk else None,
        turns=tuple(_turn(*each) for each in item.turns),
        state=item.state,
        reason=item.ended_because,
        ended_at=item.ended_at,
        version=item.version,
    )


def _draw(item: JourneyItem) -> Draw | None:
    marks = (item.follows, item.apart, item.of_all, item.apart_of_all)
    found = Draw(item.held_out, *map(bool, marks))
    return None if found == Draw(None) else found


def _turn(step: int, at: int, outcome: str, message: str | None = None, given: str | None = None) -> Turn:
    if given is None or not given.startswith(_COUPON):
        return Turn(step, from_millis(at), TurnOutcome(outcome), message, given)
    coupon = given.removeprefix(_COUPON) or None
    return Turn(step, from_millis(at), TurnOutcome(outcome) if coupon else TurnOutcome.COUPON_GONE, coupon=coupon)

"""What one member counts for in a campaign's result, as numbers that add up over all members. Pure.

Numbers of an arm carry its name in front, those of a step `step_<number>` before that; all that is found of who was not
drawn has `undrawn` before it, until it is known whether anybody was. An arm counts clusters in the arm that they were
drawn for, whatever became of them (E27), each by the member by whom it was drawn: whether another of its members comes
so far may be due to what the first was told. Sales are counted also as squares and cubes, from which the spread of all
is known without knowing each (`campaigns.results`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Final

from huitou.accounts.model import rounded
from huitou.accounts.pricing import worth, worth_since
from huitou.campaigns.model import Journey, Turn, TurnOutcome
from huitou.campaigns.results import Arm
from huitou.kernel.calendars import local_date
from huitou.kernel.channels import MessageChannel
from huitou.outbox.model import MessageState, OutboxMessage
from huitou.outcomes.crediting import Response
from huitou.program.campaigns import Campaign, GivePoints
from huitou.program.coupons import CouponKind
from huitou.program.model import Program
from huitou.program.terms import Settlement
from huitou.purchases.model import Purchase
from huitou.rewards.model import Coupon, Use

TREATED: Final = "treated"
HELD_OUT: Final = "held_out"
MEMBERS: Final = "members"
"""With whom the campaign has begun."""
SET_APART: Final = "set_apart"
"""Of those, who is in neither arm, since it turned out that what was drawn apart belongs together: as one person, or by
an address (E27)."""
HELD_OUT_OF_ALL: Final = "held_out_of_all"
"""Whom every campaign leaves alone."""
FOLLOWING: Final = "following"
"""Whose cluster is counted by another member."""
NOT_DRAWN: Final = "not_drawn"
"""For whom no step has come yet that would do something, or only where nobody was held out, and others were."""
JOURNEYS: Final = "journeys"
_DRAWN: Final = "drawn"
_UNDRAWN: Final = "undrawn_"
PAID_FOR: Final = {
    MessageChannel.EMAIL: "emails",
    MessageChannel.SMS: "sms_parts",
    MessageChannel.LINE: "line_messages",
}
"""What is counted of each channel, since it has a price."""
COUPONS_COST: Final = "coupons_cost"
_POINTS: Final = "points_"
_EFFECTS: Final = frozenset({TurnOutcome.GIVEN, TurnOutcome.TAGGED})
_SENT: Final = frozenset({MessageState.ACCEPTED, MessageState.DELIVERED})
_NOT_SENT: Final = frozenset({MessageState.FAILED, MessageState.SUPPRESSED})


def tally(
    journeys: Sequence[Journey],
    came: Response[Purchase],
    messages: Mapping[str, OutboxMessage],
    now: datetime,
) -> Mapping[str, int]:
    """Of one member in one arm. ``came`` is what came of the campaign, ``messages`` are those that it planned, by their
    ULIDs.
    """
    arm = HELD_OUT if any(each.held_out for each in journeys) else TREATED
    sales = [sale.kept_spend for sale in came.bought]
    counted = Counter(_of_arm(arm, Arm.of(bool(sales), sum(sales))))
    counted[f"{arm}_exposed"] = int(bool(came.brought))
    counted[f"{arm}_open"] = int(any(each.until > now for each in came.windows))
    for exposure, credits in came.brought.items():
        step = f"step_{exposure.step}_{arm}"
        counted[f"{step}_exposed"] += 1
        counted[f"{step}_purchases"] += len(credits)
        counted[f"{step}_sales"] += sum(sale.kept_spend for sale in credits)
    for turn in (turn for journey in journeys for turn in journey.turns):
        counted.update(_of_turn(turn, messages, now))
    return counted


def points_given(
    journeys: Iterable[Journey], campaign_of: Callable[[Journey], Campaign], program: Program
) -> Mapping[str, int]:
    """Points that the campaign gave to one member, by since when they were worth what they were worth then."""
    counted: Counter[str] = Counter()
    for journey in journeys:
        steps = campaign_of(journey).steps
        for turn in journey.turns:
            if turn.outcome is TurnOutcome.GIVEN and isinstance(gift := steps[turn.step], GivePoints):
                since = worth_since(program.settlement, gift.currency, local_date(turn.at, program.zone))
                if since is not None:
                    counted[f"{_POINTS}{gift.currency}_{since}"] += gift.points
    return counted


def coupons_used(
    coupons: Mapping[str, Coupon], journeys: Iterable[Journey], kind_of: Callable[[Coupon], CouponKind], now: datetime
) -> Mapping[str, int]:
    """Those of one member, by their ULIDs, that the campaign gave and a till had taken by ``now``; what they cost."""

    def lasted(use: Use) -> bool:
        return use.at < now and (use.reversed_at is None or use.reversed_at >= now)

    counted: Counter[str] = Counter()
    for turn in (turn for journey in journeys for turn in journey.turns):
        coupon = coupons.get(turn.coupon or "")
        if coupon is not None and any(map(lasted, coupon.uses)):
            counted[f"step_{turn.step}_used"] += 1
            counted[COUPONS_COST] += kind_of(coupon).cost or 0
    return counted


def points_cost(found: Mapping[str, int], terms: Settlement) -> int:
    """What the points of `points_given`, of all members, were worth: in the smallest unit of money."""
    cost = Fraction()
    for name, points in found.items():
        if name.startswith(_POINTS):
            currency, since = name.removeprefix(_POINTS).rsplit("_", 1)
            cost += points * worth(terms, currency, date.fromisoformat(since))
    return rounded(cost)


def begun(journeys: Sequence[Journey]) -> Mapping[str, int]:
    """Of one member, in an arm or not."""
    return {MEMBERS: 1, JOURNEYS: len(journeys), _DRAWN: int(is_drawn(journeys))}


def is_drawn(journeys: Iterable[Journey]) -> bool:
    """Whether the member was."""
    return any(each.held_out is not None for each in journeys)


def of_no_step(found: Mapping[str, int]) -> Mapping[str, int]:
    """What was found of one member, where steps are those of many campaigns."""
    return {name: number for name, number in found.items() if not name.startswith("step_")}


def undrawn(found: Mapping[str, int]) -> Mapping[str, int]:
    """What was found of a member who was not drawn."""
    return {f"{_UNDRAWN}{name}": number for name, number in found.items()}


def settled(found: Mapping[str, int]) -> Mapping[str, int]:
    """Of all members. Who was not drawn is treated where nobody was; else they are in neither arm, since they are not
    like those who were: they came before anybody was held out, or after that was over (E27).
    """
    counted = Counter({name: number for name, number in found.items() if not name.startswith(_UNDRAWN)})
    others = {name.removeprefix(_UNDRAWN): number for name, number in found.items() if name.startswith(_UNDRAWN)}
    counted.update({NOT_DRAWN: arm_of(others, TREATED).units} if counted[_DRAWN] else others)
    return counted


def out_of_both(own: Sequence[Journey], persons: Sequence[Journey], draws: Callable[[Journey], bool]) -> str | None:
    """Why a member is in no arm; None: they are in one.

    ``own`` are their journeys through the campaign, ``persons`` those of all who are the same person by now (E15).
    ``draws`` says of a journey whether only those are compared who were drawn; where one of the person was, it is so.
    """
    if any(each.draw.of_all for each in own if each.draw):
        return HELD_OUT_OF_ALL
    drawn = [(each.id.member, each.draw.follows) for each in persons if each.draw and each.held_out is not None]
    others = [(each.id.member, draws(each)) for each in persons]
    counting = {member for member, is_passed_over in drawn or others if not is_passed_over}
    is_apart = any(each.draw.apart or each.draw.apart_of_all for each in persons if each.draw)
    if len(counting) > 1 or is_apart:
        return SET_APART
    if own[0].id.member in counting:
        return None
    return FOLLOWING if is_drawn(own) else NOT_DRAWN


def arm_of(found: Mapping[str, int], name: str) -> Arm:
    """The inverse, of sums."""
    return Arm(**{field: found.get(f"{name}_{field}", 0) for field in Arm.__dataclass_fields__})


def steps_in(found: Mapping[str, int]) -> Iterable[int]:
    """Whose numbers there are, in order."""
    return sorted({int(name.split("_")[1]) for name in found if name.startswith("step_")})


def _of_arm(name: str, arm: Arm) -> Mapping[str, int]:
    return {f"{name}_{field}": getattr(arm, field) for field in Arm.__dataclass_fields__}


def _of_turn(turn: Turn, messages: Mapping[str, OutboxMessage], now: datetime) -> Mapping[str, int]:
    step = f"step_{turn.step}"
    if turn.outcome in _EFFECTS:
        return {f"{step}_{turn.outcome}": 1}
    if turn.outcome not in {TurnOutcome.PLANNED, TurnOutcome.HELD_OUT}:
        return {f"{step}_not_told": 1}
    message = messages.get(turn.message or "")
    if message is None:
        return {}
    sent_by = {each.channel or message.channel for each in message.history if each.state in _SENT}
    was_sent = bool(sent_by)
    return {
        f"{step}_planned": 1,
        f"{step}_sent": int(was_sent),
        f"{step}_delivered": int(message.state is MessageState.DELIVERED),
        f"{step}_clicked": int(message.first_opened_at is not None and message.first_opened_at < now),
        f"{step}_not_sent": int(not was_sent and message.state in _NOT_SENT),
        **{PAID_FOR[each]: message.sms_parts if each is MessageChannel.SMS else 1 for each in sent_by if each},
    }

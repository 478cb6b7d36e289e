"""What a result says, as callers see it: money as decimal strings, shares and effects as numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from huitou.campaigns.result_words import sentences
from huitou.campaigns.results import CONFIDENCE, Arm, Costs, Effect, IntervalMethod, LiftVerdict, Result
from huitou.fields import View
from huitou.kernel.money import format_amount
from huitou.outcomes.tallying import (
    FOLLOWING,
    HELD_OUT,
    HELD_OUT_OF_ALL,
    JOURNEYS,
    MEMBERS,
    NOT_DRAWN,
    SET_APART,
    TREATED,
    steps_in,
)
from huitou.program.model import Program

_DONE = ("not_told", "given", "used", "tagged", "planned", "sent", "delivered", "clicked", "not_sent")
_DIGITS = 6
"""Of shares, behind the point."""


class ArmView(View):
    """One of the two groups that are compared: everybody drawn for it, whatever became of them; of those who share a
    phone or mailbox, the first."""

    members: int
    exposed: int
    """Who was told or given something, or would have been, were they not held out."""
    open: int
    """Who may still buy something that counts: one of their windows has not ended."""
    converted: int
    """Who bought something in a window and did not bring all of it back."""
    conversion_rate: float | None
    """Of `members`; null where there is nobody."""
    sales: str
    """What they bought in windows, whichever campaign spoke last: without what came back, and without what points
    paid."""


class EffectView(View):
    """By how much the treated are ahead, and between what that lies."""

    value: float | str
    low: float | str
    high: float | str
    method: IntervalMethod
    confidence: float


class CostsView(View):
    """What the treated cost, in the group's money: to be set against what they bought. It is not the campaign's whole
    bill, since members in neither group cost something too."""

    points: str
    """At what they were worth when they were given."""
    coupons: str
    """Those that were used, by the `cost` of their kind when they were given; where that says none, nothing."""
    messages: str
    """Emails, LINE messages and parts of SMS, at the prices of the programme; what has none costs nothing."""
    total: str


class StepArmView(View):
    """What a step came to in one of the groups."""

    exposed: int
    """How often."""
    purchases: int
    """Which were credited to it: each once, to whatever campaign spoke last before it."""
    sales: str


class ResultStepView(View):
    """What one step came to with the members of both groups; what it told and gave others is not in it."""

    step: int
    """Its number in the campaign, from 0 on."""
    treated: StepArmView
    held_out: StepArmView
    not_told: int
    """How often the step did nothing, held out or not: no consent, no address, a frequency cap, …"""
    given: int
    """How often it gave points, or a coupon."""
    used: int
    """How many of its coupons were used, and not given back."""
    tagged: int
    """How often it put its tag on a member, or took it off."""
    planned: int
    """Messages."""
    sent: int
    """Taken on by their providers."""
    delivered: int
    """Which their providers say have arrived. Not all do, and LINE never does."""
    clicked: int | None
    """Messages of which somebody opened a link, each once, however often: by email, by LINE, and by SMS where
    `track_sms` is set. null in results from before this was counted."""
    not_sent: int
    """Failed, or suppressed on purpose."""


class VerdictsView(View):
    """What may be said. That no effect is shown does not say that there is none."""

    conversion: LiftVerdict
    sales: LiftVerdict
    net: LiftVerdict


class FindingsView(View):
    """What a campaign did."""

    members: int
    """With whom it has begun."""
    journeys: int
    """How often it has."""
    set_apart: int
    """Members in neither group: of those drawn, more than one is by now the same person, or shares an address with who
    was drawn the other way."""
    following: int
    """Members in neither group, since they share a phone or mailbox with one who counts for them."""
    not_drawn: int
    """Members in neither group, since no step has come yet that would do something, or none while the campaign
    held anybody out, as it did with others."""
    held_out_of_all: int
    """Members in neither group, since every campaign leaves them alone."""
    treated: ArmView
    held_out: ArmView
    conversion_lift: EffectView | None
    """The difference of the conversion rates; null where a group has nobody."""
    relative_lift: EffectView | None
    """The same as a share of the rate of those held out; null where none of them converted."""
    sales_per_member: EffectView | None
    """Money that a treated member spent and would not have spent; null where there is not enough to tell."""
    incremental_sales: EffectView | None
    """The same, of all treated members together."""
    net_sales: EffectView | None
    """The same, without the costs of the treated: sales, not profit."""
    costs: CostsView
    verdicts: VerdictsView
    says: dict[str, str]
    """The result in a sentence or three, by language."""
    steps: list[ResultStepView]
    """Of all campaigns together, none."""


def findings_view(
    result: Result, counted: Mapping[str, int], program: Program, *, together: bool = False
) -> dict[str, Any]:
    """As `FindingsView`; ``counted`` is what the parts came to, of one campaign or of all ``together``."""
    exponent = program.money_exponent
    return {
        "members": counted.get(MEMBERS, 0),
        "journeys": counted.get(JOURNEYS, 0),
        "set_apart": counted.get(SET_APART, 0),
        "following": counted.get(FOLLOWING, 0),
        "not_drawn": counted.get(NOT_DRAWN, 0),
        "held_out_of_all": counted.get(HELD_OUT_OF_ALL, 0),
        "treated": _arm(result.treated, TREATED, counted, exponent),
        "held_out": _arm(result.held_out, HELD_OUT, counted, exponent),
        "conversion_lift": _share(result.conversion),
        "relative_lift": _share(result.relative),
        "sales_per_member": _money(result.sales, exponent),
        "incremental_sales": _money(result.sales_in_all, exponent),
        "net_sales": _money(result.net, exponent),
        "costs": _costs(result.costs, exponent),
        "verdicts": {
            "conversion": result.conversion_verdict,
            "sales": result.sales_verdict,
            "net": result.net_verdict,
        },
        "says": {
            "zh-TW": sentences(result, "zh-TW", program.money, exponent, together=together),
            "en": sentences(result, "en", program.money, exponent, together=together),
        },
        "steps": [_step(number, counted, exponent) for number in steps_in(counted)],
    }


def findings_in(found: str) -> dict[str, Any]:
    """As `FindingsView`; ``found`` is such a view, as it was kept."""
    kept: dict[str, Any] = json.loads(found)
    steps = [{**step, "clicked": step.get("clicked"), "used": step.get("used", 0)} for step in kept["steps"]]
    return {**kept, "costs": {"coupons": "0", **kept["costs"]}, "steps": steps}


def _arm(arm: Arm, name: str, counted: Mapping[str, int], exponent: int) -> dict[str, Any]:
    return {
        "members": arm.units,
        "exposed": counted.get(f"{name}_exposed", 0),
        "open": counted.get(f"{name}_open", 0),
        "converted": arm.converted,
        "conversion_rate": None if arm.rate is None else round(arm.rate, _DIGITS),
        "sales": format_amount(arm.sales, exponent),
    }


def _share(effect: Effect | None) -> dict[str, Any] | None:
    if effect is None:
        return None
    value, low, high = (round(each, _DIGITS) for each in effect[:3])
    return {"value": value, "low": low, "high": high, "method": effect.method, "confidence": CONFIDENCE}


def _money(effect: Effect | None, exponent: int) -> dict[str, Any] | None:
    """To the smallest unit."""
    if effect is None:
        return None
    value, low, high = (format_amount(round(each), exponent) for each in effect[:3])
    return {"value": value, "low": low, "high": high, "method": effect.method, "confidence": CONFIDENCE}


def _costs(costs: Costs, exponent: int) -> dict[str, str]:
    amounts = {"points": costs.points, "coupons": costs.coupons, "messages": costs.messages, "total": costs.total}
    return {name: format_amount(amount, exponent) for name, amount in amounts.items()}


def _step(number: int, counted: Mapping[str, int], exponent: int) -> dict[str, Any]:
    name = f"step_{number}"
    told = {each: counted.get(f"{name}_{each}", 0) for each in _DONE}
    arms = {arm: _step_arm(f"{name}_{arm}", counted, exponent) for arm in (TREATED, HELD_OUT)}
    return {"step": number, **arms, **told}


def _step_arm(name: str, counted: Mapping[str, int], exponent: int) -> dict[str, Any]:
    return {
        "exposed": counted.get(f"{name}_exposed", 0),
        "purchases": counted.get(f"{name}_purchases", 0),
        "sales": format_amount(counted.get(f"{name}_sales", 0), exponent),
    }

"""What a simulation found of campaigns, as it is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from huitou.campaigns.model import TurnOutcome
from huitou.kernel.channels import MessageChannel
from huitou.kernel.money import format_amount
from huitou.outbox.decisions import DISPLACED
from huitou.program.campaigns import CampaignId
from huitou.program.model import CurrencyId
from huitou.simulator.comparing import Comparison, Figures
from huitou.simulator.sides import Sides

_HELD_OUT: Final = frozenset(each.value for each in (TurnOutcome.HELD_OUT, TurnOutcome.HELD_OUT_OF_ALL))
_CAPPED: Final = frozenset({TurnOutcome.CAP_REACHED.value, DISPLACED})
_UNREACHED: Final = frozenset(
    outcome.value
    for outcome in (
        TurnOutcome.NO_CONSENT,
        TurnOutcome.SUPPRESSED_ADDRESS,
        TurnOutcome.UNREACHABLE,
        TurnOutcome.TOO_LATE,
        TurnOutcome.NOT_A_MEMBER,
    )
)


def campaigns_told(found: Comparison, sides: Sides) -> list[dict[str, Any]]:
    """Each campaign of both programmes, as they list them, new ones last."""
    programs = sides.before, sides.after
    names = {each.id: each.name for program in reversed(programs) for each in program.campaigns.values()}
    listed = dict.fromkeys(campaign for program in programs for campaign in program.campaigns)
    return [{"campaign": each, "name": names[each], **_told(each, found, sides)} for each in listed]


def _told(campaign: CampaignId, found: Comparison, sides: Sides) -> dict[str, Any]:
    figures = found.before, found.after

    def pair(counts: Iterable[Any]) -> dict[str, Any]:
        return dict(zip(("before", "after"), counts, strict=True))

    def untold(reasons: frozenset[str]) -> dict[str, Any]:
        return pair(sum(each.untold[campaign, reason] for reason in reasons) for each in figures)

    withdrawn = {reason for each in figures for (of, reason) in each.untold if of == campaign}
    return {
        "begun": pair(each.begun[campaign] for each in figures),
        "messages": {
            channel.value: pair(each.messages[campaign, channel.value] for each in figures)
            for channel in MessageChannel
        },
        "sms_parts": pair(each.parts[campaign] for each in figures),
        "points": [_given(campaign, currency, figures, sides) for currency in _currencies(campaign, figures)],
        "coupons": pair(sum(count for (of, _), count in each.coupons.items() if of == campaign) for each in figures),
        "held_out": untold(_HELD_OUT),
        "cap_reached": untold(_CAPPED),
        "not_reached": untold(_UNREACHED),
        "withdrawn": untold(frozenset(withdrawn) - _HELD_OUT - _CAPPED - _UNREACHED),
        "cost": _cost(campaign, figures, sides),
    }


def _currencies(campaign: CampaignId, figures: tuple[Figures, Figures]) -> list[CurrencyId]:
    """Of which it gave any."""
    return sorted({currency for each in figures for of, currency in each.given if of == campaign})


def _given(
    campaign: CampaignId, currency: CurrencyId, figures: tuple[Figures, Figures], sides: Sides
) -> dict[str, str]:
    before, after = (each.given[campaign, currency] for each in figures)
    known = next(each.currencies[currency] for each in (sides.after, sides.before) if currency in each.currencies)
    amounts = {"before": before, "after": after, "more": after - before}
    return {"currency": currency, **{name: format_amount(n, known.exponent) for name, n in amounts.items()}}


def _sent(campaign: CampaignId, figures: Figures) -> dict[MessageChannel, int]:
    """What is paid for: emails, LINE messages and parts of SMS."""
    messages = {channel: figures.messages[campaign, channel.value] for channel in MessageChannel}
    return {**messages, MessageChannel.SMS: figures.parts[campaign]}


def _cost(campaign: CampaignId, figures: tuple[Figures, Figures], sides: Sides) -> dict[str, str | None]:
    """In money; null where the programme has no price, or nothing to say."""
    exponent = sides.after.money_exponent
    before, after = (
        speech.catalogue.cost(_sent(campaign, each), exponent) if speech else None
        for each, speech in zip(figures, sides.spoken, strict=True)
    )
    more = None if before is None or after is None else after - before
    return {
        name: None if units is None else format_amount(units, exponent)
        for name, units in (("before", before), ("after", after), ("more", more))
    }

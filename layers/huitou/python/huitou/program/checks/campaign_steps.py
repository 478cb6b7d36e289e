"""Steps of campaigns: that each can be taken, and comes to something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from huitou.kernel.words import PURPOSE_PATTERN, TAG_PATTERN
from huitou.program.checks.findings import (
    MOST_DECIMALS,
    Names,
    Path,
    Problems,
    at,
    decimals,
    owners,
    positive,
    twice,
    units,
)
from huitou.program.checks.segment_parts import segments
from huitou.program.document import ProgramDocument
from huitou.program.document_campaigns import CampaignPart, GivePointsPart, SendPart, StepPart
from huitou.program.document_messages import TemplatePart

MOST_POINTS = 1_000_000
"""That one step gives: more is a slip of the pen."""
_EFFECTS = frozenset({"send", "give_points", "give_coupon", "tag", "untag"})
_KINDS = ("send", "give_points", "give_coupon", "tag", "untag", "wait_days", "only_in")
_LISTED = "`send`, `give_points`, `give_coupon`, `tag`, `untag`, `wait_days` or `only_in`"
_PURPOSE, _TAG = re.compile(PURPOSE_PATTERN), re.compile(TAG_PATTERN)


def steps(document: ProgramDocument) -> Problems:
    """Each step is one thing, leads somewhere and says what can be said."""
    templates = {template.id: template for template in document.templates}
    known = Names("template", templates)
    for path, campaign, step in _all(document):
        kinds = _kinds(step)
        if len(kinds) != 1:
            yield at(path, f"A step is one thing: write one of {_LISTED}.")
        elif step is campaign.steps[-1] and not _EFFECTS.intersection(kinds):
            yield at(path, "Nothing comes after this step, so it does nothing.")
        if step.send is not None:
            yield from known.check((*path, "send", "template"), step.send.template)
            if template := templates.get(step.send.template):
                yield from _sending((*path, "send"), step.send, template, campaign.brand)


def _all(document: ProgramDocument) -> Iterator[tuple[Path, CampaignPart, StepPart]]:
    for n, campaign in enumerate(document.campaigns):
        for k, step in enumerate(campaign.steps):
            yield ("campaigns", n, "steps", k), campaign, step


def deadlines(document: ProgramDocument) -> Problems:
    """No message is over before it is sent."""
    for path, campaign, step in _all(document):
        if step.send is not None and step.send.within_days is not None:
            days = sum(before.wait_days or 0 for before in campaign.steps[: int(path[-1])])
            if days > step.send.within_days:
                yield at((*path, "send", "within_days"), f"The steps before it take {days} days.")


def codes(document: ProgramDocument) -> Problems:
    """One-time codes are sent to who asks for one, never by a campaign (M39)."""
    verification = document.messages.verification
    for path, _, step in _all(document):
        if verification and step.send and step.send.template == verification.template:
            yield at((*path, "send", "template"), "It brings one-time codes, and nothing else.")


def _sending(path: Path, send: SendPart, template: TemplatePart, brand: str | None) -> Problems:
    if brand is not None and template.brand not in {None, brand}:
        yield at((*path, "template"), f"The brand {template.brand!r} speaks in it, and the campaign is {brand!r}'s.")
    spoken = {name for text in template.texts for name in ("email", "sms", "line") if getattr(text, name) is not None}
    for n, channel in enumerate(send.channels):
        if channel not in spoken:
            yield at((*path, "channels", n), f"The template does not speak by {channel}.")
    yield from twice((*path, "channels"), send.channels)
    if send.purpose is not None and template.kind == "service":
        yield at((*path, "purpose"), "Nobody is asked for their consent to what they have to know.")
    elif send.purpose is not None and _PURPOSE.fullmatch(send.purpose) is None:
        yield at((*path, "purpose"), "Write 1 to 32 of a-z, 0-9 and _, a letter first.")


def _kinds(step: StepPart) -> Sequence[str]:
    return [field for field in _KINDS if getattr(step, field) not in {None, ()}]


def gifts(document: ProgramDocument) -> Problems:
    """Points that are given are there, and may be given by whose campaign it is."""
    known = Names("currency", (currency.id for currency in document.point_currencies))
    exponents, owner_of = decimals(document), owners(document)
    for path, campaign, step in _all(document):
        if (gift := step.give_points) is None:
            continue
        place = (*path, "give_points", "currency")
        yield from known.check(place, gift.currency)
        yield from _amount((*path, "give_points", "amount"), gift, exponents.get(gift.currency, MOST_DECIMALS))
        yield from _may_give(place, campaign, gift.currency, owner_of.get(gift.currency))


def coupons(document: ProgramDocument) -> Problems:
    """Coupons that are given are there, and no brand gives away what another one has to pay for."""
    owner_of = {coupon.id: coupon.brand for coupon in document.coupons}
    known = Names("coupon", owner_of)
    for path, campaign, step in _all(document):
        if step.give_coupon is not None:
            place = (*path, "give_coupon")
            yield from known.check(place, step.give_coupon)
            yield from _may_give(place, campaign, step.give_coupon, owner_of.get(step.give_coupon))


def _may_give(path: Path, campaign: CampaignPart, what: str, owner: str | None) -> Problems:
    if campaign.brand is not None and owner not in {None, campaign.brand}:
        yield at(path, f"{what!r} belongs to the brand {owner!r} alone.")


def _amount(path: Path, gift: GivePointsPart, exponent: int) -> Problems:
    yield from positive(path, gift.amount, exponent)
    points = units(gift.amount, exponent)
    if points is not None and points > MOST_POINTS * 10**exponent:
        yield at(path, f"This must be at most {MOST_POINTS}.")


def tags(document: ProgramDocument) -> Problems:
    """Tags are written as they could stand on a member, and come to something."""
    listed = {segment.id: segment.brand for _, segment in segments(document) if segment.when is None}
    put = {segment.tag: segment.id for _, segment in segments(document) if segment.tag is not None}
    for step_at, campaign, step in _all(document):
        for field, name in (("tag", step.tag), ("untag", step.untag)):
            path = (*step_at, field)
            if name is None:
                continue
            if _TAG.fullmatch(name) is None:
                yield at(path, f"{name!r} is not a tag: use up to 64 letters, digits, _ . : and -.")
            if listed.get(name, campaign.brand) != campaign.brand:
                whose = listed[name] or "the group"
                yield at(path, f"Who is on the list {name!r} is for {whose} to say; only its own campaigns can.")
            if field == "untag" and name in put:
                yield at(path, f"Whoever is in {put[name]!r} carries this tag: it cannot be taken off.")

"""One thing at a time: ids, labels, time zones, the money."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from huitou.kernel.pointers import pointer_to
from huitou.program.campaigns import ALL_CAMPAIGNS
from huitou.program.checks.findings import Path, Problems, at
from huitou.program.checks.segment_parts import questions, segment_ids, segments
from huitou.program.document import ProgramDocument
from huitou.program.document_parts import ID_PATTERN
from huitou.program.model import GROUP

_ID = re.compile(ID_PATTERN)
_MONEY = re.compile(r"[A-Z]{3}")
_ZONE = re.compile(r"UTC|[A-Za-z_]+(/[A-Za-z0-9_+-]+)+")
_LONGEST_LABEL = 80
NO_SEGMENTS = {"preview": "a segment that is being written", "counts": "counts of segments that are being written"}
"""What the API has in the place of a segment's id."""
NO_CAMPAIGNS = {
    "counts": "counts of campaigns that are being written",
    ALL_CAMPAIGNS: "what all campaigns do together",
}
"""Likewise, of a campaign's."""


def ids(document: ProgramDocument) -> Problems:
    """Every id has the form of one and is there once."""
    for kind, located in _all_ids(document).items():
        seen: dict[str, Path] = {}
        for path, name in located:
            if _ID.fullmatch(name) is None:
                yield at(path, f"{name!r} cannot be an id: use 1 to 31 of a-z, 0-9, - and _, not - or _ first.")
            elif name in seen:
                yield at(path, f"The {kind} {name!r} is there already, at {pointer_to(seen[name])}.")
            seen.setdefault(name, path)


def _all_ids(document: ProgramDocument) -> dict[str, list[tuple[Path, str]]]:
    levels = document.tiers.levels if document.tiers else ()
    return {
        "brand": [(("brands", n, "id"), part.id) for n, part in enumerate(document.brands)],
        "store": [(("stores", n, "id"), part.id) for n, part in enumerate(document.stores)],
        "channel": [(("channels", n), name) for n, name in enumerate(document.channels)],
        "currency": [(("point_currencies", n, "id"), part.id) for n, part in enumerate(document.point_currencies)],
        "rule": [(("earning", n, "id"), part.id) for n, part in enumerate(document.earning)],
        "stack": [(("stacks", n, "id"), part.id) for n, part in enumerate(document.stacks)],
        "segment": list(segment_ids(document)),
        "tier": [(("tiers", "levels", n, "id"), part.id) for n, part in enumerate(levels)],
        "template": [(("templates", n, "id"), part.id) for n, part in enumerate(document.templates)],
        "coupon": [(("coupons", n, "id"), part.id) for n, part in enumerate(document.coupons)],
        "campaign": [(("campaigns", n, "id"), part.id) for n, part in enumerate(document.campaigns)],
    }


def reserved(document: ProgramDocument) -> Problems:
    """No brand is called what means all of them, no segment or campaign what the API calls something else."""
    for n, brand in enumerate(document.brands):
        if brand.id == GROUP:
            yield at(("brands", n, "id"), f"{GROUP!r} stands for the group as a whole; no brand can have it as id.")
    for path, name in segment_ids(document):
        if meant := NO_SEGMENTS.get(name):
            yield at(path, f"The API means {meant} by {name!r}; choose another id.")
    for n, campaign in enumerate(document.campaigns):
        if meant := NO_CAMPAIGNS.get(campaign.id):
            yield at(("campaigns", n, "id"), f"The API means {meant} by {campaign.id!r}; choose another id.")


def labels(document: ProgramDocument) -> Problems:
    """What people read can be read."""
    for path, label in _all_labels(document):
        if not label.strip() or label != label.strip():
            yield at(path, "Write something here, without spaces around it.")
        elif len(label) > _LONGEST_LABEL:
            yield at(path, f"This has {len(label)} characters; at most {_LONGEST_LABEL} are allowed.")
        elif not label.isprintable():
            yield at(path, "Only characters that can be seen are allowed here.")


def _all_labels(document: ProgramDocument) -> Iterator[tuple[Path, str]]:
    yield ("name",), document.name
    for n, brand in enumerate(document.brands):
        yield ("brands", n, "name"), brand.name
    for n, store in enumerate(document.stores):
        yield ("stores", n, "name"), store.name
        yield ("stores", n, "region"), store.region
    yield from _each(("categories",), document.categories)
    yield from _each(("payments",), document.payments)
    for n, currency in enumerate(document.point_currencies):
        yield ("point_currencies", n, "name"), currency.name
    for n, rule in enumerate(document.earning):
        yield ("earning", n, "name"), rule.name
        yield from _each(("earning", n, "when", "skus"), rule.when.skus)
    for n, stack in enumerate(document.stacks):
        if stack.name is not None:
            yield ("stacks", n, "name"), stack.name
    for n, level in enumerate(document.tiers.levels if document.tiers else ()):
        yield ("tiers", "levels", n, "name"), level.name
    yield from _message_labels(document)
    yield from _segment_labels(document)


def _message_labels(document: ProgramDocument) -> Iterator[tuple[Path, str]]:
    for n, template in enumerate(document.templates):
        yield ("templates", n, "name"), template.name
    for n, coupon in enumerate(document.coupons):
        yield ("coupons", n, "name"), coupon.name
    for n, campaign in enumerate(document.campaigns):
        yield ("campaigns", n, "name"), campaign.name
        for k, step in enumerate(campaign.steps):
            if step.give_points is not None and step.give_points.reason is not None:
                yield ("campaigns", n, "steps", k, "give_points", "reason"), step.give_points.reason
    for n, sender in enumerate(document.messages.senders):
        if sender.email is not None:
            yield ("messages", "senders", n, "email", "name"), sender.email.name


def _segment_labels(document: ProgramDocument) -> Iterator[tuple[Path, str]]:
    for path, segment in segments(document):
        yield (*path, "name"), segment.name
    for question in questions(document):
        if question.only is not None:
            yield from _each((*question.path, "of", "skus"), question.only.skus)


def _each(path: Path, texts: Sequence[str]) -> Iterator[tuple[Path, str]]:
    for n, text in enumerate(texts):
        yield (*path, n), text


def time_zones(document: ProgramDocument) -> Problems:
    """Every clock can be read."""
    used: list[tuple[Path, str]] = [(("time_zone",), document.time_zone)]
    used += [
        (("stores", n, "time_zone"), store.time_zone)
        for n, store in enumerate(document.stores)
        if store.time_zone is not None
    ]
    known = {name: _is_time_zone(name) for name in {name for _, name in used}}
    for path, name in used:
        if not known[name]:
            yield at(path, f"There is no time zone {name!r}; write one such as Asia/Taipei.")


def _is_time_zone(name: str) -> bool:
    if _ZONE.fullmatch(name) is None:
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def money(document: ProgramDocument) -> Problems:
    """The money has a code."""
    if _MONEY.fullmatch(document.money.currency) is None:
        yield at(("money", "currency"), "Write three capital letters, for example TWD.")

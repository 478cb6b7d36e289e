"""Campaigns: that they can begin, and that nobody hears of another brand's affairs. Steps are in `campaign_steps`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set

from huitou.program.checks.conditions import date_range, time_of_day
from huitou.program.checks.findings import Names, Path, Problems, at, twice
from huitou.program.checks.segment_parts import questions, segment_ids, segments
from huitou.program.document import ProgramDocument
from huitou.program.document_campaigns import CampaignPart
from huitou.program.document_segments import PredicatePart

_MONTH_AND_DAY = re.compile(r"\d{2}-\d{2}")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LONGEST_LUNAR_MONTHS = (30,) * 12


def triggers(document: ProgramDocument) -> Problems:
    """Each begins with one kind of moment, which can come."""
    for n, campaign in enumerate(document.campaigns):
        path: Path = ("campaigns", n)
        if sum(each is not None for each in (campaign.enters, campaign.leaves, campaign.calendar)) != 1:
            yield at(
                path, "Say when it begins: write `enters` or `leaves` with a segment, or `calendar`; one of these."
            )
        yield from _calendar(path, campaign)
        if campaign.include_current and campaign.enters is None:
            yield at((*path, "include_current"), "This is for campaigns that begin with who `enters` a segment.")
        yield from date_range((*path, "dates"), campaign.dates)
        if campaign.at is not None:
            yield from time_of_day((*path, "at"), campaign.at)
        elif campaign.at_usual_hour:
            yield at((*path, "at_usual_hour"), "Say with `at`, too, when it is for members whose hour is not known.")
        yield from _contradictions(path, campaign)


def _calendar(path: Path, campaign: CampaignPart) -> Problems:
    """Its days can come, and what is said about them holds of days."""
    if (days := campaign.calendar) is None:
        if campaign.members_of is not None:
            yield at((*path, "members_of"), "This says with whom a `calendar` begins, and there is none.")
        return
    if campaign.once in {"absence", "birthday"}:
        yield at((*path, "once"), "A `calendar` begins `each_time`, on each of its days, or once `ever`.")
    where: Path = (*path, "calendar")
    if sum(each is not None for each in (days.day, days.yearly, days.monthly, days.lunar)) != 1:
        yield at(where, "Say on which days: write `date`, `yearly`, `monthly` or `lunar`; one of these.")
    if days.days_before and days.days_after:
        yield at((*where, "days_after"), "It is so many days before that day, or after it; not both.")
    for field, lengths in (("yearly", _LONGEST_MONTHS), ("lunar", _LONGEST_LUNAR_MONTHS)):
        if (written := getattr(days, field)) is not None:
            yield from _month_and_day((*where, field), written, lengths)


def _month_and_day(path: Path, written: str, lengths: Sequence[int]) -> Problems:
    month, day = map(int, written.split("-")) if _MONTH_AND_DAY.fullmatch(written) else (0, 0)
    if not (1 <= month <= 12 and 1 <= day <= lengths[month - 1]):
        yield at(path, f"{written!r} is not a month and a day of it such as 08-15.")


def _contradictions(path: Path, campaign: CampaignPart) -> Problems:
    """Segments in which nobody can be who begins it, or in which everybody is at once."""
    begun_in = {campaign.enters, campaign.members_of}
    for k, name in enumerate(campaign.not_in):
        if name in begun_in or name in campaign.only_in:
            yield at((*path, "not_in", k), f"It begins only with members in {name!r}; so it would begin with nobody.")
    for k, name in enumerate(campaign.only_in):
        if name == campaign.leaves:
            yield at((*path, "only_in", k), f"Who leaves {name!r} is not in it; so it would begin with nobody.")
    for k, name in enumerate(campaign.goals):
        if name in begun_in or name in campaign.only_in:
            yield at((*path, "goals", k), f"Whoever begins it is in {name!r} already; so it would end at once.")


def birthdays(document: ProgramDocument) -> Problems:
    """E10: a gift for a birthday is given once, also where the member's date is corrected afterwards."""
    asking = {each.segment.id for each in questions(document) if each.kind in {"birthday", "birthday_month"}}
    for n, campaign in enumerate(document.campaigns):
        gives = any(step.give_points or step.give_coupon for step in campaign.steps)
        if campaign.enters in asking and campaign.once == "each_time" and gives:
            path: Path = ("campaigns", n, "once")
            yield at(path, "Whose birthday is corrected would be given it again: write `birthday`, or `ever`.")


def goals(document: ProgramDocument) -> Problems:
    """Whoever is where a campaign wants them to stay can still enter its goals.

    Told by how segments name each other, not by what else they ask.
    """
    named = {segment.id: segment.when for _, segment in segments(document)}
    for n, campaign in enumerate(document.campaigns):
        begun_in = campaign.enters or campaign.members_of
        if begun_in is None or not campaign.stays:
            continue
        for k, goal in enumerate(campaign.goals):
            if goal != begun_in and _is_within(begun_in, goal, named):
                text = f"Whoever is in {begun_in!r} is in {goal!r} already; so nobody enters it before they leave."
                yield at(("campaigns", n, "goals", k), text)


def _is_within(inner: str, outer: str, named: Mapping[str, PredicatePart | None]) -> bool:
    """Whether all of ``inner`` are in ``outer``; ``named`` is what makes each segment."""
    above, below = _reached(inner, _required, named), _reached(outer, _enough, named)
    return not above.isdisjoint(below)


def _reached(
    start: str,
    names: Callable[[PredicatePart], Iterable[str]],
    named: Mapping[str, PredicatePart | None],
) -> Set[str]:
    """``start``, what ``names`` finds in it, and so on."""
    found, left = {start}, [start]
    while left:
        part = named.get(left.pop())
        new = set(names(part)) - found if part else set()
        found |= new
        left += new
    return found


def _required(part: PredicatePart) -> Iterable[str]:
    """In which segments one is for whom ``part`` is true."""
    if part.segments is not None and len(part.segments) == 1:
        yield from part.segments
    for each in part.all_of or ():
        yield from _required(each)


def _enough(part: PredicatePart) -> Iterable[str]:
    """For whom in one of which segments ``part`` is true."""
    yield from part.segments or ()
    for each in part.any_of or ():
        yield from _enough(each)


def references(document: ProgramDocument) -> Problems:
    """What campaigns name is there, and may be named by them (E31)."""
    brands = Names("brand", (brand.id for brand in document.brands))
    known = Names("segment", (name for _, name in segment_ids(document)))
    whose = {segment.id: segment.brand for _, segment in segments(document) if segment.brand is not None}
    for n, campaign in enumerate(document.campaigns):
        if campaign.brand is not None:
            yield from brands.check(("campaigns", n, "brand"), campaign.brand)
        for path, name in _segments_in(("campaigns", n), campaign):
            yield from known.check(path, name)
            if whose.get(name, campaign.brand) != campaign.brand:
                yield at(path, f"{name!r} belongs to the brand {whose[name]!r} alone; only its own campaigns name it.")


def repetitions(document: ProgramDocument) -> Problems:
    """Nothing is in a list twice."""
    for n, campaign in enumerate(document.campaigns):
        for field in ("only_in", "not_in", "goals"):
            yield from twice(("campaigns", n, field), getattr(campaign, field))


def _segments_in(path: Path, campaign: CampaignPart) -> Iterator[tuple[Path, str]]:
    for field in ("enters", "leaves", "members_of"):
        if (name := getattr(campaign, field)) is not None:
            yield (*path, field), name
    lists: Mapping[Path, Sequence[str]] = {
        **{(*path, field): getattr(campaign, field) for field in ("only_in", "not_in", "goals")},
        **{(*path, "steps", k, "only_in"): step.only_in for k, step in enumerate(campaign.steps)},
    }
    for where, names in lists.items():
        yield from (((*where, k), name) for k, name in enumerate(names))

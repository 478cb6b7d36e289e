"""The programme document: segments, which are groups of members that the programme finds by itself (M16).

A condition is a group of fields of which one is written: what it asks about. `docs/segments.md` explains them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ConfigDict, Discriminator, Field, Tag

from huitou.program.document_parts import Amount, Id, Label, Part, TimeRangePart

MOST_SEGMENTS = 500
MOST_DAYS = 3660
"""So far back a window of days may reach; `ever` reaches further."""
WINDOW_PATTERN = r"ever|this month|this year|last [1-9][0-9]* days?"

Days = Annotated[int, Field(ge=0, le=MOST_DAYS)]
RfmClasses = Annotated[tuple[Annotated[int, Field(ge=1, le=5)], ...], Field(max_length=5)]


class OnlyPart(Part):
    """Which purchases count. All that you name must hold; what you leave out asks nothing."""

    brands: tuple[Id, ...] = ()
    """Purchases at these brands only."""

    stores: tuple[Id, ...] = ()
    """In these stores only."""

    regions: tuple[Label, ...] = ()
    """In stores of these regions only, spelled as at the stores."""

    channels: tuple[Id, ...] = ()
    """Through these channels only."""

    payments: tuple[str, ...] = ()
    """Paid, at least in part, in one of these ways."""

    categories: tuple[str, ...] = ()
    """Of these product categories only; other lines of the same purchase do not count."""

    skus: tuple[Label, ...] = ()
    """Of these articles only. Where categories are named too, a line counts that is in either list."""

    discounted: bool | None = None
    """true: only purchases from which something was taken off. false: only those at the full price."""


Window = Annotated[str, Field(json_schema_extra={"pattern": f"^({WINDOW_PATTERN})$"})]


class WhichPart(Part):
    """What counts."""

    only: Annotated[OnlyPart | None, Field(alias="of")] = None
    """Which purchases count, for example `of: {brands: [maru]}`. Without it, all."""


class WindowPart(WhichPart):
    """What counts, and over which time."""

    window: Annotated[Window, Field(alias="in")] = "ever"
    """Over which time: `last 90 days`, `this month`, `this year`, or `ever`, which is also meant without it."""


class WholeBoundsPart(Part):
    """How many. Two bounds make a range, for example `at_least: 18` and `less_than: 30`."""

    at_least: Annotated[int | None, Field(ge=0)] = None
    """So many or more."""

    at_most: Annotated[int | None, Field(ge=0)] = None
    """So many or fewer."""

    more_than: Annotated[int | None, Field(ge=0)] = None
    """More than so many."""

    less_than: Annotated[int | None, Field(ge=0)] = None
    """Fewer than so many."""

    exactly: Annotated[int | None, Field(ge=0)] = None
    """So many, no more and no less."""


class AmountBoundsPart(Part):
    """How much. Two bounds make a range, for example `at_least: 500` and `less_than: 1000`."""

    at_least: Amount | None = None
    """So much or more."""

    at_most: Amount | None = None
    """So much or less."""

    more_than: Amount | None = None
    """More than so much."""

    less_than: Amount | None = None
    """Less than so much."""

    exactly: Amount | None = None
    """So much, no more and no less."""


class CountPart(WindowPart, WholeBoundsPart):
    """How many of something, over some time."""


class AmountPart(WindowPart, AmountBoundsPart):
    """How much of something, over some time."""


class SharePart(AmountBoundsPart):
    """Which part of a member's money went where, in percent."""

    only: Annotated[OnlyPart, Field(alias="of")]
    """Where, for example `of: {brands: [sora]}`."""

    window: Annotated[Window, Field(alias="in")] = "ever"
    """Over which time: `last 90 days`, `this month`, `this year`, or `ever`, which is also meant without it."""


class DaysPart(WhichPart, WholeBoundsPart):
    """How many days have passed."""


class UsualHourPart(WindowPart, TimeRangePart):
    """The hour in which the member buys most often lies between these, for example from 18:00 to 22:00."""


class OverduePart(Part):
    """How far the time since the last purchase has stretched beyond the member's own rhythm."""

    at_least: Amount
    """So many times the usual interval, for example 1.5: who comes every 20 days has not come for 30."""


class RfmPart(Part):
    """Classes among all members, from 1 (the lowest fifth) to 5 (the best fifth)."""

    recency: RfmClasses = ()
    """How lately they bought: 5 most lately."""

    frequency: RfmClasses = ()
    """How often they bought."""

    money: RfmClasses = ()
    """How much they spent."""


class DaysAroundPart(Part):
    """Days around one of each year; both 0 for the day itself."""

    days_before: Annotated[int, Field(ge=0, le=180)] = 0
    """From so many days before it …"""

    days_after: Annotated[int, Field(ge=0, le=180)] = 0
    """… to so many days after it."""


class DaysSinceJoiningPart(WholeBoundsPart):
    """How many days ago a member joined a brand."""

    brands: tuple[Id, ...] = ()
    """One of these brands; of several, the one joined first. A brand's own segment means that brand without it."""


class ConsentPart(Part):
    """What a member agreed to."""

    channel: Literal["sms", "email", "line"]
    """By which way you may write."""

    purpose: str
    """What about, in the word that you record consents under, for example marketing."""

    brand: Id | None = None
    """Whom they agreed to hear from: a brand, or `group`. Without it, the brand whose segment it is, or the group."""


class PointsPart(AmountBoundsPart):
    """How many points a member can spend."""

    currency: Id | None = None
    """The id of the points; without it, those that every member has."""


class ExpiringPointsPart(PointsPart):
    """How many of the points that a member can spend are about to end."""

    within_days: Annotated[int, Field(ge=1, le=MOST_DAYS)]
    """They end within so many days from now."""


class TierAtRiskPart(Part):
    """Whether a member is about to lose their tier."""

    within_days: Annotated[int, Field(ge=1, le=MOST_DAYS)]
    """It is reviewed within so many days from now, or its grace ends then."""


T = TypeVar("T")
Asked = Annotated[T | None, Field(exclude_if=lambda asked: asked is None)]
"""What is not asked is not stored: a condition has some thirty fields, of which one is written."""


class PredicatePart(Part):
    """Something that is true of a member or not. Write one field; to ask for more, put several under `all` or `any`."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    all_of: Annotated[Asked[tuple[PredicatePart, ...]], Field(alias="all", min_length=1, max_length=50)] = None
    """All of these are true."""

    any_of: Annotated[Asked[tuple[PredicatePart, ...]], Field(alias="any", min_length=1, max_length=50)] = None
    """At least one of these is true."""

    not_: Annotated[Asked[PredicatePart], Field(alias="not")] = None
    """This is not true."""

    purchases: Asked[CountPart] = None
    """How many purchases, for example `{at_least: 20, in: last 365 days}`."""

    visits: Asked[CountPart] = None
    """How many visits, with and without a purchase."""

    spend: Asked[AmountPart] = None
    """How much money, for example `{at_least: 1000.00, in: this year}`."""

    average_basket: Asked[AmountPart] = None
    """How much money for each purchase, on average. Nobody without a purchase has one."""

    brands: Asked[CountPart] = None
    """At how many different brands."""

    stores: Asked[CountPart] = None
    """In how many different stores."""

    categories: Asked[CountPart] = None
    """Of how many different product categories."""

    interval: Asked[AmountPart] = None
    """How many days lay between purchases, on average. Nobody with fewer than two purchases has one."""

    share: Asked[SharePart] = None
    """How many percent of their money went there, for example `{of: {brands: [sora]}, at_least: 50}`."""

    days_since_first_purchase: Asked[DaysPart] = None
    """How many days ago the first purchase was; never true without one."""

    days_since_last_purchase: Asked[DaysPart] = None
    """How many days ago the last purchase was; never true without one."""

    days_since_first_visit: Asked[DaysPart] = None
    """How many days ago the first visit was, with or without a purchase."""

    days_since_last_visit: Asked[DaysPart] = None
    """How many days ago the last visit was, with or without a purchase."""

    usual_hour: Asked[UsualHourPart] = None
    """When they usually buy, by the stores' clocks, for example `{from: "18:00", to: "22:00"}`."""

    overdue: Asked[OverduePart] = None
    """They stay away longer than they usually do, for example `{at_least: 1.5}`."""

    alive: Asked[AmountBoundsPart] = None
    """How probable it is, in percent, that they still come at all, for example `{less_than: 30}`."""

    rfm: Asked[RfmPart] = None
    """How they compare with all members, for example `{recency: [4, 5], frequency: [5]}`."""

    age: Asked[WholeBoundsPart] = None
    """How old they are in years; never true where the birthday is not known."""

    birthday: Asked[DaysAroundPart] = None
    """Their birthday is near, for example `{days_before: 7}`."""

    birthday_month: Asked[bool] = None
    """true: it is the month of their birthday."""

    anniversary: Asked[DaysAroundPart] = None
    """It is so many years since they became a member, from the first year on, or soon; in a brand's segment, since they
    joined the brand. For example `{days_before: 7}`."""

    joined: Annotated[Asked[tuple[Id, ...]], Field(min_length=1)] = None
    """They joined one of these brands."""

    days_since_joining: Asked[DaysSinceJoiningPart] = None
    """How many days ago they joined a brand, for example `{brands: [sora], at_most: 30}`."""

    days_since_enrolment: Asked[WholeBoundsPart] = None
    """How many days ago they became a member."""

    gender: Annotated[Asked[tuple[Literal["female", "male", "other"], ...]], Field(min_length=1)] = None
    """What they say they are; never true where they do not say."""

    language: Annotated[Asked[tuple[str, ...]], Field(min_length=1, examples=[["zh-TW"]])] = None
    """They want to be spoken to in one of these languages, spelled as in their profile."""

    home_store: Annotated[Asked[tuple[Id, ...]], Field(min_length=1)] = None
    """Their home store is one of these."""

    tags: Annotated[Asked[tuple[str, ...]], Field(min_length=1)] = None
    """They carry one of these tags, put on them by hand or by a segment."""

    consent: Asked[ConsentPart] = None
    """They agreed to hear from you, for example `{channel: line, purpose: marketing}`."""

    points: Asked[PointsPart] = None
    """How many points they can spend, for example `{at_least: 500}`."""

    expiring_points: Asked[ExpiringPointsPart] = None
    """How many points they are about to lose, for example `{within_days: 14, at_least: 100}`."""

    tiers: Annotated[Asked[tuple[Id, ...]], Field(min_length=1)] = None
    """They are in one of these tiers."""

    tier_at_risk: Asked[TierAtRiskPart] = None
    """They have not done enough to keep their tier, for example `{within_days: 30}`."""

    segments: Annotated[Asked[tuple[Id, ...]], Field(min_length=1)] = None
    """They are in one of these other segments."""

    def asked(self) -> Iterator[tuple[str, Any]]:
        """What is written, by the field as the document spells it; exactly one thing where it can be published."""
        for name, field in type(self).model_fields.items():
            if (value := getattr(self, name)) is not None:
                yield field.alias or name, value


class SegmentPart(Part):
    """A group of members: all of whom something is true, or those on a list."""

    id: Id
    """Short: rules refer to it. Lower-case letters, digits, - and _."""

    name: Label
    """What you call them among yourselves."""

    brand: Id | None = None
    """Only for a segment that one brand keeps for itself: it sees what members did at that brand, and nothing else."""

    when: PredicatePart | None = None
    """Who is in it. Members enter and leave by themselves, at the moment at which it becomes true or ceases to be."""

    is_list: Annotated[bool, Field(alias="list")] = False
    """true, instead of `when`: you say who is in it, by tags with this id, one by one or from a file."""

    tag: str | None = None
    """A tag that everybody in it carries, for as long as they are. Conditions see it beside those set by hand."""


def _form(entry: object) -> str:
    return "a list" if isinstance(entry, str) else "a definition"


SegmentEntry = Annotated[
    Annotated[SegmentPart, Tag("a definition")] | Annotated[Id, Tag("a list")], Discriminator(_form)
]
"""An id alone is short for a list of that name."""


def definition(entry: SegmentPart | str) -> SegmentPart:
    """What an entry says at length."""
    return SegmentPart.model_validate({"id": entry, "name": entry, "list": True}) if isinstance(entry, str) else entry

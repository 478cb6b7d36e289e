"""The programme document: campaigns, which speak to members who enter or leave a segment, or on days (M19, M20)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from huitou.kernel.words import TAG_PATTERN
from huitou.program.campaigns import USUAL_ATTRIBUTION_DAYS, USUAL_PRIORITY
from huitou.program.document_parts import Amount, DateRangePart, Hour, Id, Label, Part

MOST_CAMPAIGNS = 50
"""All of them may begin in the commit of one move, which has room for 90 writes."""
MOST_STEPS = 30

Days = Annotated[int, Field(ge=1, le=366)]
Away = Annotated[int, Field(ge=0, le=60)]
MonthDay = Annotated[str, Field(json_schema_extra={"pattern": r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"})]
"""A month and a day of it, such as 12-24."""
Segments = Annotated[tuple[Id, ...], Field(max_length=20)]
TagName = Annotated[str, Field(json_schema_extra={"pattern": TAG_PATTERN})]


class SendPart(Part):
    """A message."""

    template: Id
    """The id of the template."""

    channels: tuple[Literal["email", "sms", "line"], ...] = ()
    """The first by which the member can be reached is taken. Without it, all by which the template speaks."""

    purpose: Annotated[str | None, Field(examples=["birthday"])] = None
    """What members agreed to, where it is marketing. Without it, marketing."""

    within_days: Annotated[int | None, Field(ge=0, le=366)] = None
    """It is not sent later than so many days after the day on which the campaign began with the member; 0: on that day
    alone. Without it, until three days after its step."""


class GivePointsPart(Part):
    """Points given to the member, by whose campaign it is."""

    currency: Id
    """The id of the points."""

    amount: Amount
    """How many. They end as these points do."""

    reason: Annotated[Label | None, Field(examples=["生日禮 Birthday gift"])] = None
    """What members read of it. Without it, only who gave them."""


class StepPart(Part):
    """One step: write one of these."""

    send: SendPart | None = None
    """Tells the member something."""

    give_points: GivePointsPart | None = None
    """Gives the member points."""

    give_coupon: Id | None = None
    """Gives the member a coupon of this id."""

    tag: TagName | None = None
    """Puts this tag on the member. A tag with the id of a list puts them on it."""

    untag: TagName | None = None
    """Takes this tag off the member."""

    wait_days: Days | None = None
    """Goes on so many days later."""

    only_in: Segments = ()
    """Goes on with members who are in all of these segments then; for the others it ends."""


class CalendarPart(Part):
    """Days on which a campaign begins: write one of `date`, `yearly`, `monthly` and `lunar`."""

    day: Annotated[date | None, Field(alias="date")] = None
    """Once, for example 2026-12-01."""

    yearly: MonthDay | None = None
    """Each year on this month and day, for example 12-24. Where the month is shorter, on its last day."""

    monthly: Annotated[int | None, Field(ge=1, le=31)] = None
    """Each month on this day. Where the month is shorter, on its last day."""

    lunar: Annotated[MonthDay | None, Field(examples=["08-15"])] = None
    """Each year on this month and day of the Chinese calendar: 01-01 is 春節, 08-15 中秋, 12-30 the last day of its
    year. In a leap month nothing begins."""

    days_before: Away = 0
    """So many days before that day."""

    days_after: Away = 0
    """So many days after that day."""


class CampaignDatesPart(DateRangePart):
    """The days on which a campaign begins with members, both included, in the programme's time zone."""


class CampaignPart(Part):
    """What happens to a member from a certain moment on, and when it stops."""

    id: Id
    """Short and for ever: what became of it refers to it. Lower-case letters, digits, - and _."""

    name: Label
    """What you call it; members do not see it."""

    brand: Id | None = None
    """Whose it is: only for members who joined this brand, which speaks. Without it, the group."""

    enters: Id | None = None
    """It begins with members at the moment at which they enter this segment. Write this, `leaves` or `calendar`."""

    leaves: Id | None = None
    """It begins with members at the moment at which they leave this segment."""

    calendar: CalendarPart | None = None
    """It begins on these days, with many members at once, at the time of the day that `at` says; without that, as the
    day begins in the programme's time zone."""

    members_of: Id | None = None
    """With `calendar`: only with who is in this segment at that moment. Without it, with every member of the brand, or
    of the group."""

    include_current: bool = False
    """true: with `enters`, it begins also with who is in the segment already as this is published, or as a pause or the
    time before its `dates` ends; and with whom a later publication moves there. See how many that is, and what it
    costs, before you publish it."""

    once: Literal["each_time", "absence", "birthday", "ever"] = "each_time"
    """each_time: whenever that happens; with `calendar`, on each of its days. absence: once until the member comes back
    to the store. birthday: once for each of their birthdays. ever: once in a lifetime."""

    only_in: Segments = ()
    """It begins only with members who are in all of these segments at that moment."""

    not_in: Segments = ()
    """It does not begin with members who are in any of these segments at that moment."""

    dates: CampaignDatesPart | None = None
    """From which day on, and until when, it begins with members. Without it, always."""

    catch_up_days: Annotated[int, Field(ge=1, le=31)] = 1
    """What is found out later than so many days after its moment begins nothing any more."""

    at: Hour | None = None
    """When steps are taken, on the programme's clock, for example 10:00. Without it, at once."""

    at_usual_hour: bool = False
    """true: each member's steps are taken at the hour at which they usually come, and at `at` where that is not known.
    A `calendar` begins as its day begins."""

    stays: bool = True
    """true: it ends with a member who is not in the segment of `enters` or `members_of` any more."""

    goals: Segments = ()
    """It ends with a member who has entered one of these segments since it began: they did what it is for."""

    purchase_is_goal: bool = False
    """true: it ends with a member who has bought something since it began, at `brand`, or without one anywhere in the
    group. What they brought back whole by then does not count."""

    holdout_percent: Annotated[int, Field(ge=0, le=50)] = 0
    """So many of a hundred members are told and given nothing, for comparison. Who they are is drawn once, and stays
    so."""

    priority: Annotated[int, Field(ge=1, le=9)] = USUAL_PRIORITY
    """9 goes first. Where a frequency cap has room for one of two, the higher speaks, also where a message of the
    lower is planned already and not yet sent."""

    attribution_days: Days = USUAL_ATTRIBUTION_DAYS
    """What members buy up to so many days after they were told or given something is put down to it, in results."""

    paused: bool = False
    """true: nothing begins and no step is taken until this is false. What would have begun meanwhile is left out."""

    steps: Annotated[tuple[StepPart, ...], Field(min_length=1, max_length=MOST_STEPS)]
    """What happens, one after the other."""

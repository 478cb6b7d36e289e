"""The programme document: how points are earned."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from huitou.program.document_parts import Amount, DateRangePart, Id, Label, Part, TimeRangePart
from huitou.program.rules import Weekday


class ConditionsPart(Part):
    """When a rule applies. All that you name must hold; what you leave out asks nothing."""

    brands: tuple[Id, ...] = ()
    """Sales of these brands only."""

    stores: tuple[Id, ...] = ()
    """Sales in these stores only."""

    regions: tuple[Label, ...] = ()
    """Sales in stores of these regions only, spelled as at the stores."""

    channels: tuple[Id, ...] = ()
    """Sales through these channels only."""

    payments: tuple[str, ...] = ()
    """Sales paid, at least in part, in one of these ways."""

    categories: tuple[str, ...] = ()
    """These product categories only; other lines of the same sale do not count."""

    skus: tuple[Label, ...] = ()
    """These articles only. Where categories are named too, a line counts that is in either list."""

    minimum: Amount | None = None
    """Only if what counts comes to at least so much money."""

    dates: DateRangePart | None = None
    """These days only."""

    weekdays: tuple[Weekday, ...] = ()
    """These days of the week only. TimeRangePart that run over midnight belong to the day on which they began."""

    hours: TimeRangePart | None = None
    """This time of the day only."""

    tiers: tuple[Id, ...] = ()
    """Members of these tiers only, by the tier that they had when they came to the till."""

    segments: tuple[Id, ...] = ()
    """Members of one of these segments only."""

    first_purchase: Literal["group", "brand"] | None = None
    """Only the very first purchase of a member: in the whole group, or at the brand of the sale."""

    birthday_month: bool = False
    """Only in the month of the member's birthday."""


class CapPart(Part):
    """A limit for one member. What goes beyond it is cut, and the statement shows the part that was cut."""

    points: Amount
    """At most so many points …"""

    per: Literal["purchase", "day", "month", "campaign", "lifetime"]
    """… in each purchase, each day or month, over the days of this rule (campaign), or ever (lifetime)."""


class StackPart(Part):
    """Rules that compete for a sale or build on each other. A rule joins one by naming it as its `stack`."""

    id: Id
    """Your own word for it. Lower-case letters, digits, - and _."""

    name: Label | None = None
    """What you call it among yourselves."""

    combine: Literal["sum", "best_of", "first", "product"]
    """sum: all pay. best_of: only the one that gives most. first: only the one with the highest priority.
    product: multipliers build on each other, so that ×2 and ×3 make ×6."""


class EarningRulePart(Part):
    """One way to earn points. Rules that apply to a sale add up, unless they share a stack or exclude each other.

    `points` and `per` make a rate (1 point per 100), `points` alone a bonus (50 points per sale), `times` a
    multiplier (2.5 times what the rates give).
    """

    id: Id
    """Short and for ever: members' statements refer to it. Lower-case letters, digits, - and _."""

    name: Label
    """What the member reads beside the points."""

    currency: Id
    """The id of the points that it pays."""

    points: Amount | None = None
    """How many points …"""

    per: Amount | None = None
    """… for each so much money spent: `points: 1` and `per: 100` is one point per 100. Without it, the points are
    paid once for each sale."""

    times: Annotated[Amount | None, Field(examples=["2", "2.5"])] = None
    """Instead of points: multiplies what the rates of these points give, for example 2.5; up to two decimals."""

    of: tuple[Id, ...] = ()
    """Only with times: the ids of the rates that it multiplies. Without it, all rates of these points."""

    rounding: Literal["down", "half_up", "up"] = "down"
    """What becomes of a part of a point, once per rule and sale: down (dropped), half_up, up."""

    when: ConditionsPart = ConditionsPart()
    """When it applies; without it, to every sale."""

    caps: Annotated[tuple[CapPart, ...], Field(max_length=5)] = ()
    """How much one member can get by this rule."""

    budget: Amount | None = None
    """How much all members together can get by this rule; when it is used up, the rule pays no more."""

    stack: Id | None = None
    """The id of the stack that it belongs to."""

    excludes: tuple[Id, ...] = ()
    """Where this rule pays, the rules with these ids do not."""

    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0
    """Rules with a higher number are looked at first; equal ones in the order of this list."""

    funded_by: Literal["issuer", "group"] = "issuer"
    """Who pays for the points when brands settle: issuer (the brand of the sale) or group."""

"""What decisions read of campaigns (M19, M20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from huitou.kernel.channels import MessageChannel
from huitou.program.rules import SegmentId

if TYPE_CHECKING:  # whoever sends nothing loads nothing of templates
    from huitou.program.coupons import CouponId
    from huitou.program.model import CurrencyId
    from huitou.templates.model import TemplateId

CampaignId = str
ALL_CAMPAIGNS = "all"
"""What stands for all of them together where one is asked for; none is called so."""
USUAL_ATTRIBUTION_DAYS = 14
USUAL_PRIORITY = 5


class Once(StrEnum):
    """What a campaign happens once for, with one member."""

    EACH_TIME = "each_time"
    """Each time that the member moves."""
    ABSENCE = "absence"
    """Each time that they stay away: for the visit that was the last before."""
    BIRTHDAY = "birthday"
    """Each of their birthdays."""
    EVER = "ever"


class OnDate(NamedTuple):
    date: date


class Yearly(NamedTuple):
    """Where the month is shorter, on its last day."""

    month: int
    day: int


class Monthly(NamedTuple):
    """Where the month is shorter, on its last day."""

    day: int


class LunarYearly(NamedTuple):
    """By the Chinese calendar; never in a leap month. Where the month is shorter, on its last day."""

    month: int
    day: int


class Calendar(NamedTuple):
    """The days of ``rule``, moved by ``shift`` days: later, or earlier where it is negative."""

    rule: OnDate | Yearly | Monthly | LunarYearly
    shift: int


class Send(NamedTuple):
    """A message; ``channels`` empty: all by which the template speaks; ``purpose`` None: as usual.

    It is good until the end of the ``last_day`` after the local day on which the campaign began; None: as usual.
    """

    template: TemplateId
    channels: tuple[MessageChannel, ...]
    purpose: str | None
    last_day: int | None = None


class GivePoints(NamedTuple):
    """A gift of ``points``, of whose campaign it is; ``reason`` is what members read of it."""

    currency: CurrencyId
    points: int
    reason: str | None = None


class GiveCoupon(NamedTuple):
    """A coupon of this kind."""

    coupon: CouponId


class SetTag(NamedTuple):
    """Puts the tag ``name`` on the member, or takes it ``off``; it is the tag of whose campaign it is."""

    name: str
    off: bool = False


class Wait(NamedTuple):
    days: int


class OnlyIn(NamedTuple):
    """Goes on with who is in all of ``segments``."""

    segments: frozenset[SegmentId]


Step = Send | GivePoints | GiveCoupon | SetTag | Wait | OnlyIn


@dataclass(frozen=True, slots=True)
class Campaign:
    """It begins with members who enter ``segment``, or leave it where ``leaving``, in [``starts_at``, ``ends_at``).

    With a ``calendar``, it begins on its days with those who are in ``segment`` then; None: with everybody.
    """

    id: CampaignId
    name: str
    brand: str | None
    """None: the group's."""
    segment: SegmentId | None
    leaving: bool
    calendar: Calendar | None
    include_current: bool
    """E20: whether it begins also with who is in ``segment`` as it comes into force, or is moved there by a version."""
    once: Once
    only_in: frozenset[SegmentId]
    not_in: frozenset[SegmentId]
    starts_at: datetime | None
    ends_at: datetime | None
    catch_up: timedelta
    at: time | None
    """When steps are taken, on the programme's clock; None: at once."""
    at_usual_hour: bool
    """Whether each member's are taken at the hour at which they usually come; ``at`` is for who has none."""
    stays: bool
    """Whether it ends with who is not in ``segment`` any more."""
    goals: frozenset[SegmentId]
    purchase_is_goal: bool
    """Whether it ends with who has bought since it began: at ``brand``, and of the group's, anywhere."""
    holdout_percent: int
    priority: int
    """Of two that want the last slot, the higher has it."""
    yields: timedelta
    """How much after its instant a step is taken, so that at the same instant higher ones go first (E23)."""
    paused: bool
    attribution: timedelta
    """How long after a member was told something what they buy is put down to it (E29)."""
    steps: tuple[Step, ...]

    @property
    def called_at(self) -> time:
        """At which time of its day a ``calendar`` begins it: before anybody's hour."""
        return time.min if self.at is None or self.at_usual_hour else self.at

    def begins_at(self, instant: datetime) -> bool:
        """Whether it begins with members at ``instant``, if that is one of its moments."""
        return (self.starts_at is None or self.starts_at <= instant) and not self.is_over(instant)

    def is_over(self, instant: datetime) -> bool:
        """Whether it begins with nobody any more."""
        return self.ends_at is not None and self.ends_at <= instant

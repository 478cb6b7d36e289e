"""Tiers as callers see them. What is measured is a decimal string: money, points or a number of visits (E33)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from huitou.fields import View
from huitou.kernel.instants import format_instant
from huitou.kernel.money import format_amount
from huitou.program.model import Program
from huitou.program.tiers import Tier, TierPolicy
from huitou.standing.model import Grant, TierCause
from huitou.standing.outlook import Goal, Outlook, Prospect
from huitou.standing.service import Granted, Past


class TierView(View):
    """One level of the programme."""

    id: str
    name: str


class GoalView(View):
    """What a tier asks for."""

    tier: TierView
    threshold: str
    progress: str
    missing: str
    """What is not there yet; "0" where all is."""


class ProspectView(View):
    """What is ahead."""

    measure: Literal["spend", "visits", "points"]
    """What thresholds and progress count: money spent, visits, or points earned."""
    progress: str
    """What the window holds."""
    counted_since: datetime
    """Where the window begins."""
    next: GoalView | None
    """The tier above; null for the highest."""
    keep: GoalView | None
    """What the next review asks for; null for the lowest tier, which is never lost."""
    review_at: datetime | None
    in_grace: bool
    """Whether the review of `review_at` was failed, and the tier is kept only until `until`."""
    until: datetime | None
    """Until then the tier is certain: the next review, or the end of the grace."""
    projected: TierView
    """The tier after `until`, and after the grace that a review may begin, if nothing more is done."""
    warning: bool
    """Whether the member should be told by now what is missing to keep the tier."""


class MemberTierView(View):
    """Where a member stands at an instant."""

    member_id: str
    at: datetime
    tier: TierView | None
    """Null while the programme has no tiers."""
    since: datetime
    cause: TierCause
    prospect: ProspectView | None
    """Null without tiers, and for times of which too little is kept."""


class PastTierView(View):
    """A tier that was held, or is."""

    tier: str | None
    since: datetime
    until: datetime | None
    """Null: until now."""
    cause: TierCause
    reason: str | None
    """Of a grant at the caller's brand."""
    actor: str | None


class TierHistoryView(View):
    """Tiers of a member, the latest first."""

    items: list[PastTierView]
    next_cursor: str | None


class TierGrantView(View):
    """A tier given by hand."""

    grant_id: str
    member_id: str
    tier: str
    granted_at: datetime
    until: datetime | None
    brand: str
    reason: str
    actor: str
    client_reference: str | None
    standing: MemberTierView
    replayed: bool
    """Whether it had been given before; nothing was changed now."""


def member_tier_view(member: str, outlook: Outlook, program: Program) -> dict[str, Any]:
    """A `MemberTierView`. ``program`` knows the decimals of what is measured."""
    return {
        "member_id": member,
        "at": format_instant(outlook.at),
        "tier": _tier_view(outlook.level) if outlook.level else None,
        "since": format_instant(outlook.interval.since),
        "cause": outlook.interval.cause.value,
        "prospect": _prospect_view(outlook.prospect, outlook.at, program) if outlook.prospect else None,
    }


def past_tier_view(past: Past) -> dict[str, Any]:
    """A `PastTierView`."""
    grant: Grant | None = past.grant
    return {
        "tier": past.interval.tier,
        "since": format_instant(past.interval.since),
        "until": _instant(past.until),
        "cause": past.interval.cause.value,
        "reason": grant.reason if grant else None,
        "actor": grant.actor if grant else None,
    }


def tier_grant_view(member: str, granted: Granted, client_reference: str | None, program: Program) -> dict[str, Any]:
    """A `TierGrantView`."""
    grant = granted.grant
    return {
        "grant_id": grant.id,
        "member_id": member,
        "tier": grant.tier,
        "granted_at": format_instant(grant.at),
        "until": _instant(grant.until),
        "brand": grant.brand,
        "reason": grant.reason,
        "actor": grant.actor,
        "client_reference": client_reference,
        "standing": member_tier_view(member, granted.outlook, program),
        "replayed": granted.replayed,
    }


def _prospect_view(prospect: Prospect, at: datetime, program: Program) -> dict[str, Any]:
    decimals = _decimals(prospect.policy, program)
    return {
        "measure": prospect.policy.measure,
        "progress": format_amount(prospect.progress, decimals),
        "counted_since": format_instant(prospect.counted_since),
        "next": _goal_view(prospect.next, decimals) if prospect.next else None,
        "keep": _goal_view(prospect.kept, decimals) if prospect.kept else None,
        "review_at": _instant(prospect.review_at),
        "in_grace": prospect.grace_until is not None,
        "until": _instant(prospect.grace_until or prospect.review_at),
        "projected": _tier_view(prospect.projected),
        "warning": prospect.warned_at is not None and prospect.warned_at <= at,
    }


def _goal_view(goal: Goal, decimals: int) -> dict[str, Any]:
    return {
        "tier": _tier_view(goal.level),
        "threshold": format_amount(goal.level.threshold, decimals),
        "progress": format_amount(goal.progress, decimals),
        "missing": format_amount(goal.missing, decimals),
    }


def _tier_view(tier: Tier) -> dict[str, str]:
    return {"id": tier.id, "name": tier.name}


def _decimals(policy: TierPolicy, program: Program) -> int:
    match policy.measure:
        case "spend":
            return program.money_exponent
        case "points":
            return program.currencies[program.home_currency].exponent
        case "visits":
            return 0


def _instant(instant: datetime | None) -> str | None:
    return format_instant(instant) if instant else None

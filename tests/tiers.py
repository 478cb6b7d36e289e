"""Tiers for tests: a policy of four levels, facts, and the way of a member through them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from huitou.kernel.facts import Fact
from huitou.kernel.ids import Digest
from huitou.kernel.instants import BEGINNING
from huitou.program.tiers import RollingWindow, Tier, TierPolicy
from huitou.standing.model import Grant, Regime, Standing
from huitou.standing.sheet import EMPTY
from huitou.standing.tiers import History, evaluate
from tests.builders import OPENED, TAIPEI, at

LEVELS = (Tier("basic", "Basic", 0), Tier("silver", "Silver", 100), Tier("gold", "Gold", 1000))


def policy(**changes: Any) -> TierPolicy:
    """By spend in 365 days, no grace, down to what is enough; refunds wait for the review."""
    fields: dict[str, Any] = {
        "measure": "spend",
        "window": RollingWindow(365),
        "grace_days": 0,
        "downgrade": "requalify",
        "on_refund": "keep",
        "warning_days": 30,
        "levels": LEVELS,
    }
    return TierPolicy(**{**fields, **changes})


def regime(
    held: TierPolicy | None = None, *, version: int = 1, since: datetime = BEGINNING, zone: ZoneInfo = TAIPEI
) -> Regime:
    """`policy`, unless another is given, from the beginning on."""
    return Regime(version, since, held or policy(), zone)


def spent(amount: int, when: str) -> Fact:
    """A purchase, as Taipei's clocks show it."""
    return Fact(at(when), at(when), amount, 1, amount // 10)


def refunded(sale: Fact, when: str, amount: int | None = None) -> Fact:
    """All of ``sale`` comes back, or ``amount`` of it."""
    if amount is None:
        return Fact(sale.at, at(when), -sale.spend, -sale.visits, -sale.points)
    return Fact(sale.at, at(when), -amount, 0, -amount // 10)


def granted(tier: str, when: str, until: str | None = None) -> Grant:
    """A tier given by hand."""
    key = Digest(f"{tier} {when}")
    return Grant(key, tier, at(when), at(until) if until else None, "maru", "a good friend", "staff-7")


def stood(
    facts: Iterable[Fact],
    now: str,
    held: TierPolicy | Sequence[Regime] | None = None,
    *,
    grants: Sequence[Grant] = (),
    enrolled_at: datetime = OPENED,
) -> Standing:
    """How a member with these facts has stood until ``now``."""
    regimes = held if isinstance(held, Sequence) else [regime(held)]
    return evaluate(History(enrolled_at, EMPTY.plus(facts), tuple(grants)), regimes, at(now))


def story(standing: Standing) -> list[tuple[str | None, str, str]]:
    """Each tier, from when on by Taipei's clocks, and why."""
    return [(tier, _shown(since), cause.value) for tier, since, cause in standing.intervals]


def _shown(instant: datetime) -> str:
    local = instant.astimezone(TAIPEI)
    return local.strftime("%Y-%m-%d %H:%M") + (f":{local:%S.%f}"[:-3] if local.second or local.microsecond else "")

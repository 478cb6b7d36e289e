"""Builders of coupons and of their uses, and the store for whichever kind of table it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from huitou.kernel.ids import digest_of
from huitou.points.wallet import CAMPAIGN, Cause
from huitou.program.coupons import CouponKind
from huitou.rewards.decisions import issue
from huitou.rewards.model import Coupon, Use
from huitou.rewards.ports import CouponStore
from huitou.rewards.store import TableCoupons
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_coupons import MemoryCoupons
from tests.builders import MEI, program
from tests.outbox import NOON

CAKE = CouponKind("cake", "Cake", "maru", 30, 120)


def coupons_on(table: Any) -> CouponStore:
    return MemoryCoupons(table) if isinstance(table, MemoryTable) else TableCoupons(table)


def coupon(now: datetime = NOON, **changes: Any) -> Coupon:
    """A cake at maru's, that Mei was given for her birthday, good for thirty days more."""
    cause = Cause(CAMPAIGN, "birthday/2026/0")
    return replace(issue(CAKE, MEI, code="2345678ABC", cause=cause, program=program(), now=now), **changes)


def used(key: str, **changes: Any) -> Use:
    """At maru's store 1, at noon, by the call of this key."""
    return Use(digest_of([key]), "maru", "1", None, NOON)._replace(**changes)

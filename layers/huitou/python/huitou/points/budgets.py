"""What a rule may give to all members together (E12), split into shards so that members do not wait for each other.

A budget lies in `SHARDS` shards; what they have left and what was granted always sum up to the budget. A grant takes
from the member's own shard in the write that records the purchase; only where that is short from the others too, and
it is cut only when all were read empty. A refund returns to where it came from. A later version of the programme may
raise or lower the budget: the first grant under it splits what is left anew. A budget lowered below what was granted
leaves shards below zero, so that it gives nothing more.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from huitou.kernel.ids import MemberId
from huitou.program.model import CurrencyId
from huitou.program.rules import EarningRule, RuleId

SHARDS = 8
"""Enough that hundreds of purchases a second share one budget, few enough to read and split all at once."""

Left = Mapping[int, int]
"""By shard, what it has left, in the order in which a grant takes: smallest units of points."""


class BudgetId(NamedTuple):
    """A rule's budget in the points that it pays: were it to pay others one day, that is another budget."""

    rule: RuleId
    currency: CurrencyId


class Shard(NamedTuple):
    """A part of a budget. ``budget`` is the whole of which it is a part, as ``version`` of the programme has it."""

    number: int
    left: int
    budget: int
    version: int


class Grant(NamedTuple):
    """Points of a purchase that came from a shard."""

    budget: BudgetId
    shard: int
    points: int


def budget_of(rule: EarningRule) -> BudgetId:
    return BudgetId(rule.id, rule.currency)


def shards_for(member: MemberId) -> list[int]:
    """All shards, the member's own first."""
    own = zlib.crc32(member.encode()) % SHARDS
    return [(own + step) % SHARDS for step in range(SHARDS)]


def is_current(shards: Sequence[Shard], budget: int, version: int) -> bool:
    """Whether they are split as ``version`` has it, or a later one."""
    return bool(shards) and (shards[0].budget == budget or shards[0].version > version)


def split(shards: Iterable[Shard], budget: int, version: int) -> list[Shard]:
    """All shards with what is left of ``budget`` after what was granted before; ``shards`` are all, or none yet."""
    before = list(shards)
    granted = before[0].budget - sum(shard.left for shard in before) if before else 0
    part, more = divmod(budget - granted, SHARDS)
    return [Shard(number, part + (number < more), budget, version) for number in range(SHARDS)]


def taken(budget: BudgetId, points: int, left: Left) -> list[Grant]:
    """``points`` out of ``left``, in its order; there must be as many."""
    grants = []
    for shard, available in left.items():
        part = min(points, available)
        if part > 0:
            grants.append(Grant(budget, shard, part))
            points -= part
    if points:
        raise ValueError(f"{points} more points than {budget.rule} has left")
    return grants


def granted(grants: Iterable[Grant]) -> dict[RuleId, int]:
    """What each rule was granted, from whatever shards."""
    sums: dict[RuleId, int] = {}
    for grant in grants:
        sums[grant.budget.rule] = sums.get(grant.budget.rule, 0) + grant.points
    return sums


def kept(grants: Sequence[Grant], points: Mapping[RuleId, int]) -> list[Grant]:
    """The grants, the first taken first, as far as ``points`` of each rule reach: the rest is to be returned."""
    rest = dict(points)
    remaining = []
    for grant in grants:
        part = min(grant.points, rest.get(grant.budget.rule, 0))
        if part > 0:
            rest[grant.budget.rule] -= part
            remaining.append(grant._replace(points=part))
    return remaining


def released(before: Sequence[Grant], after: Sequence[Grant]) -> list[Grant]:
    """What goes back to its shard when a purchase keeps ``after`` of ``before``."""
    stays = {(grant.budget, grant.shard): grant.points for grant in after}
    back = [grant._replace(points=grant.points - stays.get(grant[:2], 0)) for grant in before]
    return [grant for grant in back if grant.points]

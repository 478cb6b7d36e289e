"""Shards of budgets in memory."""

from __future__ import annotations

from huitou.kernel.commits import StaleReadError, Write
from huitou.platform import keys
from huitou.points.budgets import BudgetId, Grant, Shard
from huitou.simulator.memory import MemoryTable, present


class MemoryBudgets:
    """`BudgetStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def shard(self, budget: BudgetId, number: int) -> Shard | None:
        return self._table.get(Shard, *keys.budget_shard(*budget, number))

    def shards(self, budget: BudgetId) -> list[Shard]:
        pk, _ = keys.budget_shard(*budget, 0)
        return list(self._table.query(Shard, pk).items)

    def split(self, budget: BudgetId, before: list[Shard], after: list[Shard]) -> list[Write]:
        known = {shard.number: shard for shard in before}
        return [self._replace(budget, known.get(shard.number), shard) for shard in after]

    def take(self, grant: Grant) -> Write:
        return self._table.update(
            *keys.budget_shard(*grant.budget, grant.shard),
            lambda shard: shard._replace(left=shard.left - grant.points),
            refused=StaleReadError("Others took from the budget meanwhile."),
            when=lambda stored: present(stored) and stored.left >= grant.points,
        )

    def give_back(self, grant: Grant) -> Write:
        return self._table.update(
            *keys.budget_shard(*grant.budget, grant.shard),
            lambda shard: shard._replace(left=shard.left + grant.points),
            refused=StaleReadError("The budget is being split just now."),
            when=present,
        )

    def _replace(self, budget: BudgetId, before: Shard | None, after: Shard) -> Write:
        refused = StaleReadError("Others split the budget meanwhile.")
        key = keys.budget_shard(*budget, after.number)
        return self._table.put(*key, after, refused=refused, when=lambda stored: stored == before)

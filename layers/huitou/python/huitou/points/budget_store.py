"""Shards of budgets in DynamoDB: one partition for each budget, one item for each shard."""

from __future__ import annotations

from huitou.kernel.commits import StaleReadError, Write
from huitou.platform import keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.points.budgets import BudgetId, Grant, Shard


class ShardItem(Item):
    """A part of a budget: what it has ``left``."""

    left = IntegerAttribute()
    budget = IntegerAttribute()
    program_version = IntegerAttribute()


class TableBudgets:
    """`BudgetStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def shard(self, budget: BudgetId, number: int) -> Shard | None:
        item = self._table.get(ShardItem, *keys.budget_shard(*budget, number))
        return _shard(item) if item else None

    def shards(self, budget: BudgetId) -> list[Shard]:
        pk, _ = keys.budget_shard(*budget, 0)
        return [_shard(item) for item in self._table.query(ShardItem, pk, prefix=keys.SHARD_PREFIX).items]

    def split(self, budget: BudgetId, before: list[Shard], after: list[Shard]) -> list[Write]:
        known = {shard.number: shard for shard in before}
        return [self._replace(budget, known.get(shard.number), shard) for shard in after]

    def take(self, grant: Grant) -> Write:
        return self._table.update(
            ShardItem,
            *keys.budget_shard(*grant.budget, grant.shard),
            [ShardItem.left.add(-grant.points)],
            condition=ShardItem.left >= grant.points,
            refused=StaleReadError("Others took from the budget meanwhile."),
        )

    def give_back(self, grant: Grant) -> Write:
        return self._table.update(
            ShardItem,
            *keys.budget_shard(*grant.budget, grant.shard),
            [ShardItem.left.add(grant.points)],
            condition=ShardItem.pk.exists(),
            refused=StaleReadError("The budget is being split just now."),
        )

    def _replace(self, budget: BudgetId, before: Shard | None, after: Shard) -> Write:
        item = ShardItem(
            *keys.budget_shard(*budget, after.number),
            left=after.left,
            budget=after.budget,
            program_version=after.version,
        )
        unchanged = ShardItem.pk.does_not_exist()
        if before is not None:
            unchanged = (ShardItem.left == before.left) & (ShardItem.program_version == before.version)
        return self._table.put(item, condition=unchanged, refused=StaleReadError("Others split the budget meanwhile."))


def _shard(item: ShardItem) -> Shard:
    return Shard(keys.parse_shard(item.sk), item.left, item.budget, item.program_version)

"""Taking from budgets (E12) in the commit of the purchase that earns by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from huitou.kernel.commits import Commit, Write
from huitou.kernel.ids import MemberId
from huitou.points.budgets import BudgetId, Grant, Left, Shard, budget_of, is_current, shards_for, split
from huitou.program.model import Program
from huitou.program.rules import EarningRule


class BudgetStore(Protocol):
    """Keeps the shards of budgets. Reads are consistent."""

    def shard(self, budget: BudgetId, number: int) -> Shard | None:
        """One shard; None where the budget was never split."""
        ...

    def shards(self, budget: BudgetId) -> list[Shard]:
        """All shards, by number; empty where the budget was never split."""
        ...

    def split(self, budget: BudgetId, before: list[Shard], after: list[Shard]) -> list[Write]:
        """Replaces all shards; refused with `StaleReadError` if any is no longer as it was ``before``."""
        ...

    def take(self, grant: Grant) -> Write:
        """Refused with `StaleReadError` if the shard has less left."""
        ...

    def give_back(self, grant: Grant) -> Write:
        """Returns what was taken."""
        ...


class Drawing:
    """What one attempt to record a member's purchases takes from budgets: nothing, until `writes` are committed.

    ``active`` is the programme in force: a sale decided by an older one counts towards the budget of today.
    """

    def __init__(self, budgets: BudgetStore, commit: Commit, active: Program, member: MemberId) -> None:
        self._budgets = budgets
        self._commit = commit
        self._current = {budget_of(rule): rule.budget for rule in active.earning}
        self._version = active.version
        self._order = shards_for(member)
        self._read: dict[BudgetId, dict[int, Shard]] = defaultdict(dict)
        self._taken: dict[tuple[BudgetId, int], int] = defaultdict(int)

    def left(self, rule: EarningRule, points: int) -> Left:
        """Where ``points`` can be taken: of the member's own shard, where it has enough, else of all that have any.

        A budget that is not split yet, or has changed, is split first, in a commit of its own. Raises
        `StaleReadError`.
        """
        budget = budget_of(rule)
        own = self._order[0]
        if own not in self._read[budget]:
            shard = self._budgets.shard(budget, own)
            whole = self._current.get(budget) or rule.budget or 0
            if shard is not None and is_current([shard], whole, self._version):
                self._read[budget] = {own: shard}
            else:
                self._read[budget] = self._split(budget, whole)
        if self._available(budget, own) < points and len(self._read[budget]) == 1:
            self._read[budget] = {shard.number: shard for shard in self._budgets.shards(budget)}
        order = [own] if self._available(budget, own) >= points else self._order
        return {number: left for number in order if (left := self._available(budget, number)) > 0}

    def take(self, grants: Iterable[Grant]) -> None:
        """Notes what a purchase is granted."""
        for grant in grants:
            self._taken[grant.budget, grant.shard] += grant.points

    def put_back(self, grants: Iterable[Grant]) -> None:
        """Notes what comes back in the same commit: it can be granted again at once."""
        for grant in grants:
            self._taken[grant.budget, grant.shard] -= grant.points

    def writes(self) -> list[Write]:
        """One for each shard that changes."""
        return [self._write(Grant(budget, shard, points)) for (budget, shard), points in self._taken.items() if points]

    def _write(self, grant: Grant) -> Write:
        if grant.points > 0:
            return self._budgets.take(grant)
        return self._budgets.give_back(grant._replace(points=-grant.points))

    def _available(self, budget: BudgetId, number: int) -> int:
        return self._read[budget][number].left - self._taken[budget, number]

    def _split(self, budget: BudgetId, whole: int) -> dict[int, Shard]:
        before = self._budgets.shards(budget)
        shards = before if is_current(before, whole, self._version) else split(before, whole, self._version)
        if shards is not before:
            self._commit(self._budgets.split(budget, before, shards))
        return {shard.number: shard for shard in shards}

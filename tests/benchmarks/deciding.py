"""How fast sales are decided, by rules and wallets alone: real baskets, one process, nothing but memory.

Tiers are left out: what a wallet notes for them is passed on, as the standing takes it in, and counts for nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from huitou.kernel.ids import MemberId
from huitou.points.wallet import Wallet
from huitou.program.model import CurrencyId, Program
from huitou.purchases.decisions import decide_sale
from huitou.purchases.model import Purchase
from huitou.standing.keeping import MOST_UNSEEN
from tests.benchmarks.baskets import baskets
from tests.files import sample_program

SHARE = 0.1
"""Of the households."""
ROUNDS = 5

Rows = Sequence[tuple[MemberId, Purchase]]


@dataclass(frozen=True)
class Speed:
    """CPU seconds for all of ``sales``: decided, and merely looped over (a sum of the lines of each)."""

    sales: int
    lines: int
    deciding: float
    looping: float

    @property
    def multiple(self) -> float:
        return self.deciding / self.looping

    @property
    def per_second(self) -> float:
        return self.sales / self.deciding


def measure(share: float = SHARE) -> Speed:
    """The best of some rounds of each: what disturbs only ever adds."""
    program = sample_program()
    rows = [(MemberId(f"{each.household:026}"), each.purchase(program)) for each in baskets(share)]
    deciding, looping = [], []
    for _ in range(ROUNDS):
        begun = time.process_time()
        decide_all(rows, program)
        deciding.append(time.process_time() - begun)
        begun = time.process_time()
        loop_over(rows)
        looping.append(time.process_time() - begun)
    return Speed(len(rows), sum(len(sale.lines) for _, sale in rows), min(deciding), min(looping))


def decide_all(rows: Iterable[tuple[MemberId, Purchase]], program: Program) -> Mapping[tuple[str, str], Wallet]:
    """Every wallet after all sales, each decided on the wallets that the one before left."""
    wallets: dict[MemberId, dict[CurrencyId, Wallet]] = {}
    for member, sale in rows:
        own = wallets.setdefault(member, {})
        decided = decide_sale(sale, member, own, program, sale.occurred_at)
        own.update({currency: passed_on(decision.wallet) for currency, decision in decided.decisions.items()})
    return {(member, currency): wallet for member, own in wallets.items() for currency, wallet in own.items()}


def passed_on(wallet: Wallet) -> Wallet:
    """The wallet after the standing has taken in what it noted, once that is too much."""
    return replace(wallet, unseen=()) if len(wallet.unseen) > MOST_UNSEEN else wallet


def loop_over(rows: Iterable[tuple[MemberId, Purchase]]) -> Mapping[MemberId, int]:
    """One point per dollar without rules, lots or entries: the least that a loop over the same rows can do."""
    points: dict[MemberId, int] = {}
    for member, sale in rows:
        points[member] = points.get(member, 0) + sum(line.amount for line in sale.lines) // 100
    return points

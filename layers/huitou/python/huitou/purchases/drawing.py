"""Sales whose rules give from a budget (E12): decided, and decided again with what the budgets have left.

Most sales touch no budget and read none. For the others, what is left can only cut what a rule pays, after all else
is decided: so the first decision tells which budgets matter, and the second is final.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from huitou.kernel.ids import MemberId
from huitou.kernel.values import changed
from huitou.points.budgets import Left
from huitou.points.circumstances import Circumstances
from huitou.points.granting import Drawing
from huitou.points.wallet import Wallet
from huitou.program.model import CurrencyId, Program
from huitou.program.rules import RuleId
from huitou.purchases.decisions import NOTHING_READ, Sale, Worth, book_sale, circumstances, worth_of
from huitou.purchases.model import Purchase
from huitou.purchases.standing import STRANGER, Personal


def decide_drawn_sale(
    purchase: Purchase,
    member: MemberId,
    wallets: Mapping[CurrencyId, Wallet],
    program: Program,
    now: datetime,
    *,
    drawing: Drawing,
    person: Personal = STRANGER,
    own: Mapping[CurrencyId, Wallet] | None = None,
) -> Sale:
    """`decide_sale` with what budgets have left. Nothing is taken by it: see `Drawing.take`. ``own`` as of `book_sale`.

    Raises `StaleReadError`.
    """
    seen = circumstances(purchase, wallets, program, person=person)
    worth, left = drawn_worth(purchase, program, seen, drawing)
    return book_sale(purchase, member, wallets, program, now, worth=worth, left=left, own=own)


def drawn_worth(
    purchase: Purchase, program: Program, seen: Circumstances, drawing: Drawing, *, explained: bool = True
) -> tuple[Worth, Mapping[RuleId, Left]]:
    """What ``purchase`` is worth with what budgets have left, and that."""
    worth = worth_of(purchase, program, seen, explained=explained)
    budgets = worth.budgets
    if not budgets:
        return worth, NOTHING_READ
    left = {rule.id: drawing.left(rule, budgets[rule.id]) for rule in program.earning if rule.id in budgets}
    available = {rule: sum(shards.values()) for rule, shards in left.items()}
    return worth_of(purchase, program, changed(seen, budgets=available), explained=explained), left

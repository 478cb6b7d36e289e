"""Sales whose rules give from a budget (E12): decided, and decided again with what the budgets have left.

Most sales touch no budget and read none. For the others, what is left can only cut what a rule pays, after all else
is decided: so the first decision tells which budgets matter, and the second is final.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from huitou.kernel.ids import MemberId
from huitou.points.granting import Drawing
from huitou.points.wallet import Wallet
from huitou.program.model import CurrencyId, Program
from huitou.purchases.decisions import Sale, decide_sale
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
    explained: bool = True,
) -> Sale:
    """`decide_sale` with what budgets have left. Nothing is taken by it: see `Drawing.take`.

    Raises `StaleReadError`.
    """
    sale = decide_sale(purchase, member, wallets, program, now, person=person, explained=explained)
    if not sale.budgets:
        return sale
    left = {rule.id: drawing.left(rule, sale.budgets[rule.id]) for rule in program.earning if rule.id in sale.budgets}
    return decide_sale(purchase, member, wallets, program, now, left=left, person=person, explained=explained)

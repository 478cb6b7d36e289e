"""What is done under the name of a member who was merged into another (E15). Pure.

It counts for whoever goes on: points, caps, progress. But the purchase or visit keeps the name whose identity was
shown, and the wallets of all who lie on the way count it too, in the same commit, though nobody spends from them. So an
unmerge takes off exactly what was theirs; and each lot has a number where it will go back to.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from huitou.kernel.values import changed
from huitou.points.decisions import Decision, KeepAlive, join, keep_alive, touch
from huitou.points.earning import Earning
from huitou.points.handing_over import with_share
from huitou.points.ledger import Ledger
from huitou.points.wallet import Cause, Wallet, open_wallet
from huitou.program.model import BrandId, CurrencyId, Program
from huitou.purchases.decisions import recompute, sold
from huitou.purchases.model import Purchase, Visit
from huitou.purchases.standing import visited

Wallets = Mapping[CurrencyId, Wallet]


def share_of_sale(purchase: Purchase, wallets: Wallets, program: Program, now: datetime) -> dict[CurrencyId, Decision]:
    """What a decided sale comes to in ``wallets``: of its member, or of somebody they had been merged into before.

    ``program`` is the version that decided it.
    """
    home, earned = wallets[program.home_currency], recompute(purchase, purchase.earning_lines, program)
    counting = {
        currency: _counted(wallets.get(currency) or open_wallet(home.member, currency, now), purchase, earning, program)
        for currency, earning in earned.items()
    }
    joined = _joined(counting[home.currency], purchase.brand, program, now)
    counting[home.currency] = sold(joined, purchase, earned[home.currency].points)
    activity = KeepAlive(purchase.brand, purchase.occurred_at, Cause("purchase", purchase.id))
    lively = keep_alive(_as_alone({**wallets, **counting}).values(), activity, program, now)
    touched = {currency: Decision(touch(wallet, now), ()) for currency, wallet in counting.items()}
    return _as_absorbed({**touched, **lively}, wallets)


def share_of_visit(visit: Visit, wallets: Wallets, program: Program, now: datetime) -> dict[CurrencyId, Decision]:
    """`share_of_sale`, of a visit."""
    alone = _as_alone(wallets)
    home = _joined(alone[program.home_currency], visit.brand, program, now)
    return _as_absorbed(visited(alone, home, visit, program, now), wallets)


def _counted(wallet: Wallet, purchase: Purchase, earning: Earning, program: Program) -> Wallet:
    ledger = Ledger(wallet, program, wallet.recorded_at)
    ledger.count(earning.used, purchase.occurred_at)
    return changed(with_share(wallet, earning.points, purchase.member), counters=ledger.counters)


def _joined(home: Wallet, brand: BrandId, program: Program, now: datetime) -> Wallet:
    """By showing an identity, where the programme says so (E31)."""
    return join(home, brand, now) if program.joins_on_use else home


def _as_alone(wallets: Wallets) -> Wallets:
    return {currency: changed(wallet, moved_to=None) for currency, wallet in wallets.items()}


def _as_absorbed(decisions: Mapping[CurrencyId, Decision], stored: Wallets) -> dict[CurrencyId, Decision]:
    """They stay absorbed, and recorded as of when they became so."""
    shares = {}
    for currency, decision in decisions.items():
        before = stored.get(currency)
        kept = {"moved_to": before.moved_to, "recorded_at": before.recorded_at} if before else {}
        shares[currency] = changed(decision, wallet=changed(decision.wallet, **kept))
    return shares

"""What a sale comes to: the wallets after it, its entries, and the purchase as it will be kept. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from huitou.kernel.errors import ConflictError
from huitou.kernel.ids import MemberId
from huitou.points.decisions import Decision, Earn, KeepAlive, decide, keep_alive
from huitou.points.earning import earnings
from huitou.points.wallet import Cause, Entry, Wallet, open_wallet
from huitou.program.model import CurrencyId, Program
from huitou.program.ports import Programs
from huitou.purchases.model import EntryRef, Purchase


class ClaimTooLateError(ConflictError):
    """M40: the time to claim a receipt is over."""

    code = "claim_too_late"
    title = "The receipt can no longer be claimed"


@dataclass(frozen=True, slots=True)
class Sale:
    """A purchase decided: as it will be kept, with the decision for each wallet it changes."""

    purchase: Purchase
    decisions: Mapping[CurrencyId, Decision]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What the purchase earned, in the order of `Purchase.entries`."""
        cause = Cause("purchase", self.purchase.id)
        return tuple(self.decisions[currency].entry_for(cause) for currency, _ in self.purchase.entries)


def decide_sale(
    purchase: Purchase, member: MemberId, wallets: Mapping[CurrencyId, Wallet], program: Program, now: datetime
) -> Sale:
    """What ``purchase`` earns ``member``, whose wallets these are, and keeps alive (E5), as of when it occurred."""
    own = replace(purchase, member=member)
    cause = Cause("purchase", own.id)
    decisions: dict[CurrencyId, Decision] = {}
    for currency, earning in earnings(own, program).items():
        wallet = wallets.get(currency) or open_wallet(member, currency, now)
        command = Earn(earning, own.brand, own.occurred_at, cause)
        decisions[currency] = decide(wallet, command, program, now)
    entries = tuple(EntryRef(currency, made.entry_for(cause).version) for currency, made in decisions.items())
    others = [wallet for currency, wallet in wallets.items() if currency not in decisions]
    decisions |= keep_alive(others, KeepAlive(own.brand, own.occurred_at, cause), program, now)
    return Sale(replace(own, entries=entries), decisions)


def rules_for(purchase: Purchase, at: datetime, programs: Programs) -> Program:
    """E20: a sale is paid by the programme of its day, unless that did not know its store or brand yet."""
    rules = programs.at(at)
    known = purchase.store in rules.stores if purchase.store else purchase.brand in rules.brands
    return rules if known else programs.active()


def require_claimable(purchase: Purchase, program: Program, now: datetime) -> None:
    """M40. Raises `ClaimTooLateError`."""
    if now > purchase.occurred_at + program.claim_limit:
        raise ClaimTooLateError(f"Receipts can be claimed for {program.claim_limit.days} days.")

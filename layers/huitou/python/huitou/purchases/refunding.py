"""What a refund comes to: the exact inverse of what is left of the sale without the lines that came back. Pure.

The idea (E1, E2): the sale is decided again with the lines that are left, under the programme version and the
circumstances kept with it. What it earned beyond that is owed; of that, each refund collects what none did before.
What comes back in several refunds therefore comes to the same as in one, and all of it to all that was earned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from huitou.kernel.errors import FieldError, InvalidError
from huitou.kernel.facts import Fact
from huitou.kernel.money import format_amount
from huitou.points.budgets import Grant, granted, kept, released
from huitou.points.counters import counted
from huitou.points.decisions import Command, Decision, decide_all, touch
from huitou.points.earning import Earning
from huitou.points.handing_over import as_booked_here, lots_from
from huitou.points.moves import GiveBack, TakeBack
from huitou.points.refunding import share_to_return
from huitou.points.wallet import Cause, Entry, EntryType, Wallet, noted
from huitou.program.model import CurrencyId, Program, Sliding
from huitou.program.rules import RuleId
from huitou.purchases.decisions import recompute
from huitou.purchases.model import QUANTITY_EXPONENT, EntryRef, Purchase
from huitou.purchases.refunds import (
    AlreadyRefundedError,
    LineAsked,
    MoreThanBoughtError,
    Owed,
    Refund,
    RefundStatus,
    RefundTooLateError,
)
from huitou.purchases.returns import Quantities, Returns, amount_of, back_of, is_back, left_of


class UnknownLineError(InvalidError):
    """The purchase has no such line."""

    code = "unknown_line"
    title = "The purchase has no such line"


class History(NamedTuple):
    """What a refund has to know of the past of wallets, beside what they are now.

    ``activity``: by currency, for wallets whose points slide, the latest activity that still counts when the purchase
    is refunded whole (E5). ``spent`` is the entry by which points paid a part of the sale, and ``since`` those after
    it (E3).
    """

    activity: Mapping[CurrencyId, datetime] = {}
    spent: Entry | None = None
    since: tuple[Entry, ...] = ()


NO_HISTORY = History()


class Refunding(NamedTuple):
    """A refund decided: as it will be kept, the purchase after it, and the decision for each wallet it changes."""

    refund: Refund
    purchase: Purchase
    decisions: Mapping[CurrencyId, Decision]
    released: Sequence[Grant]
    """What goes back to budgets (E12)."""


def require_refundable(purchase: Purchase, program: Program, at: datetime) -> None:
    """``program`` is, here and below, the version of the sale. Raises `RefundTooLateError`, `AlreadyRefundedError`."""
    if at > purchase.occurred_at + program.refund_limit:
        raise RefundTooLateError(f"Purchases can be refunded for {program.refund_limit.days} days.")
    if purchase.is_refunded:
        raise AlreadyRefundedError("Nothing is left of this purchase.")


def quantities_after(purchase: Purchase, asked: Sequence[LineAsked] | None) -> Quantities:
    """What came back of each line once ``asked`` has too; None: all that is left.

    Raises `UnknownLineError`, `MoreThanBoughtError`, naming each line that cannot be.
    """
    if asked is None:
        return {index: line.quantity for index, line in enumerate(purchase.lines)}
    back = dict(purchase.returns.lines)
    unknown, too_many = [], []
    for number, each in enumerate(asked):
        places = _places(purchase, each)
        if not places:
            unknown.append(FieldError(f"/lines/{number}", "the purchase has no such line"))
        elif missing := _give_back(purchase, back, places, each.quantity):
            too_many.append(FieldError(f"/lines/{number}", missing))
    if unknown:
        raise UnknownLineError("The purchase has no such line.", errors=unknown)
    if too_many:
        raise MoreThanBoughtError("Less than that is left of the purchase.", errors=too_many)
    return back


def decide_refund(
    refund: Refund,
    purchase: Purchase,
    wallets: Mapping[CurrencyId, Wallet],
    *,
    rules: Program,
    program: Program,
    now: datetime,
    history: History = NO_HISTORY,
) -> Refunding:
    """What ``refund`` comes to. ``rules`` is the version of the sale, ``program`` the one in force.

    The sale's version says what is owed and what becomes of points that are gone (E1); the one in force books it.
    Raises `RefundTooLateError`, `AlreadyRefundedError`, `UnknownLineError`, `MoreThanBoughtError`.
    """
    after = returned(purchase, refund, rules)
    made = replace(
        refund,
        status=RefundStatus.BOOKED,
        returned=back_of(purchase.lines, purchase.returns.lines, after.returns.lines),
        money=purchase.money_of(after.returns.lines) - purchase.money_of(purchase.returns.lines),
        points=after.returns.points - purchase.returns.points,
        points_currency=purchase.paid.currency if purchase.paid else None,
        is_full=after.is_refunded,
        program_version=purchase.program_version,
    )
    if purchase.member is None:
        return Refunding(made, after, {}, ())
    inverse = invert(
        purchase,
        after,
        wallets,
        rules=rules,
        program=program,
        now=now,
        cause=Cause("refund", refund.id),
        history=history,
    )
    made = replace(made, purchase=purchase.key(purchase.member), owed=inverse.owed, given_back=inverse.given_back)
    return Refunding(made, inverse.purchase, inverse.decisions, inverse.released)


def returned(purchase: Purchase, refund: Refund, rules: Program) -> Purchase:
    """The purchase with what ``refund`` returns, and the points that had paid it (E3). Raises as `decide_refund`."""
    require_refundable(purchase, rules, refund.occurred_at)
    past = purchase.returns
    lines = quantities_after(purchase, refund.lines)
    points = past.points
    if purchase.paid and purchase.total:
        amount = amount_of(purchase.lines, lines)
        points += share_to_return(purchase.paid.points, amount, purchase.total, past.points)
    awaited = tuple(each for each in past.awaited if each != refund.id)
    refunds = (*past.refunds, refund.id)
    return replace(purchase, returns=replace(past, lines=lines, points=points, refunds=refunds, awaited=awaited))


@dataclass(frozen=True, slots=True)
class Inverse:
    """What a purchase comes to without what came back; see `Refunding`."""

    purchase: Purchase
    decisions: Mapping[CurrencyId, Decision]
    released: Sequence[Grant]
    owed: tuple[Owed, ...]
    given_back: EntryRef | None
    """The entry that gave points back, where points had paid (E3)."""


def invert(
    before: Purchase,
    after: Purchase,
    wallets: Mapping[CurrencyId, Wallet],
    *,
    rules: Program,
    program: Program,
    now: datetime,
    cause: Cause,
    history: History = NO_HISTORY,
) -> Inverse:
    """Takes back what ``before`` earned and ``after``, of which more came back, does not; gives back what paid it.

    The reverse order of the sale: first what it earned is taken back, then what paid is given back.
    """
    after = replace(after, returns=_collected(before, after, rules))
    ends = after.is_refunded and not before.is_refunded
    changed = {*after.returns.owed, *history.activity, *([history.spent.currency] if history.spent else [])}
    decisions: dict[CurrencyId, Decision] = {}
    owed: list[Owed] = []
    for wallet in [each for currency, each in wallets.items() if currency in changed]:
        take = _take_back(before, after, wallet, rules, cause)
        if ends:
            take = replace(take, last_activity=history.activity.get(wallet.currency))
        commands: list[Command] = [take]
        counting = _without(before, after, wallet, take.owed, now) if wallet.currency == rules.home_currency else wallet
        if history.spent and history.spent.currency == wallet.currency:
            spent, counting = as_booked_here(history.spent, counting, wallets[program.home_currency].absorbed)
            points = after.returns.points - before.returns.points
            already = before.returns.points
            commands.append(GiveBack(spent, history.since, points, before.brand, cause, already))
        decision = decisions[wallet.currency] = decide_all(counting, commands, program, now)
        if wallet.currency in after.returns.owed:
            version = decision.entry_for(cause, EntryType.TAKE_BACK).version
            owed.append(Owed(wallet.currency, version, take.owed))
    paid = history.spent
    given = decisions[paid.currency].entry_for(cause, EntryType.GIVE_BACK) if paid else None
    given_back = EntryRef(given.currency, given.version) if given else None
    return Inverse(after, decisions, _released(before, after), tuple(owed), given_back)


def without_share(
    before: Purchase, after: Purchase, wallets: Mapping[CurrencyId, Wallet], *, rules: Program, now: datetime
) -> Mapping[CurrencyId, Decision]:
    """The wallets of a member who was merged into the one who pays for a refund of ``before``, for their own part.

    They still say what of the other's caps, purchases and progress came with them, so that an unmerge can tell (E15).
    """
    lessened = {}
    for wallet in [wallets[currency] for currency in after.returns.owed if currency in wallets]:
        take = _take_back(before, after, wallet, rules, Cause("refund", ""))
        used = {key: -points for key, points in take.used.items()}
        less = replace(wallet, counters=counted(wallet.counters, used))
        if wallet.currency == rules.home_currency:
            less = _without(before, after, less, take.owed, now)
        lessened[wallet.currency] = Decision(touch(less, less.recorded_at), ())
    return lessened


def slides(wallet: Wallet, program: Program) -> bool:
    """Whether points of it follow the member's activity (E5)."""
    currency = program.currencies.get(wallet.currency)
    held = (part.lot for hold in wallet.holds for part in hold.parts)
    return (currency is not None and isinstance(currency.expiry, Sliding)) or any(
        lot.sliding_days for lot in (*wallet.lots, *held)
    )


def _collected(before: Purchase, after: Purchase, rules: Program) -> Returns:
    """E1: what is owed and given back altogether, once ``after`` is all that came back."""
    earned = recompute(before, before.earning_lines, rules)
    still = recompute(before, left_of(before.lines, after.returns.lines), rules)
    past = before.returns
    return replace(
        after.returns,
        owed=_most(past.owed, _points(earned), _points(still)),
        used=_most(past.used, _used(earned), _used(still)),
        budgets=_most(past.budgets, _budgets(earned), _budgets(still)),
    )


def _take_back(before: Purchase, after: Purchase, wallet: Wallet, rules: Program, cause: Cause) -> TakeBack:
    past, now, currency = before.returns, after.returns, wallet.currency
    rules_here = {rule.id for rule in rules.earning if rule.currency == currency}
    used = {
        key: points - past.used.get(key, 0)
        for key, points in now.used.items()
        if key.rpartition("/")[0] in rules_here and points > past.used.get(key, 0)
    }
    return TakeBack(
        owed=now.owed.get(currency, 0) - past.owed.get(currency, 0),
        purchase=before.id,
        lots=lots_from(
            wallet,
            before.member or wallet.member,
            (each.lot for each in before.entries if each.currency == currency and each.lot is not None),
        ),
        brand=before.brand,
        policy=rules.refund_policy,
        cause=cause,
        used=used,
    )


def _without(before: Purchase, after: Purchase, home: Wallet, collected: int, now: datetime) -> Wallet:
    """The home wallet when less of a purchase counts: for the standing (E8), and whole, for who buys first."""
    ends = after.is_refunded and not before.is_refunded
    bought = {**home.bought, before.brand: home.bought.get(before.brand, 0) - ends}
    fact = Fact(
        at=before.occurred_at,
        known_at=max(now, before.occurred_at),
        spend=before.money_of(before.returns.lines) - before.money_of(after.returns.lines),
        visits=-1 if ends else 0,
        points=-collected,
    )
    counting = {brand: count for brand, count in bought.items() if count > 0}
    return noted(home, fact, bought=counting)


def _places(purchase: Purchase, asked: LineAsked) -> list[int]:
    if asked.line is not None:
        known = asked.line < len(purchase.lines) and asked.sku in {None, purchase.lines[asked.line].sku}
        return [asked.line] if known else []
    return [index for index, line in enumerate(purchase.lines) if line.sku == asked.sku]


def _give_back(purchase: Purchase, back: dict[int, int], places: Iterable[int], quantity: int | None) -> str:
    """Notes in ``back`` that so much came back of the lines at ``places``; says what is wrong, where less is left."""
    left = {
        index: purchase.lines[index].quantity - back.get(index, 0)
        for index in places
        if not is_back(index, purchase.lines[index], back)
    }
    available = sum(left.values())
    if not left or (quantity is not None and quantity > available):
        return f"{format_amount(available, QUANTITY_EXPONENT)} are left"
    rest = available if quantity is None else quantity
    for index, most in left.items():
        part = min(rest, most)
        if part or quantity is None:
            back[index] = back.get(index, 0) + part
        rest -= part
    return ""


def _most(before: Mapping[str, int], earned: Mapping[str, int], still: Mapping[str, int]) -> Mapping[str, int]:
    """By key, the most that was ever missing of what was earned."""
    return {key: max(before.get(key, 0), points - still.get(key, 0)) for key, points in earned.items()}


def _points(earned: Mapping[CurrencyId, Earning]) -> Mapping[CurrencyId, int]:
    return {currency: earning.points for currency, earning in earned.items()}


def _used(earned: Mapping[CurrencyId, Earning]) -> Mapping[str, int]:
    return {key: points for earning in earned.values() for key, points in earning.used.items()}


def _budgets(earned: Mapping[CurrencyId, Earning]) -> Mapping[RuleId, int]:
    return {rule: points for earning in earned.values() for rule, points in earning.budgets.items()}


def _released(before: Purchase, after: Purchase) -> list[Grant]:
    whole = granted(before.grants)
    stays = [
        kept(before.grants, {rule: points - each.returns.budgets.get(rule, 0) for rule, points in whole.items()})
        for each in (before, after)
    ]
    return released(*stays)

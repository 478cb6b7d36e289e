"""What a sale comes to: the wallets after it, its entries, and the purchase as it will be kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from huitou.kernel.errors import ConflictError
from huitou.kernel.facts import Fact
from huitou.kernel.ids import MemberId
from huitou.kernel.values import changed, lean
from huitou.points.budgets import Grant, Left, budget_of, taken
from huitou.points.circumstances import Circumstances
from huitou.points.decisions import Command, Decision, Earn, KeepAlive, decide_all, keep_alive
from huitou.points.earning import Earning, attribution, earnings
from huitou.points.plan import counters as counters_asked
from huitou.points.wallet import Cause, Entry, EntryType, Origin, Wallet, noted, open_wallet
from huitou.program.model import BrandId, CurrencyId, Program
from huitou.program.ports import Programs
from huitou.program.rules import RuleId
from huitou.purchases.model import EntryRef, Line, PointsPaid, Purchase
from huitou.purchases.paying import spending
from huitou.purchases.returns import is_back
from huitou.purchases.standing import STRANGER, Personal

NOTHING_READ: Mapping[RuleId, Left] = MappingProxyType({})


class ClaimTooLateError(ConflictError):
    """M40: the time to claim a receipt is over."""

    code = "claim_too_late"
    title = "The receipt can no longer be claimed"


@lean
class Sale:
    """A purchase decided: as it will be kept, with the decision for each wallet it changes.

    ``budgets`` is what its rules would take from their budgets, and took, where it was said what these have left.
    """

    purchase: Purchase
    decisions: Mapping[CurrencyId, Decision]
    budgets: Mapping[RuleId, int]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What the purchase earned, in the order of `Purchase.entries`."""
        cause = Cause("purchase", self.purchase.id)
        return tuple(self.decisions[each.currency].entry_for(cause, EntryType.EARN) for each in self.purchase.entries)


@lean
class Worth:
    """What a purchase earns, decided and not yet booked, and what was seen of the member for it."""

    seen: Circumstances
    earned: Mapping[CurrencyId, Earning]

    @property
    def budgets(self) -> Mapping[RuleId, int]:
        """See `Sale.budgets`."""
        budgets: dict[RuleId, int] = {}
        for earning in self.earned.values():
            if earning.budgets:
                budgets.update(earning.budgets)
        return budgets


def decide_sale(
    purchase: Purchase,
    member: MemberId,
    wallets: Mapping[CurrencyId, Wallet],
    program: Program,
    now: datetime,
    *,
    left: Mapping[RuleId, Left] = NOTHING_READ,
    person: Personal = STRANGER,
) -> Sale:
    """What ``purchase`` earns ``member``, whose wallets these are, and keeps alive (E5), as of when it
    occurred.

    ``person`` is how they stood then, which ``purchase`` may change from then on: the home wallet notes its fact.
    ``left`` is what the budgets of rules have left (E12); whoever leaves one out that `Sale.budgets` then names has
    to read it and decide again.
    """
    seen = circumstances(purchase, wallets, program, left, person)
    return book_sale(purchase, member, wallets, program, now, worth=worth_of(purchase, program, seen), left=left)


def worth_of(purchase: Purchase, program: Program, seen: Circumstances, *, explained: bool = True) -> Worth:
    """What ``purchase`` earns; see `earnings`."""
    return Worth(seen, earnings(purchase.in_money(purchase.earning_lines), program, seen, explained=explained))


def book_sale(
    purchase: Purchase,
    member: MemberId,
    wallets: Mapping[CurrencyId, Wallet],
    program: Program,
    now: datetime,
    *,
    worth: Worth,
    left: Mapping[RuleId, Left],
    own: Mapping[CurrencyId, Wallet] | None = None,
) -> Sale:
    """`decide_sale`, once it is known what the purchase is worth.

    Where ``member`` was merged into another, and their identity was shown, ``wallets`` are those of the purchase's
    survivor, and ``own`` those that the member had: the lots take their numbers there too, for an unmerge (E15).
    """
    cause = Cause("purchase", str(purchase.key(member)))
    seen, earned, budgets = worth.seen, worth.earned, worth.budgets
    at, paid, survivor = purchase.occurred_at, purchase.paid, purchase.survivor
    commands: dict[CurrencyId, list[Command]] = {
        currency: [Earn(earning, purchase.brand, at, cause, None if own is None else _origin(member, currency, own))]
        for currency, earning in earned.items()
    }
    if paid:
        identity_of = member if survivor else None
        commands.setdefault(paid.currency, []).insert(0, spending(paid, purchase, cause, identity_of))
    decisions: dict[CurrencyId, Decision] = {}
    for currency, asked in commands.items():
        wallet = wallets.get(currency) or open_wallet(survivor or member, currency, now)
        if currency == program.home_currency:
            wallet = sold(wallet, purchase, earned[currency].points)
        decisions[currency] = decide_all(wallet, asked, program, now)
    entries = tuple(_reference(decisions[currency].entry_for(cause, EntryType.EARN)) for currency in earned)
    others = [wallet for currency, wallet in wallets.items() if currency not in decisions]
    decisions |= keep_alive(others, KeepAlive(purchase.brand, at, cause), program, now)
    kept = changed(
        purchase,
        member=member,
        entries=entries,
        seen=changed(seen, budgets=budgets) if seen.budgets or budgets else seen,
        grants=grants_of(worth, left, program),
        paid=_spent(paid, decisions, cause) if paid else None,
    )
    return Sale(kept, decisions, budgets)


def sold(home: Wallet, purchase: Purchase, points: int) -> Wallet:
    """The home wallet with the sale counted: as one more at its brand, and as a fact for the standing to take in."""
    brand = purchase.brand
    return noted(home, fact_of(purchase, points), bought={**home.bought, brand: home.bought.get(brand, 0) + 1})


def fact_of(purchase: Purchase, points: int) -> Fact:
    """What tiers count of a sale that earned so many points of the home currency."""
    return Fact(purchase.occurred_at, purchase.occurred_at, purchase.spend, 1, points)


def grants_of(worth: Worth, left: Mapping[RuleId, Left], program: Program) -> tuple[Grant, ...]:
    """What the sale takes from budgets, by shard."""
    if not left:
        return ()
    budgets = worth.budgets
    rules = [rule for rule in program.earning if rule.id in budgets and rule.id in left]
    return tuple(grant for rule in rules for grant in taken(budget_of(rule), budgets[rule.id], left[rule.id]))


def circumstances(
    purchase: Purchase,
    wallets: Mapping[CurrencyId, Wallet],
    program: Program,
    left: Mapping[RuleId, Left] = NOTHING_READ,
    person: Personal = STRANGER,
) -> Circumstances:
    """What a decision about ``purchase`` sees of the member: of cap counters and budgets, those it may look at."""
    home = wallets.get(program.home_currency)
    used = _used(purchase, [wallet.counters for wallet in wallets.values()], program)
    return seen_by(purchase, home.bought if home else {}, used, left=left, person=person)


def seen_by(
    purchase: Purchase,
    bought: Mapping[BrandId, int],
    used: Mapping[str, int],
    *,
    left: Mapping[RuleId, Left] = NOTHING_READ,
    person: Personal,
) -> Circumstances:
    """`circumstances` of a member who ``bought`` so often, and has ``used`` so much of these caps, or of more."""
    return Circumstances(
        tier=person.tier,
        segments=person.segments,
        birthday_month=person.birthday_month,
        first_in_group=not any(bought.values()),
        first_at_brand=not bought.get(purchase.brand),
        used=used,
        budgets={rule: sum(shards.values()) for rule, shards in left.items()} if left else {},
    )


def recompute(purchase: Purchase, lines: Sequence[Line], program: Program) -> Mapping[CurrencyId, Earning]:
    """E2: what ``purchase`` would have earned with only ``lines``; ``program`` is the version that it names.

    Decided under what was kept with it. From budgets it takes at most what it was granted then.
    """
    return earnings(purchase.in_money(lines), program, _seen_then(purchase, program))


def points_by_line(purchase: Purchase, program: Program) -> Mapping[CurrencyId, tuple[int, ...]]:
    """M7: what each line of ``purchase`` brought; they sum up to what it earned."""
    brought = attribution(purchase.in_money(purchase.earning_lines), program, _seen_then(purchase, program))
    unearned = purchase.returns.unearned
    if not unearned:
        return brought
    earning = [not is_back(index, line, unearned) for index, line in enumerate(purchase.lines)]
    return {currency: tuple(_spread(points, earning)) for currency, points in brought.items()}


def _spread(points: Iterable[int], earning: Iterable[bool]) -> Iterable[int]:
    """One figure for each line: 0 for those that came back before the purchase earned anything."""
    rest = iter(points)
    return (next(rest) if earns else 0 for earns in earning)


def _spent(paid: PointsPaid, decisions: Mapping[CurrencyId, Decision], cause: Cause) -> PointsPaid:
    kind = EntryType.CAPTURE if paid.hold else EntryType.REDEEM
    return paid._replace(version=decisions[paid.currency].entry_for(cause, kind).version)


def _reference(entry: Entry) -> EntryRef:
    """The lot by the number that it has where the purchase's member has it, also after an unmerge (E15)."""
    if not entry.changes:
        return EntryRef(entry.currency, entry.version)
    lot = entry.changes[0].lot
    return EntryRef(entry.currency, entry.version, lot.origin.number if lot.origin else lot.number)


def _origin(member: MemberId, currency: CurrencyId, own: Mapping[CurrencyId, Wallet]) -> Origin:
    return Origin(member, own[currency].next_lot if currency in own else 1)


def _seen_then(purchase: Purchase, program: Program) -> Circumstances:
    nothing = {rule.id: 0 for rule in program.earning if rule.budget is not None}
    return changed(purchase.seen, budgets={**nothing, **purchase.seen.budgets})


def rules_for(purchase: Purchase, at: datetime, programs: Programs) -> Program:
    """E20: a sale is paid by the programme of its day, unless that did not know its store or brand yet."""
    rules = programs.at(at)
    known = purchase.store in rules.stores if purchase.store else purchase.brand in rules.brands
    return rules if known else programs.active()


def _used(purchase: Purchase, counters: Iterable[Mapping[str, int]], program: Program) -> Mapping[str, int]:
    counting = [each for each in counters if each]
    if not counting:
        return {}
    asked = counters_asked(program, purchase.occurred_at)
    return {key: points for each in counting for key, points in each.items() if key in asked}


def require_claimable(purchase: Purchase, program: Program, now: datetime) -> None:
    """M40. Raises `ClaimTooLateError`."""
    if now > purchase.occurred_at + program.claim_limit:
        raise ClaimTooLateError(f"Receipts can be claimed for {program.claim_limit.days} days.")

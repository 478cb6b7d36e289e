"""Every change to points: ``decide(wallet, command, programme, now) -> Decision``.

The idea: a decision first **settles** the wallet, booking what time alone has done to it by ``now`` (ends of holds,
activations and expiries, in the fixed order of E22), then does what was asked, then settles again, since a late sale
may bring points that are already over. So the entries tell the whole story in order, and nothing depends on how
promptly the clock books. All of a decision is committed as one conditional write on the wallet's version; a decision
that was overtaken is made again from a fresh read.

What a command does is written as what it books, on `huitou.points.ledger.Ledger`: the everyday commands here,
those of holds, refunds and journeys in modules of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from huitou.kernel.errors import MemberMovedError
from huitou.kernel.values import changed
from huitou.points.handing_over import hand_over, take_over
from huitou.points.holding import capture, place_hold, release
from huitou.points.ledger import CLOCK, Decision, InsufficientPointsError, Ledger, OutstandingDebtError
from huitou.points.moves import (
    Adjust,
    BringIn,
    Capture,
    Command,
    ConvertIn,
    ConvertOut,
    Earn,
    Expire,
    Give,
    GiveBack,
    HandOver,
    KeepAlive,
    PlaceHold,
    Receive,
    Redeem,
    Reinstate,
    Release,
    Reverse,
    Send,
    Settle,
    TakeBack,
    TakeOver,
)
from huitou.points.refunding import give_back, reinstate, reverse, take_back
from huitou.points.travelling import convert_in, convert_out, receive, send
from huitou.points.wallet import EntryType, Wallet
from huitou.program.model import GROUP, BrandId, CurrencyId, Program, Sliding

__all__ = [
    "CLOCK",
    "MOST_SETTLED",
    "Adjust",
    "BringIn",
    "Capture",
    "Command",
    "ConvertIn",
    "ConvertOut",
    "Decision",
    "Earn",
    "Expire",
    "Give",
    "GiveBack",
    "HandOver",
    "InsufficientPointsError",
    "KeepAlive",
    "OutstandingDebtError",
    "PlaceHold",
    "Receive",
    "Redeem",
    "Reinstate",
    "Release",
    "Reverse",
    "Send",
    "Settle",
    "TakeBack",
    "TakeOver",
    "carry_out",
    "decide",
    "decide_all",
    "follows",
    "join",
    "keep_alive",
    "touch",
]

_EARN = EntryType.EARN
"""As in the ledger: asked for with every sale."""
MOST_SETTLED = 20
"""How many instants one settlement alone books: a commit has at most 100 writes. See `points.backlog`."""


def decide(wallet: Wallet, command: Command, program: Program, now: datetime) -> Decision:
    """What ``command`` comes to at ``now``; the same wallet and no entries where nothing changes.

    Raises `InsufficientPointsError` where more is to be taken than can be spent, and what the command's own
    module says.
    """
    return decide_all(wallet, (command,), program, now)


def decide_all(wallet: Wallet, commands: Sequence[Command], program: Program, now: datetime) -> Decision:
    """What ``commands`` come to at ``now``, one after the other, as one decision.

    Raises as `decide`, and `MemberMovedError`: nothing is booked any more for who was merged into another (E15).
    """
    if wallet.moved_to and not all(isinstance(each, Settle | TakeOver) for each in commands):
        raise MemberMovedError(wallet.member, wallet.moved_to)
    ledger = Ledger(wallet, program, now)
    for command in commands:
        carry_out(command, ledger)
    return ledger.decision()


def carry_out(command: Command, ledger: Ledger) -> None:
    """Books what ``command`` comes to. Raises as `decide`; the ledger is of no use then."""
    if isinstance(command, Settle):
        ledger.settle(MOST_SETTLED)
    else:
        ledger.settle()
        _HOW[type(command)](ledger, command)
        ledger.settle()


def keep_alive(
    wallets: Iterable[Wallet], activity: KeepAlive, program: Program, now: datetime
) -> dict[CurrencyId, Decision]:
    """E5: what an activity comes to, by currency, for those of ``wallets`` whose points slide with it.

    Points of one brand follow what happens at that brand, points of the group what happens anywhere.
    """
    return {
        wallet.currency: decide(wallet, activity, program, now)
        for wallet in wallets
        if _slides(wallet, program) and follows(wallet.currency, activity.brand, program)
    }


def follows(currency: CurrencyId, brand: BrandId, program: Program) -> bool:
    """Whether points of ``currency`` follow what happens at ``brand``, where they slide.

    A late sale's programme may not know the points yet: none of them were there then.
    """
    known = program.currencies.get(currency)
    return known is not None and known.brand in {None, brand}


def join(home: Wallet, brand: BrandId, at: datetime) -> Wallet:
    """The wallet with ``brand`` among those the member joined (E31); the same wallet where it was already."""
    if brand == GROUP or brand in home.brands:
        return home
    return changed(home, brands={**home.brands, brand: at})


def touch(wallet: Wallet, at: datetime) -> Wallet:
    """The wallet one version on, for a fact that moves no points."""
    return replace(wallet, version=wallet.version + 1, recorded_at=max(wallet.recorded_at, at))


def _earn(ledger: Ledger, command: Earn) -> None:
    earning, at = command.earning, command.occurred_at
    changes = [ledger.new_lot(earning.points, command.brand, at)] if earning.points else []
    if command.origin:
        changes = [change._replace(lot=replace(change.lot, origin=command.origin)) for change in changes]
    ledger.count(earning.used, at)
    ledger.book(_EARN, changes, command.cause, command.brand, effective_at=at, outcomes=earning.outcomes)
    ledger.repay(changes, command.cause, command.brand)


def _keep_alive(ledger: Ledger, command: KeepAlive) -> None:
    """Books the visit where lots follow it, those that are there and those that a late sale may still bring."""
    if ledger.slides:
        ledger.book(EntryType.VISIT, (), command.cause, command.brand, effective_at=command.occurred_at)


def _redeem(ledger: Ledger, command: Redeem) -> None:
    ledger.book(EntryType.REDEEM, ledger.spend(command.points, command.identity_of), command.cause, command.brand)


def _adjust(ledger: Ledger, command: Adjust) -> None:
    points, brand = command.points, command.brand
    changes = [ledger.new_lot(points, brand, ledger.now)] if points > 0 else ledger.take(-points)
    ledger.book(EntryType.ADJUST, changes, command.cause, brand, reason=command.reason, actor=command.actor)
    if points > 0:
        ledger.repay(changes, command.cause, brand)


def _give(ledger: Ledger, command: Give) -> None:
    change = ledger.new_lot(command.points, command.brand, ledger.now)
    change = change._replace(lot=replace(change.lot, origin=command.origin))
    ledger.book(EntryType.ADJUST, [change], command.cause, command.brand, reason=command.reason)
    ledger.repay([change], command.cause, command.brand)


def _bring_in(ledger: Ledger, command: BringIn) -> None:
    pending = command.active_at > command.earned_at
    change = ledger.add(command.points, command.brand, command.active_at, command.expires_at, pending=pending)
    ledger.book(
        EntryType.ADJUST,
        [change],
        command.cause,
        command.brand,
        effective_at=command.earned_at,
        actor=command.actor,
    )
    ledger.repay([change], command.cause, command.brand)


def _expire(ledger: Ledger, command: Expire) -> None:
    if command.points is not None:
        changes = ledger.take(command.points)
    else:
        lots = command.lots
        changes = [lot.change(-lot.remaining) for lot in ledger.lots.values() if lots is None or lot.number in lots]
    ledger.book(EntryType.EXPIRE, changes, command.cause, command.brand, reason=command.reason, actor=command.actor)


_HOW: Mapping[type[Command], Callable[[Ledger, Any], None]] = {
    Earn: _earn,
    KeepAlive: _keep_alive,
    Redeem: _redeem,
    PlaceHold: place_hold,
    Capture: capture,
    Release: release,
    Reverse: reverse,
    GiveBack: give_back,
    TakeBack: take_back,
    Adjust: _adjust,
    Expire: _expire,
    Reinstate: reinstate,
    Send: send,
    Receive: receive,
    ConvertOut: convert_out,
    ConvertIn: convert_in,
    HandOver: hand_over,
    TakeOver: take_over,
    BringIn: _bring_in,
    Give: _give,
}


def _slides(wallet: Wallet, program: Program) -> bool:
    currency = program.currencies.get(wallet.currency)
    is_sliding = currency is not None and isinstance(currency.expiry, Sliding)
    return is_sliding or any(lot.sliding_days for lot in wallet.lots)

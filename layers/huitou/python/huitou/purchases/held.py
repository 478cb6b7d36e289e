"""The hold that a purchase captures (E17)."""

from __future__ import annotations

from datetime import datetime

from huitou.kernel.ids import MemberId
from huitou.points.commands import PointsCommand
from huitou.points.holds import HOLD, HoldNotFoundError, hold_status, require_held
from huitou.points.membership import as_named
from huitou.points.ports import CommandStore, WalletStore
from huitou.program.model import CurrencyId
from huitou.purchases.model import Purchase


def hold_for(
    purchase: Purchase,
    member: MemberId,
    commands: CommandStore,
    wallets: WalletStore,
    now: datetime,
    *,
    home: CurrencyId,
) -> PointsCommand | None:
    """The hold that ``purchase`` names, of the same brand, member and points; None where it names none.

    The member may have placed it before they were merged into ``member`` (E15). ``home`` is the home currency.

    Raises `HoldNotFoundError`, `HoldEndedError`.
    """
    paid = purchase.paid
    if paid is None or paid.hold is None:
        return None
    hold = commands.find(paid.hold)
    named = (HOLD, purchase.brand, paid.currency)
    if hold is None or (hold.type, hold.brand, hold.currency) != named:
        raise HoldNotFoundError("No such hold.")
    if as_named(wallets, hold.member, member, home) != hold.member:
        raise HoldNotFoundError("No such hold.")
    require_held(hold_status(hold, wallets, now))
    return hold

"""The hold that a purchase captures (E17)."""

from __future__ import annotations

from datetime import datetime

from huitou.kernel.ids import MemberId
from huitou.points.commands import PointsCommand
from huitou.points.holds import HOLD, HoldNotFoundError, hold_status, require_held
from huitou.points.ports import CommandStore, WalletStore
from huitou.purchases.model import Purchase


def hold_for(
    purchase: Purchase, member: MemberId, commands: CommandStore, wallets: WalletStore, now: datetime
) -> PointsCommand | None:
    """The hold that ``purchase`` names, of the same brand, member and points; None where it names none.

    Raises `HoldNotFoundError`, `HoldEndedError`.
    """
    paid = purchase.paid
    if paid is None or paid.hold is None:
        return None
    hold = commands.find(paid.hold)
    named = (HOLD, purchase.brand, member, paid.currency)
    if hold is None or (hold.type, hold.brand, hold.member, hold.currency) != named:
        raise HoldNotFoundError("No such hold.")
    require_held(hold_status(hold, wallets, now))
    return hold

"""What a person bought and kept: without what came back whole, or turned out to be another's (E2, M40)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from huitou.kernel.ids import MemberId
from huitou.kernel.pages import Page, all_items
from huitou.points.wallet import Wallet
from huitou.purchases.model import Purchase
from huitou.purchases.ports import MemberStates

PAGE = 500
"""Purchases of one member that are read at once."""


class Purchases(Protocol):
    """`purchases.ports.PurchaseStore`, as far as the past is asked for."""

    def of_member(self, member: MemberId, *, after: str | None, limit: int) -> Page[Purchase]: ...


def person_of(member: MemberId, states: MemberStates) -> list[MemberId]:
    """E15: the member and those absorbed; nobody, for who goes on as another or is no member."""
    home = _home(member, states)
    return [member, *home.absorbed] if home and not home.moved_to else []


def whole_person_of(member: MemberId, states: MemberStates) -> list[MemberId]:
    """As `person_of`, also for who goes on as another."""
    home = _home(member, states)
    if home is None:
        return []
    return whole_person_of(home.moved_to, states) if home.moved_to else [member, *home.absorbed]


def _home(member: MemberId, states: MemberStates) -> Wallet | None:
    return next((wallet for wallet in states.load(member).wallets.values() if wallet.home), None)


def kept_by(members: Iterable[MemberId], purchases: Purchases) -> Iterator[Purchase]:
    """What they bought and did not bring back whole, each member's newest first."""
    for member in members:
        pages = all_items(lambda after, who=member: purchases.of_member(who, after=after, limit=PAGE))  # type: ignore[misc]
        yield from (sale for sale in pages if not (sale.moved or sale.is_refunded))

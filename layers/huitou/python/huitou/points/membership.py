"""Who may act on a member's points (E31): brands that the member joined are written in the home wallet."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from huitou.kernel.errors import GoneError, MemberMovedError, NotFoundError
from huitou.kernel.ids import MemberId
from huitou.points.decisions import join
from huitou.points.ports import WalletStore
from huitou.points.wallet import CAMPAIGN, Entry, Wallet
from huitou.program.model import GROUP, BrandId, CurrencyId, Program


class MemberNotFoundError(NotFoundError):
    """No such member, or none that this brand may know of: the same answer for both."""

    code = "member_not_found"
    title = "Member not found"

    def __init__(self, detail: str = "No such member.") -> None:
        super().__init__(detail)


class MemberErasedError(GoneError):
    """E25: what was known of the member has been destroyed, and nothing more is recorded of them."""

    code = "member_erased"
    title = "The member was erased"


MEMBER_ERRORS = (MemberNotFoundError, MemberErasedError)
"""What a call that is about a member may be refused with, before anything else."""


class EntryNotFoundError(NotFoundError):
    """No such entry, or none that this brand may know of: the same answer for both."""

    code = "entry_not_found"
    title = "Entry not found"

    def __init__(self, detail: str = "No such entry.") -> None:
        super().__init__(detail)


def require_seen(home: Wallet | None, brand: BrandId) -> Wallet:
    """The member's home wallet, if ``brand`` may see it.

    Raises `MemberNotFoundError`, `MemberErasedError`, `MemberMovedError`.
    """
    if home is not None and home.moved_to:
        raise MemberMovedError(home.member, home.moved_to)
    if home is None or (brand != GROUP and not home.has_joined(brand)):
        raise MemberNotFoundError
    if home.erased_at:
        raise MemberErasedError("What was known of this member has been destroyed.")
    return home


def seen_home(wallets: WalletStore, member: MemberId, currency: CurrencyId, brand: BrandId) -> Wallet:
    """As `require_seen`, of whoever goes on with what is the member's (E15)."""
    return require_seen(_survivors_home(wallets, member, currency), brand)


def as_named(
    wallets: WalletStore, known: MemberId | None, given: MemberId | None, currency: CurrencyId
) -> MemberId | None:
    """E14: ``given`` under the name ``known``, where one is an alias of the other; who repeats may name either.

    Raises `MemberErasedError` where ``known`` was erased (E25).
    """
    if known is None or given is None or known == given:
        return given
    home = _survivors_home(wallets, known, currency)
    if home is None:
        return given
    if home.erased_at:
        raise MemberErasedError("What was known of this member has been destroyed.")
    named = _survivors_home(wallets, given, currency)
    return known if named is not None and named.member == home.member else given


def _survivors_home(wallets: WalletStore, member: MemberId, currency: CurrencyId) -> Wallet | None:
    """The home wallet of whoever goes on with what is the member's (E15)."""
    home = wallets.load(member, currency)
    while home is not None and home.moved_to:
        home = wallets.load(home.moved_to, currency)
    return home


def joined_by_use(home: Wallet | None, brand: BrandId, presented: bool, program: Program, now: datetime) -> Wallet:
    """The home wallet after a use at ``brand``: presenting an identity joins, where the programme says so.

    Raises `MemberNotFoundError` where the member has not joined and is not joined by this.
    """
    if home is not None and presented and program.joins_on_use and not (home.moved_to or home.erased_at):
        return join(home, brand, now)
    return require_seen(home, brand)


def entry_seen_by(entry: Entry, brand: BrandId) -> Entry:
    """E31: of what happened at another brand, a brand sees the points, not what was bought, said, or by whom."""
    if brand in {GROUP, entry.brand} or entry.brand == GROUP:
        return entry
    cause = entry.cause._replace(id="") if entry.cause.type == CAMPAIGN else entry.cause
    return replace(entry, explanation=(), reason=None, actor=None, cause=cause)

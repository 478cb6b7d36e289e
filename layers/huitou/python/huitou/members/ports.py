"""What the use cases of members need from outside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import Page
from huitou.members.identity import IdentityKey
from huitou.members.model import Consent, ConsentChange, ConsentKey, Holder, Member
from huitou.program.model import BrandId


class MemberStore(Protocol):
    """Keeps records, the identities that lead to them, and the consent history. Reads are consistent."""

    def load(self, member: MemberId) -> Member | None:
        """The record; None: no such member."""
        ...

    def owners(self, identities: Sequence[IdentityKey]) -> list[MemberId | None]:
        """Whose the identities are, in their order; one read however many."""
        ...

    def holders(self, identities: Sequence[IdentityKey]) -> list[Holder | None]:
        """As `owners`, with who brought them."""
        ...

    def rebind(self, identity: IdentityKey, before: Holder, after: Holder) -> Write:
        """E15: gives an identity to another member; refused with `StaleReadError` if it is not ``before``'s."""
        ...

    def save(self, member: Member) -> Write:
        """Writes the record over the version before; version 1 where there is none. Else `StaleReadError`."""
        ...

    def unchanged(self, member: Member) -> Write:
        """Writes nothing; refused with `StaleReadError` where ``member`` is not the latest version."""
        ...

    def bind(self, identity: IdentityKey, member: MemberId) -> Write:
        """Makes a free identity the member's; refused with `StaleReadError` if it is anybody's."""
        ...

    def release(self, identity: IdentityKey, member: MemberId) -> Write:
        """Makes the member's identity free; refused with `StaleReadError` if it is not theirs."""
        ...

    def consent_at(self, member: MemberId, key: ConsentKey, at: datetime) -> Consent | None:
        """What the history holds for this key and instant."""
        ...

    def add_consent(self, member: MemberId, change: ConsentChange) -> Write:
        """Adds a line to the history; refused with `StaleReadError` if key and instant are taken."""
        ...

    def consent_history(
        self, member: MemberId, brands: Collection[BrandId] | None, *, limit: int, after: str | None = None
    ) -> Page[ConsentChange]:
        """A page of the lines about ``brands`` (None: all), by channel, brand, purpose and instant.

        A cursor names the last line shown, so it tells nothing of lines that were left out; any text will do as
        ``after`` without an error.
        """
        ...


class Profiles(Protocol):
    """Where records of members are read."""

    def load(self, member: MemberId) -> Member | None: ...


class MemberIndex(Protocol):
    """Everybody, in shards, without reading through the table. Who has just enrolled shows with a short delay."""

    @property
    def shards(self) -> int:
        """How many parts the index has; each member is in one."""
        ...

    def members(self, shard: int, *, after: str | None = None, limit: int) -> Page[MemberId]:
        """A page of one shard, by id, merged members too. Raises `UnavailableError`."""
        ...

"""Members, their identities and the consent history in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import Page, require_cursor_within
from huitou.members.identity import IdentityKey
from huitou.members.model import Consent, ConsentChange, ConsentKey, Holder, Member
from huitou.platform import keys
from huitou.points.wallet import Wallet
from huitou.program.model import BrandId
from huitou.simulator.memory import MemoryTable, absent


class MemoryMembers:
    """`MemberStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, member: MemberId) -> Member | None:
        return self._table.get(Member, *keys.profile(member))

    def owners(self, identities: Sequence[IdentityKey]) -> list[MemberId | None]:
        return [holder.member if holder else None for holder in self.holders(identities)]

    def holders(self, identities: Sequence[IdentityKey]) -> list[Holder | None]:
        return [self._table.get(Holder, *keys.identity(*identity)) for identity in identities]

    def rebind(self, identity: IdentityKey, before: Holder, after: Holder) -> Write:
        stale = StaleReadError("The identity became somebody else's meanwhile.")
        return self._table.put(
            *keys.identity(*identity), after, refused=stale, when=lambda holder: _is_of(holder, before.member)
        )

    def save(self, member: Member) -> Write:
        def is_the_one_before(stored: Member | None) -> bool:
            return (stored.version if stored else 0) == member.version - 1

        stale = StaleReadError("The member's record changed meanwhile.")
        return self._table.put(*keys.profile(member.id), member, refused=stale, when=is_the_one_before)

    def unchanged(self, member: Member) -> Write:
        stale = StaleReadError("The member's record changed meanwhile.")
        return self._table.check(*keys.profile(member.id), refused=stale, when=lambda stored: stored == member)

    def bind(self, identity: IdentityKey, member: MemberId) -> Write:
        stale = StaleReadError("The identity became somebody's meanwhile.")
        return self._table.put(*keys.identity(*identity), Holder(member), refused=stale, when=absent)

    def release(self, identity: IdentityKey, member: MemberId) -> Write:
        stale = StaleReadError("The identity became somebody else's meanwhile.")
        return self._table.delete(*keys.identity(*identity), refused=stale, when=lambda holder: _is_of(holder, member))

    def consent_at(self, member: MemberId, key: ConsentKey, at: datetime) -> Consent | None:
        change = self._table.get(ConsentChange, *keys.consent(member, *key, at))
        return change.consent if change else None

    def add_consent(self, member: MemberId, change: ConsentChange) -> Write:
        stale = StaleReadError("A consent of this instant was recorded meanwhile.")
        key = keys.consent(member, *change.key, change.consent.occurred_at)
        return self._table.put(*key, change, refused=stale, when=absent)

    def consent_history(
        self, member: MemberId, brands: Collection[BrandId] | None, *, limit: int, after: str | None = None
    ) -> Page[ConsentChange]:
        start = None if after is None else keys.CONSENT_PREFIX + after
        lines = self._table.query(ConsentChange, keys.member(member), prefix=keys.CONSENT_PREFIX, after=start).items
        found = [line for line in lines if brands is None or line.key.brand in brands]
        shown = tuple(found[:limit])
        return Page(shown, _cursor(member, shown[-1]) if len(found) > limit else None)


def _is_of(holder: Holder | None, member: MemberId) -> bool:
    return holder is not None and holder.member == member


def _cursor(member: MemberId, line: ConsentChange) -> str:
    _, sk = keys.consent(member, *line.key, line.consent.occurred_at)
    return sk.removeprefix(keys.CONSENT_PREFIX)


class MemoryMemberIndex:
    """`MemberIndex` over the wallets in memory."""

    shards = keys.MEMBER_SHARDS

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def members(self, shard: int, *, after: str | None = None, limit: int) -> Page[MemberId]:
        if after is not None:
            require_cursor_within(after, "", None)
        pk = keys.members_of_shard(shard)
        members = sorted(
            wallet.member
            for wallet in self._table.all(Wallet)
            if wallet.home and keys.member_shard(wallet.member) == pk and (after is None or wallet.member > after)
        )
        shown = tuple(members[:limit])
        return Page(shown, shown[-1] if len(members) > len(shown) else None)

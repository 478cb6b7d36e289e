"""Merges for tests: two members with points, over stores in memory or any others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from huitou.kernel.ids import MemberId
from huitou.kernel.pages import all_items
from huitou.members.consents import Consents
from huitou.members.directory import FoundMember, MemberDirectory
from huitou.members.identity import Identity
from huitou.members.model import Member, Profile
from huitou.members.ports import MemberStore
from huitou.members.service import Enrolment, Members
from huitou.members.store import TableMembers
from huitou.merging.model import Merge
from huitou.merging.ports import MergeStore
from huitou.merging.service import Merged, Merges, merge_id
from huitou.merging.store import TableMerges
from huitou.points.decisions import Command, Decision, Receive, decide_all
from huitou.points.wallet import Cause, LotChange, Wallet, open_wallet
from huitou.program.model import CurrencyId
from huitou.purchases.standing import known_of
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_members import MemoryMembers
from huitou.simulator.memory_merging import MemoryMerges
from huitou.standing.keeping import history, stand
from huitou.standing.model import Standing
from huitou.standing.timeline import ProgramTimeline
from tests.builders import TAIPEI, lot
from tests.members import HASHER, said
from tests.purchases import Shop
from tests.soundness import discrepancies

TIERS: dict[str, Any] = {
    "measure": "spend",
    "window": {"type": "rolling", "days": 365},
    "levels": [
        {"id": "basic", "name": "Basic", "threshold": "0"},
        {"id": "silver", "name": "Silver", "threshold": "3000"},
        {"id": "gold", "name": "Gold", "threshold": "9000"},
    ],
}
GIVER = MemberId("01JMEMBERMEM0000000000GVR0")


class TwoRecords:
    """A shop, its members, and the use cases of merges."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.members, self.merges = _stores(shop.table)
        self.directory = MemberDirectory(self.members, HASHER)
        self.enrolment = Members(
            members=self.members,
            wallets=shop.wallets,
            standings=shop.standings,
            programs=shop.programs,
            hasher=HASHER,
            commit=shop.table.commit,
            pause=lambda _: None,
        )
        self.consents = Consents(
            members=self.members,
            wallets=shop.wallets,
            standings=shop.standings,
            programs=shop.programs,
            commit=shop.table.commit,
            pause=lambda _: None,
        )
        self.use = Merges(
            merges=self.merges,
            members=self.members,
            wallets=shop.wallets,
            states=shop.states,
            standings=shop.standings,
            programs=shop.programs,
            hasher=HASHER,
            commit=shop.table.commit,
            pause=lambda _: None,
        )

    def enrol(self, *identities: Identity, brand: str, now: datetime, profile: Profile | None = None) -> MemberId:
        order = Enrolment(tuple(map(said, identities)), profile or Profile(), brand)
        return self.enrolment.enrol(order, brand, now).view.member.id

    def by(self, identity: Identity) -> FoundMember:
        """Who is found by an identity that they show."""
        return self.directory.require(identity, by_group=False)

    def merge(self, survivor: MemberId, absorbed: MemberId, now: datetime, key: str = "M-1") -> Merged:
        order = Merge(merge_id(key), survivor, absorbed, "one person with two cards", "staff-7", None, now)
        return self.use.merge(order)

    def carry_out(self, member: MemberId, currency: CurrencyId, commands: Sequence[Command], now: datetime) -> Decision:
        """In one wallet, whatever the commands are due to."""
        wallet = self.shop.wallets.load(member, currency) or open_wallet(member, currency, now)
        decision = decide_all(wallet, commands, self.shop.programs.active(), wallet.not_before(now))
        self.shop.table.commit(self.shop.wallets.save(wallet, decision))
        return decision

    def give_lots(self, member: MemberId, currency: CurrencyId, lots: int, now: datetime) -> None:
        """Of both brands in turn, ten of them ending each day. They come as one gift, to need but one entry."""
        gift = [
            lot(number, 0, expires_at=now + timedelta(days=1 + number // 10), issuer=("maru", "sora")[number % 2])
            for number in range(1, lots + 1)
        ]
        parts = tuple(LotChange(-10 - each.number % 7, each) for each in gift)
        self.carry_out(member, currency, [Receive(parts, GIVER, "maru", Cause("transfer", "T-1"))], now)

    def record(self, member: MemberId) -> Member:
        found = self.members.load(member)
        assert found is not None
        return found

    def wallets(self, member: MemberId) -> dict[CurrencyId, Wallet]:
        return dict(self.shop.wallets.load_all(member))

    def standing(self, member: MemberId, now: datetime) -> Standing:
        wallets, record, _ = self.shop.states.load(member)
        return stand(known_of(wallets["points"], record), ProgramTimeline(self.shop.programs), now)

    def spend(self, member: MemberId) -> int:
        """All that counts for the tier, whenever it was."""
        wallets, record, _ = self.shop.states.load(member)
        return sum(fact.spend for fact in history(known_of(wallets["points"], record)).facts)

    def tier(self, member: MemberId, now: datetime) -> str | None:
        return self.standing(member, now).tier_at(now)

    def contradictions(self, member: MemberId) -> list[str]:
        """E13, over all wallets of a member."""
        return [
            each
            for currency, wallet in self.wallets(member).items()
            for each in discrepancies(wallet, self.entries(member, currency), lambda _: TAIPEI)
        ]

    def entries(self, member: MemberId, currency: CurrencyId) -> list[Any]:
        return list(all_items(lambda after: self.shop.wallets.entries(member, currency, after=after)))


def _stores(table: Any) -> tuple[MemberStore, MergeStore]:
    if isinstance(table, MemoryTable):
        return MemoryMembers(table), MemoryMerges(table)
    return TableMembers(table), TableMerges(table)

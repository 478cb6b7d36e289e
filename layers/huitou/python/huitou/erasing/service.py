"""Forgetting a person (M4, E25): personal data goes, the ledger stays, pseudonymous and balanced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from huitou.erasing.model import REASON, Erasure
from huitou.erasing.ports import ErasureStore, Traces
from huitou.kernel.commits import MOST_AT_ONCE, Commit, Write, until_committed
from huitou.kernel.errors import MemberMovedError
from huitou.kernel.ids import MemberId
from huitou.members.identity import IdentityHasher
from huitou.members.model import Member, Profile
from huitou.members.ports import MemberStore
from huitou.points.backlog import work_off
from huitou.points.decisions import Command, Decision, Expire, Release, decide_all, touch
from huitou.points.membership import MemberNotFoundError
from huitou.points.ports import WalletStore
from huitou.points.wallet import Cause, Wallet
from huitou.program.model import GROUP, Program
from huitou.program.ports import Programs
from huitou.standing.ports import StandingStore


@dataclass(frozen=True, slots=True)
class Erased:
    """``replayed``: it was done before."""

    erasure: Erasure
    replayed: bool


class Erasures:
    """The use cases, for the group's keys only. ``pause`` waits after the n-th time that a decision was overtaken."""

    def __init__(
        self,
        *,
        erasures: ErasureStore,
        traces: Traces,
        members: MemberStore,
        wallets: WalletStore,
        standings: StandingStore,
        programs: Programs,
        hasher: IdentityHasher,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._erasures = erasures
        self._traces = traces
        self._members = members
        self._wallets = wallets
        self._standings = standings
        self._programs = programs
        self._hasher = hasher
        self._commit = commit
        self._pause = pause

    def erase(self, order: Erasure) -> Erased:
        """Destroys what is personal, of the member and of those who were merged into them; remaining points expire.

        It is written down first, and can be repeated at any step. Raises `MemberNotFoundError`, `MemberMovedError`.
        """
        known = self._erasures.find(order.member)
        home = self._home(order.member)
        if home.moved_to:
            raise MemberMovedError(home.member, home.moved_to)
        self._erasures.add(order)
        self._forget(known or order)
        return Erased(known or order, replayed=known is not None)

    def replay(self) -> int:
        """Forgets again all that were ever erased, for a table that was restored; how many these were."""
        count = 0
        for erasure in self._erasures.all():
            try:
                self._home(erasure.member)
            except MemberNotFoundError:
                continue  # the restored table never knew them
            self._forget(erasure)
            count += 1
        return count

    def _home(self, member: MemberId) -> Wallet:
        home = self._wallets.load(member, self._programs.active().home_currency)
        if home is None:
            raise MemberNotFoundError
        return home

    def _forget(self, erasure: Erasure) -> None:
        absorbed = self._home(erasure.member).absorbed
        for member in (erasure.member, *absorbed):
            until_committed(lambda member=member: self._forget_one(member, erasure), self._pause)  # type: ignore[misc]
            for writes in self._traces.removals(member):
                self._commit(writes)

    def _forget_one(self, member_id: MemberId, erasure: Erasure) -> None:
        """First what leads to the person, then the person."""
        member = self._members.load(member_id)
        if member is None:
            raise MemberNotFoundError
        writes = self._released(member)
        while len(writes) > MOST_AT_ONCE:
            self._commit(writes[:MOST_AT_ONCE])
            writes = writes[MOST_AT_ONCE:]
        if writes:
            self._commit(writes)
        writes = []
        blank = _blank(member)
        if blank != member:
            writes.append(self._members.save(replace(blank, version=member.version + 1)))
            writes += self._standings.forget(self._standings.load(member_id))
        program, wallets = self._programs.active(), self._wallets.load_all(member_id)
        at = max(wallet.not_before(erasure.erased_at) for wallet in wallets.values())
        work_off(wallets.values(), self._wallets, self._commit, program, at)
        for wallet in wallets.values():
            writes += self._ended(wallet, erasure, program, at)
        if writes:
            self._commit(writes)

    def _released(self, member: Member) -> list[Write]:
        keys = [self._hasher.key(held.identity) for held in member.identities]
        owners = self._members.owners(keys) if keys else []
        bound = (key for key, owner in zip(keys, owners, strict=True) if owner == member.id)
        return [self._members.release(key, member.id) for key in bound]

    def _ended(self, wallet: Wallet, erasure: Erasure, program: Program, at: datetime) -> list[Write]:
        cause = Cause(REASON, erasure.member)
        commands: list[Command] = [Release(hold.id, cause) for hold in wallet.holds if hold.ends_at > at]
        if wallet.lots or wallet.holds:
            commands.append(Expire(GROUP, REASON, erasure.actor, cause))
        decision = decide_all(wallet, commands, program, at) if commands else Decision(wallet, ())
        is_home = wallet.currency == program.home_currency
        if not decision.entries and (not is_home or wallet.erased_at):
            return []
        after = decision.wallet if decision.entries else touch(wallet, at)
        if is_home:
            after = replace(after, erased_at=after.erased_at or erasure.erased_at, packed_until=None)
        return self._wallets.save(wallet, replace(decision, wallet=after))


def _blank(member: Member) -> Member:
    """The record without the person."""
    return replace(member, profile=Profile(), set_by={}, identities=(), tags={}, consents={})

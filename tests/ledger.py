"""The ledger for tests: the use cases of points over any stores, and short words for what tests do with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from huitou.kernel.commits import Commit, until_committed
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import all_items
from huitou.platform.table import Table
from huitou.points.booking import Booked
from huitou.points.command_store import TableCommands
from huitou.points.commands import PointsCommand, command_id
from huitou.points.decisions import Command, Decision, Earn, KeepAlive, Settle, decide
from huitou.points.earning import Earning
from huitou.points.ports import CommandStore, WalletStore
from huitou.points.service import Points, WalletView
from huitou.points.store import TableWallets
from huitou.points.wallet import Balance, Cause, Entry, Wallet, open_wallet
from huitou.program.model import GROUP, Program
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_points import MemoryCommands, MemoryWallets
from tests.builders import MEI, OPENED, document, program
from tests.builders import wallet as a_wallet
from tests.soundness import discrepancies

AnyTable = Table | MemoryTable


def points_program(
    expiry: Mapping[str, object] | None = None,
    pending_days: int = 0,
    zone: str = "Asia/Taipei",
    courtesy_days: int = 0,
) -> Program:
    """A programme whose home currency follows ``expiry`` (by default never), beside stamps and sora's own beans."""
    home = {"id": "points", "name": "Points", "expiry": expiry or {"type": "never"}, "pending_days": pending_days}
    beans = {"id": "beans", "name": "Beans", "brand": "sora", "expiry": {"type": "never"}}
    stamps = {"id": "stamps", "name": "Stamps", "expiry": {"type": "never"}}
    compiled = program(document(time_zone=zone, point_currencies=[home, stamps, beans]))
    return replace(compiled, courtesy_days=courtesy_days)


def order(key: str, points: int, *, type: str = "redemption", **changes: object) -> PointsCommand:
    """A redemption of ``points`` at maru, or an adjustment, as it is asked for."""
    fields: dict[str, object] = {
        "id": command_id("maru", key),
        "type": type,
        "member": MEI,
        "currency": "points",
        "points": points,
        "brand": "maru",
        "store": "m1",
        "reason": "goodwill" if type == "adjustment" else None,
        "actor": "staff-7" if type == "adjustment" else None,
        "client_reference": None,
        "booked_at": OPENED,
        "version": 0,
    }
    return PointsCommand(**{**fields, **changes})  # type: ignore[arg-type]  # the fields are those of a PointsCommand


class FixedPrograms:
    """The programme in force is always the same."""

    def __init__(self, only: Program) -> None:
        self._only = only

    def active(self) -> Program:
        return self._only

    def at(self, instant: datetime) -> Program:
        del instant
        return self._only

    def version(self, number: int) -> Program:
        del number
        return self._only

    def published_at(self, number: int) -> datetime:
        del number
        return OPENED


class Ledger:
    """A member's points over ``table``. ``commit`` stands in for the table's own, to let it fail."""

    def __init__(
        self,
        only: Program | None = None,
        table: AnyTable | None = None,
        commit: Commit | None = None,
        pause: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.program = only or points_program()
        self.wallets, self.commands, own_commit = _stores(MemoryTable() if table is None else table)
        self.commit = commit or own_commit
        self.pause = pause
        self.use = Points(self.wallets, self.commands, FixedPrograms(self.program), self.commit, pause)

    def open(self, now: datetime = OPENED, member: MemberId = MEI) -> None:
        """The wallet that enrolment creates."""
        self.commit([self.wallets.create(a_wallet(member=member, version=0, recorded_at=now))])

    def earn(
        self,
        points: int,
        at: datetime,
        *,
        now: datetime | None = None,
        brand: str = "maru",
        currency: str = "points",
        purchase: str | None = None,
    ) -> Decision:
        """What a purchase at ``at`` that became known at ``now`` does to the wallet."""
        command = Earn(Earning(points, ()), brand, at, Cause("purchase", purchase or at.isoformat()))
        return self.carry_out(command, now or at, currency)

    def carry_out(self, command: Command, now: datetime, currency: str = "points") -> Decision:
        """Any command, decided and saved."""

        def attempt() -> Decision:
            wallet = self.wallets.load(MEI, currency) or open_wallet(MEI, currency, now)
            decision = decide(wallet, command, self.program, wallet.not_before(now))
            self.commit(self.wallets.save(wallet, decision))
            return decision

        return until_committed(attempt, self.pause)

    def visit(self, at: datetime, *, now: datetime | None = None) -> Decision:
        """What a visit at ``at`` that became known at ``now`` does to the wallet."""
        wallet = self.wallet()
        decision = decide(wallet, KeepAlive("maru", at, Cause("event", at.isoformat())), self.program, now or at)
        if decision.entries:
            self.commit(self.wallets.save(wallet, decision))
        return decision

    def redeem(self, points: int, now: datetime, key: str | None = None, **changes: Any) -> Booked:
        return self.use.redeem(order(key or f"redeem {now} {points}", points, **changes), presented=True, now=now)

    def adjust(self, points: int, now: datetime, key: str | None = None) -> Booked:
        asked = order(key or f"adjust {now} {points}", points, type="adjustment")
        return self.use.adjust(asked, scope="maru", now=now)

    def reverse(self, redemption: Booked, now: datetime) -> Booked:
        return self.use.reverse(redemption.command.id, brand="maru", now=now)

    def wallet(self, currency: str = "points") -> Wallet:
        found = self.wallets.load(MEI, currency)
        assert found is not None
        return found

    def settled(self, now: datetime) -> Wallet:
        """The wallet with all booked that fell due by ``now``; nothing is written."""
        return decide(self.wallet(), Settle(), self.program, now).wallet

    def entries(self, currency: str = "points") -> list[Entry]:
        return list(all_items(lambda after: self.wallets.entries(MEI, currency, after=after)))

    def story(self) -> list[tuple[str, int]]:
        """Each entry's type and amount, in order."""
        return [(entry.type.value, entry.amount) for entry in self.entries()]

    def view(self, now: datetime, at: datetime | None = None, as_of: datetime | None = None) -> WalletView:
        return self.use.view(MEI, None, at=at, as_of=as_of, brand=GROUP, now=now)

    def balance(self, now: datetime, at: datetime | None = None, as_of: datetime | None = None) -> Balance:
        return self.view(now, at, as_of).balance

    def contradictions(self, currency: str = "points") -> Sequence[str]:
        """E13: what does not add up; nothing, if all is well."""
        return discrepancies(self.wallet(currency), self.entries(currency), lambda _: self.program.zone)


def _stores(table: AnyTable) -> tuple[WalletStore, CommandStore, Commit]:
    if isinstance(table, MemoryTable):
        return MemoryWallets(table), MemoryCommands(table), table.commit
    return TableWallets(table), TableCommands(table), table.commit

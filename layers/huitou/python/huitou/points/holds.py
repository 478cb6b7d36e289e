"""Points that wait for a till (E5, E17): held, then captured or released, or let go when their time is over.

A hold is a command; its item names the entry that captured or released it. Where none did and its time is over, the
clock let it go, whether or not that has been booked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from huitou.kernel.commits import StaleReadError, until_committed
from huitou.kernel.content import require_same
from huitou.kernel.errors import NotFoundError
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.instants import format_instant
from huitou.points.backlog import work_off
from huitou.points.booking import Bookings, decided
from huitou.points.commands import PointsCommand
from huitou.points.decisions import Capture, PlaceHold, Release
from huitou.points.holding import HoldEndedError
from huitou.points.membership import joined_by_use, require_seen
from huitou.points.paying import require_terms
from huitou.points.ports import WalletStore
from huitou.points.reaching import Way, for_survivor, survivor_of
from huitou.points.wallet import Cause, Entry, EntryType, Wallet
from huitou.program.model import GROUP, BrandId, Program

HOLD = "hold"
CAPTURE = "capture"
RELEASE = "release"

HoldState = Literal["held", "captured", "released", "ended"]
"""``ended``: by itself."""


class HoldNotFoundError(NotFoundError):
    """No such hold, or one of another brand."""

    code = "hold_not_found"
    title = "Hold not found"


@dataclass(frozen=True, slots=True)
class HoldStatus:
    """A hold as it stands at ``at``. ``placed`` is the entry that set the points aside.

    ``ended`` is the one that captured or released it; None while it waits, and where its time was over. ``returned`` is
    the one behind a capture of a part, by which the rest returned.
    ``replayed``: nothing was changed now; else ``entries`` were written.
    """

    order: PointsCommand
    placed: Entry
    ended: Entry | None
    at: datetime
    returned: Entry | None = None
    replayed: bool = True
    entries: tuple[Entry, ...] = ()

    @property
    def ends_at(self) -> datetime:
        return self.placed.ends_at or self.placed.recorded_at

    @property
    def state(self) -> HoldState:
        if self.ended is not None:
            return "captured" if self.ended.type is EntryType.CAPTURE else "released"
        return "held" if self.at < self.ends_at else "ended"

    @property
    def latest(self) -> Entry:
        """The entry after which it stands as it does."""
        return self.returned or self.ended or self.placed

    @property
    def captured(self) -> int:
        """How many points were spent."""
        return -self.ended.amount if self.ended and self.ended.type is EntryType.CAPTURE else 0

    @property
    def ended_at(self) -> datetime | None:
        """Since when nothing is held any more."""
        if self.ended is not None:
            return self.ended.recorded_at
        return self.ends_at if self.state == "ended" else None


class Holds(Bookings):
    """The use cases."""

    def place(
        self, order: PointsCommand, *, presented: bool, now: datetime, identity_of: MemberId | None = None
    ) -> HoldStatus:
        """Sets points aside. The same key again gives the hold as it stands.

        After a merge, lots that came with ``identity_of`` go first (E15).

        Raises `MemberNotFoundError`, `InvalidCommandError`, `InsufficientPointsError`, `OutstandingDebtError`,
        `TooManyHoldsError`, `ContentReusedError`.
        """
        lasts = order.lasts or self._programs.active().hold_limit
        command = PlaceHold(order.id, order.points, order.brand, now + lasts, Cause(HOLD, order.id), identity_of)

        def used(home: Wallet | None, program: Program) -> Wallet:
            require_terms(order, program)
            return joined_by_use(home, order.brand, presented, program, now)

        shown = replace(order, identity_of=identity_of)
        booked = self._once(shown, lambda: self._book(shown, command, used, now))
        if booked.replayed:
            return self._status(booked.command, now)
        return HoldStatus(booked.command, booked.entry, None, now, replayed=False, entries=booked.entries)

    def get(self, hold: Digest, brand: BrandId, now: datetime) -> HoldStatus:
        """A hold of this brand. Raises `HoldNotFoundError`."""
        return until_committed(lambda: self._find(hold, brand, now), self._pause)

    def capture(self, hold: Digest, points: int | None, *, brand: BrandId, now: datetime) -> HoldStatus:
        """Spends ``points`` of a hold (None: all); the rest returns. Once; the same again gives the first answer.

        Raises `HoldNotFoundError`, `HoldEndedError`, `CaptureExceedsHoldError`, `ContentReusedError`.
        """

        def attempt() -> HoldStatus:
            found = self._find(hold, brand, now)
            asked = found.order.points if points is None else points
            if found.ended is not None and found.ended.cause == Cause(CAPTURE, hold):
                require_same({"points": found.captured}, {"points": asked}, "capture")
                return found
            require_held(found)
            return self._end(found, Capture(hold, asked, Cause(CAPTURE, hold)), now)

        return until_committed(attempt, self._pause)

    def release(self, hold: Digest, *, brand: BrandId, now: datetime) -> HoldStatus:
        """Returns the points to their lots. Changes nothing where they have returned before.

        Raises `HoldNotFoundError`, and `HoldEndedError` where they were captured.
        """

        def attempt() -> HoldStatus:
            found = self._find(hold, brand, now)
            if found.state in {"released", "ended"}:
                return found
            require_held(found)
            return self._end(found, Release(hold, Cause(RELEASE, hold)), now)

        return until_committed(attempt, self._pause)

    def _end(self, found: HoldStatus, command: Capture | Release, now: datetime) -> HoldStatus:
        return for_survivor(lambda way: self._ended(found, command, way, now), found.order.member)

    def _ended(self, found: HoldStatus, command: Capture | Release, way: Way, now: datetime) -> HoldStatus:
        order, program = found.order, self._programs.active()
        survivor = survivor_of(way, order.member)
        wallets = self._wallets.load_all(way[-1])
        require_seen(wallets.get(program.home_currency), GROUP)
        at = max(wallet.not_before(now) for wallet in wallets.values())
        work_off(wallets.values(), self._wallets, self._commit, program, at)
        decisions = decided(wallets, order, command, program, at)
        kind = EntryType.CAPTURE if isinstance(command, Capture) else EntryType.RELEASE
        entry = decisions[order.currency].entry_for(command.cause, kind)
        self._commit([*self._saved(wallets, decisions), self._commands.mark_ended(order, entry.version, survivor)])
        entries = tuple(each for decision in decisions.values() for each in decision.entries)
        ended = replace(order, ended_version=entry.version, survivor=survivor)
        returned = (
            decisions[order.currency].entry_for(command.cause, EntryType.RELEASE) if _is_rest(entry, order) else None
        )
        return HoldStatus(ended, found.placed, entry, now, returned, replayed=False, entries=entries)

    def _find(self, hold: Digest, brand: BrandId, now: datetime) -> HoldStatus:
        found = self._commands.find(hold)
        if found is None or found.type != HOLD or brand not in {GROUP, found.brand}:
            raise HoldNotFoundError("No such hold.")
        return self._status(found, now)

    def _status(self, order: PointsCommand, now: datetime) -> HoldStatus:
        return hold_status(order, self._wallets, now)


def hold_status(order: PointsCommand, wallets: WalletStore, now: datetime) -> HoldStatus:
    """A hold as it stands. Raises `StaleReadError` where its entry cannot be read yet."""

    def entry(version: int, survivor: MemberId | None = None) -> Entry:
        found = wallets.entry(survivor or order.member, order.currency, version)
        if found is None:
            raise StaleReadError("The points are being booked just now.")
        return found

    placed = entry(order.version)
    if order.ended_version is None:
        return HoldStatus(order, placed, None, now)
    ended = entry(order.ended_version, order.survivor)
    returned = entry(ended.version + 1, order.survivor) if _is_rest(ended, order) else None
    return HoldStatus(order, placed, ended, now, returned)


def _is_rest(ended: Entry, order: PointsCommand) -> bool:
    """Whether the next entry of the wallet returns what ``ended`` did not capture."""
    return ended.type is EntryType.CAPTURE and -ended.amount < order.points


def require_held(hold: HoldStatus) -> None:
    """Raises `HoldEndedError`, which says when and how it ended."""
    if hold.ended_at is not None:
        raise HoldEndedError(
            f"The hold was {hold.state} at {format_instant(hold.ended_at)}."
            if hold.ended
            else f"The hold ended by itself at {format_instant(hold.ended_at)}.",
            extra={"state": hold.state, "ended_at": format_instant(hold.ended_at)},
        )

"""Points that change hands or currency (M6, M11, E11): gifts between members, and conversions.

What leaves one wallet arrives in the other in the same commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from huitou.kernel.commits import StaleReadError, once
from huitou.kernel.content import require_same
from huitou.kernel.errors import InvalidError, NotFoundError
from huitou.kernel.ids import Digest, MemberId
from huitou.points.backlog import work_off
from huitou.points.booking import Bookings, currency_at
from huitou.points.commands import PointsCommand
from huitou.points.decisions import ConvertIn, ConvertOut, Receive, Send, decide
from huitou.points.membership import require_seen
from huitou.points.wallet import Cause, Entry, Wallet, open_wallet
from huitou.program.model import GROUP, BrandId, CurrencyId, Program

JourneyType = Literal["transfer", "conversion"]


class TransferNotFoundError(NotFoundError):
    """No such transfer, or one of another brand."""

    code = "transfer_not_found"
    title = "Transfer not found"


class ConversionNotFoundError(NotFoundError):
    """No such conversion, or one of another brand."""

    code = "conversion_not_found"
    title = "Conversion not found"


class NotTransferableError(InvalidError):
    """M11: points that members cannot give to each other, or not to this one."""

    code = "not_transferable"
    title = "The points cannot be transferred"


class NotConvertibleError(InvalidError):
    """M6: the programme has no such conversion."""

    code = "not_convertible"
    title = "The points cannot be converted"


@dataclass(frozen=True, slots=True)
class Journey:
    """A transfer or conversion: the entries where the points left and where they arrived.

    ``entries`` are all that were written now; ``replayed`` where nothing was.
    """

    order: PointsCommand
    left: Entry
    arrived: Entry
    replayed: bool
    entries: tuple[Entry, ...] = ()


class Journeys(Bookings):
    """The use cases."""

    def transfer(self, order: PointsCommand, *, scope: BrandId, now: datetime) -> Journey:
        """Gives points to another member, on behalf of a key of ``scope``, which knows both (E31).

        Raises `MemberNotFoundError`, `NotTransferableError`, `InsufficientPointsError`, `OutstandingDebtError`,
        `ContentReusedError`.
        """
        recipient = order.recipient or order.member

        def attempt() -> Journey:
            program = self._programs.active()
            if recipient == order.member:
                raise NotTransferableError("Points go to another member.")
            if not currency_at(program, order.currency, order.brand).transferable:
                raise NotTransferableError("Members cannot give these points to each other.")
            (sender,) = self._wallets_of(order.member, (order.currency,), scope, program, now)
            (receiver,) = self._wallets_of(recipient, (order.currency,), scope, program, now)
            cause = Cause(order.type, order.id)
            send = Send(order.points, recipient, order.brand, cause)
            return self._travel(
                (order, sender, receiver),
                send,
                lambda sent: Receive(sent.changes, order.member, order.brand, cause),
                program,
                now,
            )

        return self._journey_once(order, attempt)

    def convert(self, order: PointsCommand, *, scope: BrandId, now: datetime) -> Journey:
        """Changes points into another currency; what does not convert evenly stays where it is (E11).

        Raises `MemberNotFoundError`, `NotConvertibleError`, `NothingToConvertError`, `InsufficientPointsError`,
        `OutstandingDebtError`, `ContentReusedError`.
        """
        target = order.target or order.currency

        def attempt() -> Journey:
            program = self._programs.active()
            currency_at(program, order.currency, order.brand)
            currency_at(program, target, order.brand)
            conversion = program.conversions.get((order.currency, target))
            if conversion is None:
                raise NotConvertibleError(f"{order.currency} do not convert to {target}.")
            source, other = self._wallets_of(order.member, (order.currency, target), scope, program, now)
            cause = Cause(order.type, order.id)
            out = ConvertOut(order.points, conversion, order.brand, cause)
            return self._travel(
                (order, source, other),
                out,
                lambda gone: ConvertIn(gone.changes, conversion, order.brand, cause),
                program,
                now,
            )

        return self._journey_once(order, attempt)

    def get(self, journey: Digest, type: JourneyType, brand: BrandId) -> Journey:
        """A transfer or conversion of this brand. Raises `TransferNotFoundError`, `ConversionNotFoundError`."""
        found = self._commands.find(journey)
        if found is None or found.type != type or brand not in {GROUP, found.brand}:
            raise (
                TransferNotFoundError("No such transfer.")
                if type == "transfer"
                else ConversionNotFoundError("No such conversion.")
            )
        return self._made(found)

    def _wallets_of(
        self, member: MemberId, currencies: Sequence[CurrencyId], scope: BrandId, program: Program, now: datetime
    ) -> Iterator[Wallet]:
        wallets = self._wallets.load_all(member)
        require_seen(wallets.get(program.home_currency), scope)
        return (wallets.get(currency) or open_wallet(member, currency, now) for currency in currencies)

    def _travel(
        self,
        way: tuple[PointsCommand, Wallet, Wallet],
        leave: Send | ConvertOut,
        arrive: Callable[[Entry], Receive | ConvertIn],
        program: Program,
        now: datetime,
    ) -> Journey:
        order, source, target = way
        at = max(source.not_before(now), target.not_before(now))
        work_off((source, target), self._wallets, self._commit, program, at)
        out = decide(source, leave, program, at)
        left = out.entry_for(leave.cause)
        into = decide(target, arrive(left), program, at)
        arrived = into.entry_for(leave.cause)
        made = replace(order, version=left.version, arrived_version=arrived.version)
        writes = [*self._wallets.save(source, out), *self._wallets.save(target, into), self._commands.add(made)]
        self._commit(writes)
        return Journey(made, left, arrived, replayed=False, entries=(*out.entries, *into.entries))

    def _journey_once(self, order: PointsCommand, attempt: Callable[[], Journey]) -> Journey:
        def recall() -> Journey | None:
            known = self._commands.find(order.id)
            if known is None:
                return None
            require_same(known.content(), self._as_named(known, order).content(), order.type)
            return self._made(known)

        return once(attempt, recall, self._pause)

    def _made(self, order: PointsCommand) -> Journey:
        left = self._wallets.entry(order.member, order.currency, order.version)
        member, currency = order.recipient or order.member, order.target or order.currency
        arrived = self._wallets.entry(member, currency, order.arrived_version or 0)
        if left is None or arrived is None:
            raise StaleReadError("The points are on their way just now.")
        return Journey(order, left, arrived, replayed=True)

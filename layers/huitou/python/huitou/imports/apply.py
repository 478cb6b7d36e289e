"""What a member's sales come to, folded in order into as few commits as they fit into.

The idea: each sale is decided at its own time by `huitou.purchases.decisions`, and before it, at their own instants,
the activations and expiries that fell due by then: exactly what the ledger would say had every sale been sent at
once and had the clock never been late (E20). Only the commits differ. A wallet is written once for many sales, and
since it stays in memory between commits, it is read once for all of them.

A wallet that knows of something later than a sale (a purchase of yesterday, over the API) does not go back: the
sale is then decided as of the wallet's latest entry, like any sale that comes late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from huitou.imports.model import LONGEST_REASON, NOTHING, Counts, Rejection, total
from huitou.kernel import commits
from huitou.kernel.content import require_same
from huitou.kernel.errors import DomainError
from huitou.kernel.ids import Digest, MemberId
from huitou.members.identity import Identity
from huitou.members.service import Enrolment
from huitou.points.decisions import Decision, Settle, decide
from huitou.points.granting import Drawing
from huitou.points.membership import MemberErasedError, MemberNotFoundError, joined_by_use
from huitou.points.packing import LOTS_PER_PAGE
from huitou.points.wallet import Entry, Wallet, open_wallet
from huitou.program.acceptance import CLOCK_SKEW, InFutureError
from huitou.program.model import CurrencyId, Program
from huitou.program.ports import Programs
from huitou.program.rules import SegmentId
from huitou.purchases.decisions import Sale
from huitou.purchases.drawing import decide_drawn_sale
from huitou.purchases.model import Purchase
from huitou.purchases.ports import MemberState, SegmentsInTurn
from huitou.purchases.standing import NONE, personal, taken_in
from huitou.standing.keeping import Timeline
from huitou.standing.model import Record

MOST_BYTES = 3 * 1024**2
"""Of rows in one commit; its own limit is 4 MiB, and what is stored is smaller than what came."""


class Arrival(NamedTuple):
    """A member row, understood. ``at`` is None where it does not say when they enrolled."""

    at: datetime | None
    identities: tuple[Identity, ...]
    enrolment: Callable[[datetime], Enrolment]
    """The enrolment as of an instant."""


class Bill(NamedTuple):
    """A purchase row, understood. ``buyer`` is None for a sale without a member (M40)."""

    purchase: Purchase
    buyer: Identity | MemberId | None


class SaleRow(NamedTuple):
    """A sale as it will be decided: its time accepted, its programme version chosen, its member not yet named."""

    line: int
    size: int
    purchase: Purchase
    presented: bool
    is_first: bool
    """Whether it is the first row of the file with this receipt."""


class Change(NamedTuple):
    """What becomes of one wallet in a commit; ``before`` is as stored, or of version 0 where there is none."""

    before: Wallet
    decision: Decision


@dataclass(frozen=True, slots=True)
class Batch:
    """The content of one commit, and what it means for the first ``taken`` rows."""

    taken: int
    changes: tuple[Change, ...]
    purchases: tuple[Purchase, ...]
    counts: Counts
    rejections: tuple[Rejection, ...]
    record: Record
    """What the standing is told from, after it."""
    is_last: bool
    """No row is left, and nothing is due any more."""


def imported_time(occurred_at: datetime, now: datetime) -> datetime:
    """E32: the time that counts; an import takes all that is not in the future. Raises `InFutureError`."""
    if occurred_at > now + CLOCK_SKEW:
        raise InFutureError("The time lies more than 5 minutes ahead of the import's start.")
    return min(occurred_at, now)


def rejected(line: int, error: DomainError) -> Rejection:
    """The row's refusal in the words of the error, with the first fields at fault."""
    fields = "; ".join(f"{each.pointer}: {each.message}" if each.pointer else each.message for each in error.errors[:3])
    reason = f"{error.detail} {fields}".strip()
    return Rejection(line, error.code, reason if len(reason) <= LONGEST_REASON else reason[:LONGEST_REASON] + "…")


def judge_known(row: SaleRow, known: Purchase, given: Purchase, program: Program, now: datetime) -> Counts | Rejection:
    """E14: a receipt that is known already: counted as such, or refused for other content.

    What an interrupted attempt of this very import has recorded (at ``now``) counts as recorded by it.
    """
    try:
        require_same(known.content(program.money_exponent), given.content(program.money_exponent), "purchase")
    except DomainError as error:
        return rejected(row.line, error)
    return Counts(recorded=1) if row.is_first and known.received_at == now else Counts(known=1)


def next_batch(
    rows: Sequence[SaleRow],
    state: MemberState,
    known: Mapping[Digest, Purchase],
    *,
    member: MemberId,
    programs: Programs,
    now: datetime,
    brought: bool,
    drawing: Drawing,
    timeline: Timeline,
    segments: SegmentsInTurn | None,
) -> Batch:
    """As much of ``rows``, from the first on, as one commit carries, and after the last what is due by ``now``.

    ``state`` is the member's as stored; ``known`` are purchases with the receipts of ``rows``, as far as anybody
    knows: the commit finds out about others. ``brought``: an earlier batch has recorded something. Where none did,
    nothing is booked at the end either: an import that brings nothing changes nothing. ``segments`` is None where no
    rule asks for any.
    """
    batch = _Gathering(state, known, member, programs, now=now, drawing=drawing, timeline=timeline, segments=segments)
    for row in rows:
        if not batch.take(row):
            return batch.finished(is_last=False)
    return batch.finished(is_last=not (brought or batch.has_recorded) or batch.settle(now))


class _Gathering:
    """A batch in the making."""

    def __init__(
        self,
        state: MemberState,
        known: Mapping[Digest, Purchase],
        member: MemberId,
        programs: Programs,
        *,
        now: datetime,
        drawing: Drawing,
        timeline: Timeline,
        segments: SegmentsInTurn | None,
    ) -> None:
        self._segments = segments
        self._drawing = drawing
        self._timeline = timeline
        self._stored = dict(state.wallets)
        self._wallets = dict(state.wallets)
        self._record = state.record
        self._known = dict(known)
        self._member = member
        self._programs = programs
        self._now = now
        self._entries: dict[CurrencyId, list[Entry]] = {}
        self._purchases: list[Purchase] = []
        self._bytes = 0
        self._taken = 0
        self._counts = NOTHING
        self._rejections: list[Rejection] = []

    @property
    def has_recorded(self) -> bool:
        return self._counts.recorded > 0

    def take(self, row: SaleRow) -> bool:
        """Whether the row found room; what is due before it may have been booked even if not."""
        known = self._known.get(row.purchase.receipt)
        if known is not None:
            given = replace(row.purchase, member=self._named(known.member))
            self._note(judge_known(row, known, given, self._programs.active(), self._now))
            return True
        at = max([row.purchase.occurred_at, *(wallet.recorded_at for wallet in self._wallets.values())])
        if not self.settle(at):
            return False
        try:
            sale = self._decided(row, at)
        except (MemberNotFoundError, MemberErasedError) as error:
            self._note(rejected(row.line, error))
            return True
        return self._sell(row, sale, at)

    def settle(self, until: datetime) -> bool:
        """Books what fell due, each at its instant; whether there was room for all of it."""
        while (due := self._next_due()) is not None and due[0] <= until:
            at, currency = due
            made = {currency: decide(self._wallets[currency], Settle(), self._programs.active(), at)}
            if not self._has_room(made):
                return False
            self._book(made, at)
        return True

    def finished(self, *, is_last: bool) -> Batch:
        changes = tuple(
            Change(self._stored[currency], Decision(self._wallets[currency], tuple(entries)))
            for currency, entries in self._entries.items()
        )
        return Batch(
            self._taken,
            changes,
            tuple(self._purchases),
            self._counts,
            tuple(self._rejections),
            self._record,
            is_last=is_last,
        )

    def _decided(self, row: SaleRow, at: datetime) -> Sale:
        program = self._programs.version(row.purchase.program_version)
        home = self._wallets.get(program.home_currency)
        joined = joined_by_use(home, row.purchase.brand, row.presented, program, at)
        wallets = {**self._wallets, program.home_currency: joined}
        at_sale = row.purchase.occurred_at
        segments = self._segments_seen(row.purchase, program)
        person = personal(joined, self._record, self._timeline, program, at_sale, segments=segments)
        return decide_drawn_sale(row.purchase, self._member, wallets, program, at, drawing=self._drawing, person=person)

    def _segments_seen(self, purchase: Purchase, program: Program) -> frozenset[SegmentId]:
        asked = program.segments_asked_at(purchase.brand)
        if self._segments is None or not asked:
            return NONE
        return self._segments.judged(MemberState(self._wallets, self._record), program, purchase.occurred_at, asked)

    def _sell(self, row: SaleRow, sale: Sale, at: datetime) -> bool:
        if not self._has_room(sale.decisions, sale.purchase) or (self._bytes and self._bytes + row.size > MOST_BYTES):
            return False
        self._book(sale.decisions, at)
        self._take_in(row.purchase.program_version)
        self._drawing.take(sale.purchase.grants)
        self._bytes += row.size
        self._purchases.append(sale.purchase)
        self._known[sale.purchase.receipt] = sale.purchase
        if self._segments is not None:
            self._segments.sold(sale.purchase)
        self._note(Counts(recorded=1))
        return True

    def _named(self, known: MemberId | None) -> MemberId:
        """The member as a purchase of before names them: it may be the name of a card that was merged (E15)."""
        home = self._wallets.get(self._programs.active().home_currency)
        return known if known and home and known in home.absorbed else self._member

    def _take_in(self, version: int) -> None:
        program = self._programs.version(version)
        home = self._wallets[program.home_currency]
        home, self._record = taken_in(home, self._record, self._timeline, program, self._now)
        self._wallets[program.home_currency] = home

    def _book(self, made: Mapping[CurrencyId, Decision], at: datetime) -> None:
        for currency, decision in made.items():
            self._stored.setdefault(currency, open_wallet(self._member, currency, at))
            self._wallets[currency] = decision.wallet
            self._entries.setdefault(currency, []).extend(decision.entries)

    def _note(self, verdict: Counts | Rejection) -> None:
        self._taken += 1
        if isinstance(verdict, Rejection):
            self._rejections.append(verdict)
            verdict = Counts(rejected=1)
        self._counts = total((self._counts, verdict))

    def _next_due(self) -> tuple[datetime, CurrencyId] | None:
        dues = ((wallet.due_at(), currency) for currency, wallet in self._wallets.items())
        return min(((at, currency) for at, currency in dues if at is not None), default=None)

    def _has_room(self, made: Mapping[CurrencyId, Decision], purchase: Purchase | None = None) -> bool:
        """Whether all still fits into one commit; a batch takes at least one decision, however large."""
        writes = 2 * len(self._purchases) + len(self._drawing.writes()) + 1  # and the standing
        writes += 2 + len(purchase.grants) if purchase else 0
        for currency in self._entries.keys() | made.keys():
            decision = made.get(currency)
            stored = self._stored.get(currency)
            entries = len(self._entries.get(currency, ())) + (len(decision.entries) if decision else 0)
            after = decision.wallet if decision else self._wallets[currency]
            writes += entries + 1 + _most_pages(stored, after)
        return writes <= commits.MOST_WRITES or not self._entries


def _most_pages(before: Wallet | None, after: Wallet) -> int:
    """How many pages of lots a store may have to write: those there are, and those that new lots fill."""
    new_lots = after.next_lot - (before.next_lot if before else 1)
    return (len(before.pages) if before else 0) + -(-new_lots // LOTS_PER_PAGE)

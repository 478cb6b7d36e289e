"""The second state of an import: applies the rows of one chunk, member by member.

Most imports bring only what is new, so a receipt is taken to be new until a commit proves otherwise. From the first
known one on, the worker looks receipts up before it decides: an import that is repeated is mostly reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from huitou.imports.apply import (
    Arrival,
    Batch,
    Bill,
    SaleRow,
    imported_time,
    judge_known,
    next_batch,
    rejected,
)
from huitou.imports.model import NOTHING, Counts, Rejection, Run, total
from huitou.imports.openings import ACTOR, BROUGHT, Opened, Opening, OpeningStore, OpeningTag, OpeningTier
from huitou.imports.partition import PlacedRow, groups_of
from huitou.imports.ports import SegmentsOfSales
from huitou.kernel.commits import Commit, StaleReadError, Write, once, until_committed
from huitou.kernel.content import require_same
from huitou.kernel.errors import ConflictError, DomainError, ForbiddenError, GoneError, InvalidError, NotFoundError
from huitou.kernel.ids import Digest, MemberId
from huitou.members.directory import FoundMember, MemberDirectory
from huitou.members.identity import Identity
from huitou.members.service import Members
from huitou.points.backlog import work_off
from huitou.points.decisions import decide
from huitou.points.granting import BudgetStore, Drawing
from huitou.points.membership import MemberNotFoundError, as_named, require_seen
from huitou.points.ports import WalletStore
from huitou.points.reaching import for_survivor
from huitou.points.wallet import open_wallet
from huitou.program.model import GROUP, Program
from huitou.program.ports import Programs
from huitou.purchases.decisions import rules_for
from huitou.purchases.model import Purchase
from huitou.purchases.ports import Awaited, MemberState, MemberStates, PurchaseStore, SegmentsInTurn
from huitou.purchases.returns import Returns
from huitou.purchases.standing import MemberFacts
from huitou.standing.model import Grant, Record
from huitou.standing.ports import StandingStore
from huitou.standing.service import Tiers
from huitou.standing.timeline import ProgramTimeline

ReadRow = Callable[[bytes, Run, Program], Arrival | Bill | Opening]

REFUSALS = (InvalidError, NotFoundError, ForbiddenError, ConflictError, GoneError)
"""What is the row's own fault. Anything else stops the chunk, which is then tried again as a whole."""


@dataclass(slots=True)
class Tally:
    """What became of the rows so far."""

    counts: Counts = NOTHING
    rejections: list[Rejection] = field(default_factory=list)

    def add(self, counts: Counts, rejections: Iterable[Rejection] = ()) -> None:
        self.counts = total((self.counts, counts))
        self.rejections += rejections

    def reject(self, line: int, error: DomainError) -> None:
        self.add(Counts(rejected=1), [rejected(line, error)])


Net = Callable[[Purchase, datetime], object]
"""Books the refunds that waited for a purchase (E19)."""


@dataclass(frozen=True, slots=True)
class Task:
    """For which import rows are applied, and under which programmes. ``rest_until``: see `Worker.apply`."""

    run: Run
    programs: Programs
    rest_until: datetime

    @property
    def now(self) -> datetime:
        return self.run.decided_at


@dataclass(slots=True)
class _Account:
    """What the worker knows of a member: the wallets and the record as stored, and purchases by receipt.

    ``member`` is who goes on, where the one who was named had been merged into another (E15).
    """

    member: MemberId
    state: MemberState
    known: dict[Digest, Purchase]
    segments: SegmentsInTurn | None
    """None where no rule names any."""


class Worker:
    """The use case; one per invocation. ``members`` enrols under the import's programme."""

    def __init__(
        self,
        *,
        members: Members,
        directory: MemberDirectory,
        wallets: WalletStore,
        purchases: PurchaseStore,
        budgets: BudgetStore,
        states: MemberStates,
        standings: StandingStore,
        openings: OpeningStore,
        segments: SegmentsOfSales,
        commit: Commit,
        pause: Callable[[int], None],
        read_row: ReadRow,
        net: Net,
    ) -> None:
        self._members = members
        self._directory = directory
        self._wallets = wallets
        self._purchases = purchases
        self._budgets = budgets
        self._states = states
        self._standings = standings
        self._openings = openings
        self._segments = segments
        self._commit = commit
        self._pause = pause
        self._read_row = read_row
        self._net = net
        self._waited_for: list[Purchase] = []
        self._looks_first = False

    def apply(self, lines: Iterable[bytes], task: Task) -> Tally:
        """Applies the lines of a chunk. Applying them again changes nothing and counts the same.

        Until ``task.rest_until`` the clock leaves alone what is overdue in a wallet between two commits: the next
        one books it. Should the worker die meanwhile, the clock does so then (E20).
        """
        tally = Tally()
        for group in groups_of(lines):
            self._apply_group(group, task, tally)
        for purchase in self._waited_for:
            self._net(purchase, task.now)
        return tally

    def _apply_group(self, rows: Sequence[PlacedRow], task: Task, tally: Tally) -> None:
        arrivals: list[tuple[int, Arrival]] = []
        bills: list[tuple[PlacedRow, Bill]] = []
        openings: list[tuple[int, Opening]] = []
        for row in rows:
            try:
                read = self._read_row(row.text, task.run, task.programs.active())
                if isinstance(read, Arrival):
                    arrivals.append((row.line, read))
                elif isinstance(read, Bill):
                    bills.append((row, _timed(read, task)))
                else:
                    openings.append((row.line, read))
            except REFUSALS as error:
                tally.reject(row.line, error)
        first_sale = min((bill.purchase.occurred_at for _, bill in bills), default=task.now)
        found = self._enrol(arrivals, first_sale, task, tally)
        for buyer, sales in self._by_buyer(bills, found, task, tally).items():
            if buyer is None:
                self._keep_unclaimed(sales, task, tally)
            else:
                self._sell(buyer, sales, task, tally)
        self._open_all(openings, found, task, tally)

    def _open_all(
        self,
        openings: Iterable[tuple[int, Opening]],
        found: dict[Identity | MemberId, FoundMember],
        task: Task,
        tally: Tally,
    ) -> None:
        for line, opening in openings:
            try:
                tally.add(self._open(opening, found, task))
            except REFUSALS as error:
                tally.reject(line, error)

    def _enrol(
        self, arrivals: Iterable[tuple[int, Arrival]], first_sale: datetime, task: Task, tally: Tally
    ) -> dict[Identity | MemberId, FoundMember]:
        """Whom the member rows are about, by each identity that they name."""
        found: dict[Identity | MemberId, FoundMember] = {}
        for line, arrival in arrivals:
            at = arrival.at or first_sale
            try:
                member = self._members.enrol(arrival.enrolment(at), task.run.brand, at).view.member
            except REFUSALS as error:
                tally.reject(line, error)
                continue
            found |= dict.fromkeys(arrival.identities, FoundMember(member.id, presented=True))
            tally.add(Counts(members=1))
        return found

    def _by_buyer(
        self,
        bills: Iterable[tuple[PlacedRow, Bill]],
        found: dict[Identity | MemberId, FoundMember],
        task: Task,
        tally: Tally,
    ) -> dict[MemberId | None, list[SaleRow]]:
        """The sales of each buyer, in order."""
        sales: dict[MemberId | None, list[SaleRow]] = {}
        receipts: set[Digest] = set()
        for row, (purchase, reference) in bills:
            try:
                buyer = self._find(reference, found, task) if reference is not None else None
            except MemberNotFoundError as error:
                tally.reject(row.line, error)
                continue
            sale = SaleRow(
                row.line,
                len(row.text),
                purchase,
                presented=buyer is not None and buyer.presented,
                is_first=purchase.receipt not in receipts,
            )
            receipts.add(purchase.receipt)
            sales.setdefault(buyer.id if buyer else None, []).append(sale)
        return sales

    def _find(
        self, reference: Identity | MemberId, found: dict[Identity | MemberId, FoundMember], task: Task
    ) -> FoundMember:
        if reference not in found:
            found[reference] = self._directory.require(reference, by_group=task.run.brand == GROUP)
        return found[reference]

    def _open(self, opening: Opening, found: dict[Identity | MemberId, FoundMember], task: Task) -> Counts:
        """Raises `MemberNotFoundError`, `ContentReusedError`, and of a tier or tag what `Tiers` and `Members` do."""
        named = self._find(opening.owner, found, task).id
        return for_survivor(lambda way: self._open_for(way[-1], opening, task), named)

    def _open_for(self, member: MemberId, opening: Opening, task: Task) -> Counts:
        if isinstance(opening, OpeningTag):
            return self._tag(member, opening, task)
        if isinstance(opening, OpeningTier):
            tiers = Tiers(
                MemberFacts(self._states, task.programs), self._standings, task.programs, self._commit, self._pause
            )
            grant = Grant(opening.id, opening.tier, task.now, opening.until, opening.brand, BROUGHT, ACTOR)
            return Counts.of_opening(tiers.grant(member, grant, task.now).grant.at, task.now)
        opened = Opened(opening.id, member, *opening[2:], task.now)

        def attempt() -> Counts:
            program = task.programs.active()
            wallets, *_ = self._states.load(member)
            require_seen(wallets.get(program.home_currency), opening.issuer if task.run.brand != GROUP else GROUP)
            wallet = wallets.get(opening.currency) or open_wallet(member, opening.currency, task.now)
            at = wallet.not_before(task.now)
            work_off((wallet,), self._wallets, self._commit, program, at)
            decision = decide(wallet, opening.command(), program, at)
            self._commit([*self._wallets.save(wallet, decision), self._openings.add(opened)])
            return Counts(opened=1)

        def recall() -> Counts | None:
            known = self._openings.find(opening.id)
            if known is None:
                return None
            owner = as_named(self._wallets, known.member, member, task.programs.active().home_currency)
            require_same(known.content(), replace(opened, member=owner or member).content(), "opening")
            return Counts.of_opening(known.booked_at, task.now)

        return once(attempt, recall, self._pause)

    def _tag(self, member: MemberId, opening: OpeningTag, task: Task) -> Counts:
        if opening.is_set:
            self._members.tag(member, opening.tag, opening.brand, task.now)
        else:
            self._members.untag(member, opening.tag, opening.brand)
        return Counts(opened=1)

    def _sell(self, member: MemberId, sales: Sequence[SaleRow], task: Task, tally: Tally) -> None:
        account: _Account | None = None
        rest, brought, timeline = sales, False, ProgramTimeline(task.programs)

        def attempt() -> tuple[_Account, Batch]:
            current = account if account is not None else self._read(member, rest, task)
            drawing = Drawing(self._budgets, self._commit, task.programs.active(), current.member)
            batch = next_batch(
                rest,
                current.state,
                current.known,
                member=current.member,
                programs=task.programs,
                now=task.now,
                brought=brought,
                drawing=drawing,
                timeline=timeline,
                segments=current.segments,
            )
            if batch.changes:
                self._carry_out(current.state.record, batch, drawing, task)
            return current, batch

        is_last = False
        while not is_last:
            try:
                current, batch = attempt()
            except StaleReadError:
                self._looks_first, account = True, None
                current, batch = until_committed(attempt, self._pause)
            account = self._after(current, batch)
            tally.add(batch.counts, batch.rejections)
            brought = brought or batch.counts.recorded > 0
            rest, is_last = rest[batch.taken :], batch.is_last

    def _read(self, member: MemberId, sales: Sequence[SaleRow], task: Task) -> _Account:
        state = self._states.load(member)
        home = state.wallets.get(task.programs.active().home_currency)
        if home is not None and home.moved_to:
            return self._read(home.moved_to, sales, task)
        return _Account(member, state, self._look_up(sales), self._seen(member, state, sales, task))

    def _seen(
        self, member: MemberId, state: MemberState, sales: Sequence[SaleRow], task: Task
    ) -> SegmentsInTurn | None:
        """What the sales see of segments: all of the member's deeds are read at once, where a rule asks."""
        versions = dict.fromkeys(sale.purchase.program_version for sale in sales)
        asking = [each for each in map(task.programs.version, versions) if each.segments_of_rules]
        home = state.wallets.get(task.programs.active().home_currency)
        if not asking or home is None or home.erased_at:
            return None
        first = min(sale.purchase.occurred_at for sale in sales)
        return self._segments.in_turn(member, state, asking, first)

    def _look_up(self, sales: Sequence[SaleRow]) -> dict[Digest, Purchase]:
        if not self._looks_first:
            return {}
        known = dict(self._purchases.find_all([sale.purchase.receipt for sale in sales]))
        self._waited_for += (purchase for purchase in known.values() if purchase.returns.awaited)
        return known

    def _carry_out(self, before_it: Record, batch: Batch, drawing: Drawing, task: Task) -> None:
        writes: list[Write] = drawing.writes()
        if batch.record is not before_it:
            writes.append(self._standings.fold(before_it, batch.record))
        for before, decision in batch.changes:
            due = decision.wallet.due_at()
            overdue = not batch.is_last and due is not None and due <= task.now
            writes += self._wallets.save(before, decision, wake_at=task.rest_until if overdue else None)
        for purchase in batch.purchases:
            writes += self._added(purchase)
        self._commit(writes)

    def _added(self, purchase: Purchase) -> list[Write]:
        """E19: where refunds wait for it, the purchase takes them over, to be booked when all rows are."""
        awaited = self._purchases.look_up(purchase.receipt) if self._looks_first else None
        if not isinstance(awaited, Awaited):
            return self._purchases.add(purchase)
        kept = replace(purchase, returns=Returns(awaited=awaited.refunds))
        self._waited_for.append(kept)
        return self._purchases.add(kept, awaited)

    def _after(self, account: _Account, batch: Batch) -> _Account:
        """The account as the commit left it, so that it need not be read again."""
        changed = {change.before.currency: self._wallets.as_saved(*change) for change in batch.changes}
        account.known |= {purchase.receipt: purchase for purchase in batch.purchases}
        return replace(account, state=MemberState({**account.state.wallets, **changed}, batch.record))

    def _keep_unclaimed(self, sales: Sequence[SaleRow], task: Task, tally: Tally) -> None:
        """M40: sales without a member wait for whoever claims them."""
        for sale in sales:
            verdict = until_committed(lambda sale=sale: self._keep(sale, task), self._pause)  # type: ignore[misc]
            if isinstance(verdict, Rejection):
                tally.add(Counts(rejected=1), [verdict])
            else:
                tally.add(verdict)

    def _keep(self, sale: SaleRow, task: Task) -> Counts | Rejection:
        known = self._look_up([sale]).get(sale.purchase.receipt)
        if known is not None:
            return judge_known(sale, known, sale.purchase, task.programs.active(), task.now)
        try:
            self._commit(self._added(sale.purchase))
        except StaleReadError:
            self._looks_first = True
            raise
        return Counts(recorded=1)


def _timed(bill: Bill, task: Task) -> Bill:
    at = imported_time(bill.purchase.occurred_at, task.now)
    rules = rules_for(bill.purchase, at, task.programs)
    return bill._replace(purchase=replace(bill.purchase, occurred_at=at, program_version=rules.version))

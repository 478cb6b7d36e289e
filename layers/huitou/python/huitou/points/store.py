"""Wallets and entries in DynamoDB.

A wallet's item holds its newest lots, the others lie on pages (see `huitou.points.paging`). One query reads the wallet
with its pages. It is no snapshot, so the wallet names the version of each page: a page of another version means that a
write came between, and the query is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.errors import UnavailableError
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import format_instant, from_millis, parse_instant, to_millis
from huitou.kernel.pages import Page, all_items
from huitou.platform import keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.points.decisions import Decision
from huitou.points.packing import (
    pack_changes,
    pack_counts,
    pack_debts,
    pack_facts,
    pack_holds,
    pack_lots,
    unpack_changes,
    unpack_counts,
    unpack_debts,
    unpack_facts,
    unpack_holds,
    unpack_lots,
)
from huitou.points.paging import paged, unpaged
from huitou.points.wallet import Balance, Cause, Entry, EntryType, LotPage, RuleOutcome, Wallet
from huitou.program.model import BrandId, CurrencyId

READS = 5
"""How often a torn read is repeated; one repeat is already rare."""


class WalletItem(Item):
    """The wallet with its newest lots; short names, for it is written with every change."""

    version = IntegerAttribute(attr_name="v")
    lots = UnicodeAttribute(attr_name="l", null=True)
    next_lot = IntegerAttribute(attr_name="n")
    brands = UnicodeAttribute(attr_name="b", null=True)
    last_activity = IntegerAttribute(attr_name="a", null=True)
    recorded_at = IntegerAttribute(attr_name="r")
    pages = JSONAttribute(attr_name="p", null=True)
    holds = UnicodeAttribute(attr_name="h", null=True)
    debts = UnicodeAttribute(attr_name="d", null=True)
    counters = UnicodeAttribute(attr_name="c", null=True)
    bought = UnicodeAttribute(attr_name="q", null=True)
    unseen = UnicodeAttribute(attr_name="u", null=True)
    folds = IntegerAttribute(attr_name="f", null=True)
    moved_to = UnicodeAttribute(attr_name="m", null=True)
    absorbed = UnicodeAttribute(attr_name="o", null=True)
    earned_since = IntegerAttribute(attr_name="s", null=True)
    erased_at = IntegerAttribute(attr_name="e", null=True)
    packed_until = IntegerAttribute(attr_name="t", null=True)
    due_pk = UnicodeAttribute(null=True)
    due_sk = UnicodeAttribute(null=True)
    members_pk = UnicodeAttribute(null=True)


class LotsItem(Item):
    """A page: older lots, as of the wallet's version."""

    version = IntegerAttribute(attr_name="v")
    lots = UnicodeAttribute(attr_name="l")


class EntryItem(Item):
    """One line of the ledger."""

    type = UnicodeAttribute()
    amount = IntegerAttribute()
    changes = UnicodeAttribute(attr_name="lots", null=True)
    effective_at = UnicodeAttribute()
    recorded_at = UnicodeAttribute()
    cause = UnicodeAttribute()
    cause_id = UnicodeAttribute()
    program_version = IntegerAttribute()
    spendable = IntegerAttribute()
    pending = IntegerAttribute()
    held = IntegerAttribute(null=True)
    owed = IntegerAttribute(null=True)
    brand = UnicodeAttribute()
    explanation = JSONAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    actor = UnicodeAttribute(null=True)
    waived = IntegerAttribute(null=True)
    debt = IntegerAttribute(null=True)
    about = UnicodeAttribute(null=True)
    ends_at = UnicodeAttribute(null=True)
    last_activity = UnicodeAttribute(null=True)
    holds = UnicodeAttribute(null=True)
    debts = UnicodeAttribute(null=True)


class TableWallets:
    """`WalletStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, member: MemberId, currency: CurrencyId) -> Wallet | None:
        return self._read(member, keys.wallet_prefix(currency)).get(currency)

    def load_all(self, member: MemberId) -> Mapping[CurrencyId, Wallet]:
        return self._read(member, keys.WALLET_PREFIX)

    def save(self, before: Wallet, decision: Decision, *, wake_at: datetime | None = None) -> list[Write]:
        wallet = paged(before, decision.wallet)
        condition = WalletItem.version == before.version if before.version else WalletItem.pk.does_not_exist()
        stale = StaleReadError("The wallet changed meanwhile.")
        writes = [self._table.put(_wallet_item(wallet, wake_at), condition=condition, refused=stale)]
        writes += self._page_writes(before, wallet, stale)
        writes += [self._table.put(entry_item(entry), refused=stale) for entry in decision.entries]
        return writes

    def as_saved(self, before: Wallet, decision: Decision) -> Wallet:
        return paged(before, decision.wallet)

    def create(self, wallet: Wallet) -> Write:
        (write,) = self.save(wallet, Decision(replace(wallet, version=1, home=True), ()))
        return write

    def entry(self, member: MemberId, currency: CurrencyId, version: int) -> Entry | None:
        item = self._table.get(EntryItem, *keys.entry(member, currency, version))
        return entry_in(item) if item else None

    def entries(
        self,
        member: MemberId,
        currency: CurrencyId,
        *,
        after: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Page[Entry]:
        page = self._table.query(
            EntryItem,
            keys.member(member),
            prefix=keys.entry_prefix(currency),
            after=after,
            limit=limit,
            newest_first=newest_first,
        )
        return Page(tuple(map(entry_in, page.items)), page.next_cursor)

    def _read(self, member: MemberId, prefix: str) -> dict[CurrencyId, Wallet]:
        for _ in range(READS):
            rows = list(all_items(lambda after: self._rows(member, prefix, after)))
            whole = wallets_in(member, rows)
            if whole is not None:
                return whole
        raise UnavailableError("The wallet is being changed too fast to be read.")

    def _rows(self, member: MemberId, prefix: str, after: str | None) -> Page[WalletItem | LotsItem]:
        return self._table.query(wallet_kind, keys.member(member), prefix=prefix, after=after)

    def _page_writes(self, before: Wallet, wallet: Wallet, stale: StaleReadError) -> list[Write]:
        """Stores the pages of this version and removes those that are no more."""
        kept = {page.first for page in wallet.pages}
        gone = [page.first for page in before.pages if page.first not in kept]
        return [
            *(self._page_write(wallet, page, stale) for page in wallet.pages if page.version == wallet.version),
            *(self._table.delete(LotsItem, *_page_key(wallet, first), refused=stale) for first in gone),
        ]

    def _page_write(self, wallet: Wallet, page: LotPage, stale: StaleReadError) -> Write:
        lots = [lot for lot in wallet.lots if page.first <= lot.number <= page.last]
        item = LotsItem(*_page_key(wallet, page.first), version=wallet.version, lots=pack_lots(lots))
        return self._table.put(item, refused=stale)


def wallets_in(member: MemberId, rows: Sequence[Item]) -> dict[CurrencyId, Wallet] | None:
    """The member's wallets among items that were read together; None if a write came between: read again."""
    heads = [row for row in rows if isinstance(row, WalletItem)]
    pages = {row.sk: row for row in rows if isinstance(row, LotsItem)}
    wallets = [_wallet(member, head, pages) for head in heads]
    whole = {wallet.currency: wallet for wallet in wallets if wallet is not None}
    return whole if len(whole) == len(heads) else None


def wallet_kind(sk: str) -> type[WalletItem] | type[LotsItem]:
    return WalletItem if sk.endswith(keys.WALLET_HEAD) else LotsItem


def _page_key(wallet: Wallet, first: int) -> keys.Key:
    return keys.wallet_lots(wallet.member, wallet.currency, first)


def _wallet_item(wallet: Wallet, wake_at: datetime | None) -> WalletItem:
    pk, sk = keys.wallet(wallet.member, wallet.currency)
    due_at = wake_at or wallet.due_at()
    due_pk, due_sk = keys.due(wallet.member, due_at) if due_at else (None, None)
    return WalletItem(
        pk,
        sk,
        version=wallet.version,
        lots=pack_lots(unpaged(wallet.lots, wallet.pages)) or None,
        next_lot=wallet.next_lot,
        brands=pack_counts({brand: to_millis(at) for brand, at in wallet.brands.items()}) or None,
        last_activity=to_millis(wallet.last_activity) if wallet.last_activity else None,
        recorded_at=to_millis(wallet.recorded_at),
        pages=[list(page) for page in wallet.pages] or None,
        holds=pack_holds(wallet.holds) or None,
        debts=pack_debts(wallet.debts) or None,
        counters=pack_counts(wallet.counters) or None,
        bought=pack_counts(wallet.bought) or None,
        unseen=pack_facts(wallet.unseen) or None,
        folds=wallet.folds or None,
        moved_to=wallet.moved_to,
        absorbed=" ".join(wallet.absorbed) or None,
        earned_since=wallet.earned_since or None,
        erased_at=to_millis(wallet.erased_at) if wallet.erased_at else None,
        packed_until=to_millis(wallet.packed_until) if wallet.packed_until else None,
        due_pk=due_pk,
        due_sk=due_sk,
        members_pk=keys.member_shard(wallet.member) if wallet.home else None,
    )


def brands_in(head: WalletItem) -> Mapping[BrandId, datetime]:
    """Which brands the member has joined, and when."""
    return {brand: from_millis(at) for brand, at in unpack_counts(head.brands or "").items()}


def packed_until_in(head: WalletItem) -> datetime | None:
    """Up to when what the member did is packed."""
    return from_millis(head.packed_until) if head.packed_until is not None else None


def _wallet(member: MemberId, head: WalletItem, items: Mapping[str, LotsItem]) -> Wallet | None:
    """The wallet with its pages; None if a page is not of the version that the wallet names."""
    currency = keys.currency_of_wallet(head.sk)
    pages = tuple(LotPage(*page) for page in head.pages or ())
    lots = list(unpack_lots(head.lots or ""))
    for page in pages:
        item = items.get(keys.wallet_lots(member, currency, page.first)[1])
        if item is None or item.version != page.version:
            return None
        lots.extend(unpack_lots(item.lots))
    return Wallet(
        member=member,
        currency=currency,
        version=head.version,
        lots=tuple(sorted(lots, key=lambda lot: lot.number)),
        next_lot=head.next_lot,
        brands=brands_in(head),
        last_activity=from_millis(head.last_activity) if head.last_activity is not None else None,
        recorded_at=from_millis(head.recorded_at),
        pages=pages,
        holds=unpack_holds(head.holds or ""),
        debts=unpack_debts(head.debts or ""),
        counters=unpack_counts(head.counters or ""),
        bought=unpack_counts(head.bought or ""),
        unseen=unpack_facts(head.unseen or ""),
        folds=head.folds or 0,
        home=head.members_pk is not None,
        moved_to=MemberId(head.moved_to) if head.moved_to else None,
        absorbed=tuple(map(MemberId, (head.absorbed or "").split())),
        earned_since=head.earned_since or 0,
        erased_at=from_millis(head.erased_at) if head.erased_at is not None else None,
        packed_until=packed_until_in(head),
    )


def entry_item(entry: Entry) -> EntryItem:
    return EntryItem(
        *keys.entry(entry.member, entry.currency, entry.version),
        type=entry.type.value,
        amount=entry.amount,
        changes=pack_changes(entry.changes) or None,
        effective_at=format_instant(entry.effective_at),
        recorded_at=format_instant(entry.recorded_at),
        cause=entry.cause.type,
        cause_id=entry.cause.id,
        program_version=entry.program_version,
        spendable=entry.balance.spendable,
        pending=entry.balance.pending,
        held=entry.balance.held or None,
        owed=entry.balance.debt or None,
        brand=entry.brand,
        explanation=[_trimmed(outcome) for outcome in entry.explanation] or None,
        reason=entry.reason,
        actor=entry.actor,
        waived=entry.waived or None,
        debt=entry.debt or None,
        about=entry.about,
        ends_at=format_instant(entry.ends_at) if entry.ends_at else None,
        last_activity=format_instant(entry.last_activity) if entry.last_activity else None,
        holds=pack_holds(entry.holds) or None,
        debts=pack_debts(entry.debts) or None,
    )


def _trimmed(outcome: RuleOutcome) -> list[object]:
    """What it says, without the nothing at its end: there is one for each rule of the programme."""
    said: list[object] = list(outcome)
    while not said[-1] and len(said) > len(RuleOutcome._fields) - len(RuleOutcome._field_defaults):
        said.pop()
    return said


def entry_in(item: EntryItem) -> Entry:
    member, currency, version = keys.parse_entry(item.pk, item.sk)
    return Entry(
        member=member,
        currency=currency,
        version=version,
        type=EntryType(item.type),
        amount=item.amount,
        changes=unpack_changes(item.changes or ""),
        effective_at=parse_instant(item.effective_at),
        recorded_at=parse_instant(item.recorded_at),
        cause=Cause(item.cause, item.cause_id),
        program_version=item.program_version,
        balance=Balance(item.spendable, item.pending, item.held or 0, item.owed or 0),
        brand=item.brand,
        explanation=tuple(RuleOutcome(*outcome) for outcome in item.explanation or ()),
        reason=item.reason,
        actor=item.actor,
        waived=item.waived or 0,
        debt=item.debt or 0,
        about=item.about,
        ends_at=parse_instant(item.ends_at) if item.ends_at else None,
        last_activity=parse_instant(item.last_activity) if item.last_activity else None,
        holds=unpack_holds(item.holds or ""),
        debts=unpack_debts(item.debts or ""),
    )

"""The list of erasures in DynamoDB, and what lies in a member's partition: walked to destroy it, or to hand it over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import get_args

from pynamodb.attributes import JSONAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from huitou.campaigns.store import JourneyItem, journey_in
from huitou.erasing.kept import BeforeMerge, Behind, Kept, Trace
from huitou.erasing.model import REASON, Erasure
from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import MOST_AT_ONCE, StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId, OwnedId
from huitou.kernel.instants import format_instant, parse_instant
from huitou.kernel.pages import InvalidCursorError, all_items
from huitou.members.store import ConsentItem, MemberItem, consent_change_in, member_in
from huitou.merging.store import MergeItem, merge_in
from huitou.outbox.store import MessageItem, message_in
from huitou.platform import keys, program_keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.audit import audit_write
from huitou.platform.table import Item, Table
from huitou.points.command_store import CommandItem, command_in
from huitou.points.commands import PointsCommandType
from huitou.points.store import EntryItem, entry_in
from huitou.purchases.packing import unpack_returns
from huitou.purchases.refund_store import RefundItem, refund_in
from huitou.purchases.store import PurchaseItem, VisitItem, purchase_in, visit_in, without_reason
from huitou.rewards.store import CouponItem, coupon_in

READ_AT_ONCE = 25


class ErasureItem(Item):
    """Whom to forget, once more after a restore."""

    reason = UnicodeAttribute()
    actor = UnicodeAttribute()
    client_reference = UnicodeAttribute(null=True)
    erased_at = UnicodeAttribute()


class TableErasures:
    """`ErasureStore` in DynamoDB; ``table`` is the programme's."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, member: MemberId) -> Erasure | None:
        item = self._table.get(ErasureItem, *program_keys.erasure(member))
        return _erasure(item) if item else None

    def add(self, erasure: Erasure) -> None:
        item = ErasureItem(
            *program_keys.erasure(erasure.member),
            reason=erasure.reason,
            actor=erasure.actor,
            client_reference=erasure.client_reference,
            erased_at=format_instant(erasure.erased_at),
        )
        known = StaleReadError("It is written down already.")
        try:
            self._table.commit([self._table.put(item, condition=ErasureItem.pk.does_not_exist(), refused=known)])
        except StaleReadError:
            return

    def all(self) -> Iterable[Erasure]:
        query = partial(self._table.query, ErasureItem, program_keys.ERASURES, prefix=program_keys.ERASURE_PREFIX)
        return map(_erasure, all_items(lambda after: query(after=after)))


class WordsItem(Item):
    """Whatever is kept of a member, and around it, as far as somebody's own words are in it, and where more are; of an
    address what a code was to prove, and where links led that may have said their name.
    """

    reason = UnicodeAttribute(null=True)
    message = UnicodeAttribute(null=True)
    client_reference = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    data = JSONAttribute(null=True)
    proves = UnicodeAttribute(null=True)
    code = UnicodeAttribute(null=True)
    targets = JSONAttribute(null=True)
    moved = JSONAttribute(null=True)
    cause = UnicodeAttribute(null=True)
    cause_id = UnicodeAttribute(null=True)
    returns = UnicodeAttribute(null=True)
    version = IntegerAttribute(null=True)
    due_pk = UnicodeAttribute(null=True)


WORDS = ("reason", "message", "client_reference", "reference", "data", "proves", "targets")
DESTROYED = (
    keys.CONSENT_PREFIX,
    keys.MERGED_PREFIX,
    keys.QUARTER_PREFIX,
    keys.PRESSURE,
    keys.VERIFICATION_PREFIX,
    keys.CODES,
    keys.COUPON_PREFIX,
)
"""Of these nothing stays."""
SILENCED = (keys.PURCHASE_PREFIX, keys.EVENT_PREFIX, keys.ENTRY_PREFIX, keys.MESSAGE_PREFIX)
"""Of these only the words go."""


class TableTraces:
    """`Traces` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def removals(self, member: MemberId) -> Iterator[Sequence[Write]]:
        items = [item for prefix in (*DESTROYED, *SILENCED) for item in self._items(member, prefix)]
        behind = dict.fromkeys(key for item in items for key in _behind(item))
        around = self._table.get_many([(WordsItem, *key) for key in behind])
        codes = [keys.coupon_code(item.code) for item in items if _is_coupon(item) and item.code]
        writes = [
            *(self._delete(*code) for code in codes),  # first: what leads to them is known no longer than they are
            *(self._delete(item.pk, item.sk) for item in items if item.sk.startswith(DESTROYED)),
            *(
                self._silence(item)
                for item in (*items, *around)
                if isinstance(item, WordsItem) and not item.sk.startswith(DESTROYED) and _words_in(item)
            ),
        ]
        for first in range(0, len(writes), MOST_AT_ONCE):
            yield writes[first : first + MOST_AT_ONCE]

    def _items(self, member: MemberId, prefix: str) -> Iterable[WordsItem]:
        query = partial(self._table.query, WordsItem, keys.member(member), prefix=prefix)
        return all_items(lambda after: query(after=after))

    def _delete(self, pk: str, sk: str) -> Write:
        return self._table.delete(Item, pk, sk, refused=StaleReadError("It changed meanwhile."))

    def _silence(self, item: WordsItem) -> Write:
        changed = StaleReadError("It changed meanwhile.")
        return self._table.update(WordsItem, item.pk, item.sk, _words_in(item), refused=changed)


def _is_coupon(item: Item) -> bool:
    return item.sk.startswith(keys.COUPON_PREFIX)


class TableKept:
    """`KeptStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def walk(self, member: MemberId, after: str | None) -> Iterator[Kept]:
        prefixes: Sequence[str] = tuple(_KINDS)
        if after is not None:
            begun = [index for index, prefix in enumerate(prefixes) if after.startswith(prefix)]
            if not begun:
                raise InvalidCursorError("The cursor does not belong to this list.")
            prefixes = prefixes[begun[0] :]
        for prefix in prefixes:
            kind = _KINDS[prefix]
            query = partial(self._table.query, kind, keys.member(member), prefix=prefix, limit=READ_AT_ONCE)
            page = query(after=after)
            yield from self._kept(member, page.items)
            while page.next_cursor:
                page = query(after=page.next_cursor)
                yield from self._kept(member, page.items)
            after = None

    def _kept(self, member: MemberId, items: Sequence[Item]) -> Iterator[Kept]:
        leads = {item.sk: list(_behind(item)) for item in items}
        wanted = list(dict.fromkeys(key for found in leads.values() for key in found))
        there = self._table.get_many([(_KINDS_BEHIND[sk], pk, sk) for pk, sk in wanted])
        behind = {key: _shown_behind(item) for key, item in zip(wanted, there, strict=True) if item is not None}
        for item in items:
            yield Kept(item.sk, _shown(member, item), tuple(behind[key] for key in leads[item.sk] if key in behind))


_KINDS: Mapping[str, type[Item]] = {
    keys.CONSENT_PREFIX: ConsentItem,
    keys.MERGED_PREFIX: MemberItem,
    keys.PURCHASE_PREFIX: PurchaseItem,
    keys.EVENT_PREFIX: VisitItem,
    keys.ENTRY_PREFIX: EntryItem,
    keys.MESSAGE_PREFIX: MessageItem,
    keys.JOURNEY_PREFIX: JourneyItem,
    keys.COUPON_PREFIX: CouponItem,
}
_KINDS_BEHIND: Mapping[str, type[Item]] = {
    keys.command("")[1]: CommandItem,
    keys.refund("")[1]: RefundItem,
    keys.merge("")[1]: MergeItem,
}
"""By their sort keys."""


def _shown(member: MemberId, item: Item) -> Trace:
    match item:
        case ConsentItem():
            return consent_change_in(item)
        case MemberItem():
            return BeforeMerge(Digest(item.sk.removeprefix(keys.MERGED_PREFIX)), member_in(member, item))
        case MessageItem():
            return message_in(item)
        case JourneyItem():
            return journey_in(item)
        case CouponItem():
            return coupon_in(item)
        case _:
            return _shown_deed(member, item)


def _shown_deed(member: MemberId, item: Item) -> Trace:
    match item:
        case PurchaseItem():
            return purchase_in(member, item)
        case VisitItem():
            return visit_in(OwnedId(member, item.sk.removeprefix(keys.EVENT_PREFIX)), item)
        case EntryItem():
            return entry_in(item)
        case _:
            raise TypeError(f"Nobody knows how to show a {type(item).__name__}.")


def _shown_behind(item: Item) -> Behind:
    match item:
        case CommandItem():
            return command_in(item)
        case RefundItem():
            return refund_in(item)
        case MergeItem():
            return merge_in(Digest(item.pk.removeprefix(keys.merge("")[0])), item)
        case _:
            raise TypeError(f"Nobody knows how to show a {type(item).__name__}.")


class TableExportLog:
    """`ExportLog` in DynamoDB; ``table`` is the programme's."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, entry: AuditEntry) -> Write:
        return audit_write(self._table, entry)


def behind_entry(cause: str, cause_id: str) -> keys.Key | None:
    """Where the command or merge is that an entry is due to; None where that has no words."""
    if cause in get_args(PointsCommandType):
        return keys.command(cause_id)
    return keys.merge(cause_id) if cause in {"merge", "unmerge"} else None


def _behind(item: Item) -> Iterator[keys.Key]:
    """The commands, refunds and merges that an item of a member's partition leads to."""
    if item.sk.startswith(keys.MERGED_PREFIX):
        yield keys.merge(item.sk.removeprefix(keys.MERGED_PREFIX))
    cause = getattr(item, "cause", None)
    if cause and (key := behind_entry(cause, getattr(item, "cause_id", ""))):
        yield key
    returns = unpack_returns(getattr(item, "returns", None))
    yield from map(keys.refund, (*returns.refunds, *returns.awaited))


def _words_in(item: WordsItem) -> list[Action]:
    """What removes them; our own reason, that of an erasure, stays.

    A message goes one version on, where it waits also without words: whoever has read it before would write the words
    that they remember, or where its links lead for the member of then.
    """
    is_message = item.sk.startswith(keys.MESSAGE_PREFIX)
    waiting = ("targets",) if is_message and item.due_pk else ()
    said = [name for name in WORDS if name in waiting or getattr(item, name) not in (None, REASON)]
    actions: list[Action] = [getattr(WordsItem, name).remove() for name in said]
    if item.moved and without_reason(item.moved) != item.moved:
        actions.append(WordsItem.moved.set(without_reason(item.moved)))
    if is_message and actions:
        actions.append(WordsItem.version.add(1))
    return actions


def _erasure(item: ErasureItem) -> Erasure:
    return Erasure(
        MemberId(item.sk.removeprefix(program_keys.ERASURE_PREFIX)),
        item.reason,
        item.actor,
        item.client_reference,
        parse_instant(item.erased_at),
    )

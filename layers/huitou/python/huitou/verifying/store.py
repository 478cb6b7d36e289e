"""Verifications in DynamoDB: among what is the member's, as is when codes were sent for them; and what addresses and
brands were sent, beside no member.

All are forgotten by the table itself once they mean nothing any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import OwnedId
from huitou.kernel.instants import from_millis, to_millis
from huitou.members.identity import Identity, IdentityKey, IdentityKind
from huitou.platform import keys
from huitou.platform.attributes import ChoiceAttribute, InstantAttribute, IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.verifying.model import KEPT, CodesCounted, CodesSent, Sent, Verification


class VerificationItem(Item):
    """A verification; its code is not in it."""

    kind = ChoiceAttribute(IdentityKind)
    value = UnicodeAttribute()
    brand = UnicodeAttribute()
    begun_at = InstantAttribute()
    wrong_tries = IntegerAttribute()
    confirmed_at = InstantAttribute(null=True)
    version = IntegerAttribute()
    forgotten_at = IntegerAttribute()


class CodesSentItem(Item):
    """When one-time codes were sent to an address, or for a member."""

    times = JSONAttribute()
    version = IntegerAttribute()
    forgotten_at = IntegerAttribute()


class CodesCountedItem(Item):
    """How many one-time codes a brand has had sent within an hour or a day."""

    sent = IntegerAttribute()
    forgotten_at = IntegerAttribute()


class TableVerifications:
    """`VerificationStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, verification: OwnedId) -> Verification | None:
        item = self._table.get(VerificationItem, *keys.verification(*verification))
        if item is None:
            return None
        return Verification(
            id=verification,
            identity=Identity(item.kind, item.value),
            brand=item.brand,
            begun_at=item.begun_at,
            wrong_tries=item.wrong_tries,
            confirmed_at=item.confirmed_at,
            version=item.version,
        )

    def save(self, after: Verification) -> Write:
        item = VerificationItem(
            *keys.verification(*after.id),
            kind=after.identity.kind,
            value=after.identity.value,
            brand=after.brand,
            begun_at=after.begun_at,
            wrong_tries=after.wrong_tries,
            confirmed_at=after.confirmed_at,
            version=after.version,
            forgotten_at=_seconds(after.ends_at + KEPT),
        )
        before = after.version - 1
        condition = VerificationItem.version == before if before else VerificationItem.pk.does_not_exist()
        return self._table.put(item, condition=condition, refused=StaleReadError("Another code was said meanwhile."))

    def sent(self, nothing: Sent) -> Sent:
        noted = (nothing.address, nothing.member)
        found = self._table.get_many(
            [
                *((CodesSentItem, *key_of_sent(each)) for each in noted),
                *((CodesCountedItem, *key_of_counted(each)) for each in nothing.brand),
            ]
        )
        address, member = map(_noted, noted, found)
        return Sent(address, member, tuple(map(_counted, nothing.brand, found[len(noted) :])))

    def note_sent(self, after: Sent) -> Sequence[Write]:
        return [self._note(after.address), self._note(after.member), *map(self._count, after.brand)]

    def _note(self, after: CodesSent) -> Write:
        item = CodesSentItem(
            *key_of_sent(after),
            times=list(map(to_millis, after.times)),
            version=after.version,
            forgotten_at=_seconds(after.times[-1] + KEPT),
        )
        before = after.version - 1
        condition = CodesSentItem.version == before if before else CodesSentItem.pk.does_not_exist()
        return self._table.put(item, condition=condition, refused=StaleReadError("Another code was sent meanwhile."))

    def _count(self, after: CodesCounted) -> Write:
        """By one, on condition that there is room: so that those who send at once seldom get in each other's way."""
        return self._table.update(
            CodesCountedItem,
            *key_of_counted(after),
            [CodesCountedItem.sent.add(1), CodesCountedItem.forgotten_at.set(_seconds(after.ends_at + KEPT))],
            condition=CodesCountedItem.pk.does_not_exist() | (CodesCountedItem.sent < after.most),
            refused=StaleReadError("Others sent as many meanwhile."),
        )


def key_of_sent(sent: CodesSent) -> keys.Key:
    """With the member whose it is; that of an address lies by itself."""
    whose = sent.whose
    return keys.codes_to(*whose) if isinstance(whose, IdentityKey) else keys.codes_for(whose)


def key_of_counted(counted: CodesCounted) -> keys.Key:
    """One for each hour and each day of a brand."""
    return keys.codes_by(counted.brand, counted.span, counted.since)


def _noted(nothing: CodesSent, found: Item | None) -> CodesSent:
    if not isinstance(found, CodesSentItem):
        return nothing
    return replace(nothing, times=tuple(map(from_millis, found.times)), version=found.version)


def _counted(nothing: CodesCounted, found: Item | None) -> CodesCounted:
    return replace(nothing, count=found.sent) if isinstance(found, CodesCountedItem) else nothing


def _seconds(instant: datetime) -> int:
    """As the table's own clock counts, for what it is to forget then."""
    return to_millis(instant) // 1000

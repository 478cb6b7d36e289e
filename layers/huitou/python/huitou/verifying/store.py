"""Verifications in DynamoDB: among what is the member's; and when addresses got codes, beside no member.

Both are forgotten by the table itself once they mean nothing any more.
"""

from __future__ import annotations

from datetime import datetime

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import OwnedId
from huitou.kernel.instants import from_millis, to_millis
from huitou.members.identity import Identity, IdentityKey, IdentityKind
from huitou.platform import keys
from huitou.platform.attributes import ChoiceAttribute, InstantAttribute, IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.verifying.model import KEPT, CodesSent, Verification


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
    """When an address got one-time codes."""

    times = JSONAttribute()
    version = IntegerAttribute()
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

    def sent_to(self, address: IdentityKey) -> CodesSent:
        item = self._table.get(CodesSentItem, *keys.codes_sent(*address))
        return CodesSent(address, tuple(map(from_millis, item.times)), item.version) if item else CodesSent(address)

    def note_sent(self, after: CodesSent) -> Write:
        item = CodesSentItem(
            *keys.codes_sent(*after.address),
            times=list(map(to_millis, after.times)),
            version=after.version,
            forgotten_at=_seconds(after.times[-1] + KEPT),
        )
        before = after.version - 1
        condition = CodesSentItem.version == before if before else CodesSentItem.pk.does_not_exist()
        return self._table.put(item, condition=condition, refused=StaleReadError("Another code was sent meanwhile."))


def _seconds(instant: datetime) -> int:
    """As the table's own clock counts, for what it is to forget then."""
    return to_millis(instant) // 1000

"""Suppressions in DynamoDB: an item for each address, found by its digest, and beside no member."""

from __future__ import annotations

from huitou.kernel.commits import StaleReadError, Write
from huitou.members.identity import IdentityKey
from huitou.platform import keys
from huitou.platform.attributes import ChoiceAttribute, InstantAttribute, IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.suppressions.model import Suppression, SuppressionGround, Word


class SuppressionItem(Item):
    """The latest word about an address; without a ground, it is written to."""

    at = InstantAttribute()
    ground = ChoiceAttribute(SuppressionGround, null=True)
    version = IntegerAttribute()


class TableSuppressions:
    """`SuppressionStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, address: IdentityKey) -> Suppression | None:
        item = self._table.get(SuppressionItem, *keys.suppression(*address))
        return Suppression(address, Word(item.at, item.ground), item.version) if item else None

    def save(self, after: Suppression) -> Write:
        before = after.version - 1
        item = SuppressionItem(
            *keys.suppression(*after.address), at=after.word.at, ground=after.ground, version=after.version
        )
        condition = SuppressionItem.version == before if before else SuppressionItem.pk.does_not_exist()
        return self._table.put(item, condition=condition, refused=StaleReadError("Another word came meanwhile."))

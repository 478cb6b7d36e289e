"""Occasions in DynamoDB: each part is an item among the members, and in the due index until all were asked."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from huitou.campaigns.occasions import Occasion, OccasionId
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.instants import parse_instant
from huitou.platform import keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table


class OccasionItem(Item):
    """How far a part has come: its key is its marker against a second beginning."""

    after = UnicodeAttribute(null=True)
    begun = IntegerAttribute()
    version = IntegerAttribute()
    due_pk = UnicodeAttribute(null=True)
    due_sk = UnicodeAttribute(null=True)


class TableOccasions:
    """`OccasionStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, occasion: OccasionId) -> Occasion | None:
        item = self._table.get(OccasionItem, *keys.occasion(*occasion))
        if item is None:
            return None
        due_at = parse_instant(item.due_sk) if item.due_sk else None
        return Occasion(occasion, due_at, item.after, item.begun, item.version)

    def add(self, occasion: Occasion) -> Write:
        return self._table.put(
            _item(occasion),
            condition=OccasionItem.pk.does_not_exist(),
            refused=StaleReadError("It is there already."),
        )

    def save(self, before: Occasion, after: Occasion) -> Write:
        return self._table.put(
            _item(after),
            condition=OccasionItem.version == before.version,
            refused=StaleReadError("Another worker is further with the same part."),
        )


def _item(occasion: Occasion) -> OccasionItem:
    key = keys.occasion(*occasion.id)
    due_pk, due_sk = keys.due("#".join(key), occasion.due_at) if occasion.due_at else (None, None)
    return OccasionItem(
        *key,
        after=occasion.after,
        begun=occasion.begun,
        version=occasion.version,
        due_pk=due_pk,
        due_sk=due_sk,
    )

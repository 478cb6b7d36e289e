"""Draws in DynamoDB: an item for each member and each address of a cluster, of which those of addresses name nobody."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.attributes import BooleanAttribute

from huitou.campaigns.model import Draw
from huitou.campaigns.ports import DrawId
from huitou.kernel.commits import StaleReadError, Write
from huitou.platform import keys
from huitou.platform.table import Item, Table


class DrawItem(Item):
    """Whether a cluster is told anything."""

    held_out = BooleanAttribute()
    follows = BooleanAttribute(null=True)
    apart = BooleanAttribute(null=True)


class TableDraws:
    """`DrawStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, draws: Sequence[DrawId]) -> list[Draw | None]:
        found = self._table.get_many([(DrawItem, *_key(each)) for each in draws])
        return [_draw(item) if isinstance(item, DrawItem) else None for item in found]

    def add(self, named: DrawId, draw: Draw) -> Write:
        item = DrawItem(*_key(named), held_out=draw.held_out, follows=draw.follows or None, apart=draw.apart or None)
        return self._table.put(item, condition=DrawItem.pk.does_not_exist(), refused=_overtaken())

    def set_apart(self, named: DrawId) -> Write:
        return self._table.update(
            DrawItem,
            *_key(named),
            [DrawItem.apart.set(True)],
            condition=DrawItem.pk.exists(),
            refused=_overtaken(),
        )


def _key(named: DrawId) -> keys.Key:
    owner = keys.member(named.name) if isinstance(named.name, str) else keys.address(*named.name)
    return keys.draw(owner, named.scope)


def _overtaken() -> StaleReadError:
    return StaleReadError("Somebody of the same cluster was drawn meanwhile.")


def _draw(item: DrawItem) -> Draw:
    return Draw(item.held_out, bool(item.follows), bool(item.apart))

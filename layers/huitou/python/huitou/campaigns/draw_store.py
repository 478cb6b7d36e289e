"""Draws in DynamoDB: an item for each member and each address of a cluster, of which those of addresses name nobody."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.attributes import BooleanAttribute, UnicodeSetAttribute
from pynamodb.expressions.update import Action

from huitou.campaigns.model import Draw
from huitou.campaigns.ports import DrawId, Kept, News
from huitou.kernel.commits import StaleReadError, Write
from huitou.platform import keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table


class DrawItem(Item):
    """Whether a cluster is told anything."""

    held_out = BooleanAttribute()
    follows = BooleanAttribute(null=True)
    apart = BooleanAttribute(null=True)
    members = IntegerAttribute(null=True)
    counted = UnicodeSetAttribute(null=True)


class TableDraws:
    """`DrawStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, draws: Sequence[DrawId]) -> list[Kept | None]:
        found = self._table.get_many([(DrawItem, *_key(each)) for each in draws])
        return [_kept(item) if isinstance(item, DrawItem) else None for item in found]

    def add(self, named: DrawId, kept: Kept) -> Write:
        item = DrawItem(
            *_key(named),
            held_out=kept.draw.held_out,
            follows=kept.draw.follows or None,
            apart=kept.draw.apart or None,
            members=kept.members or None,
            counted=kept.counted or None,
        )
        return self._table.put(item, condition=DrawItem.pk.does_not_exist(), refused=_overtaken())

    def note(self, named: DrawId, news: News) -> Write:
        actions: list[Action] = [DrawItem.apart.set(True)] if news.apart else []
        condition = DrawItem.pk.exists()
        if news.fewer_than is not None:
            actions.append(DrawItem.members.add(1))
            condition &= DrawItem.members < news.fewer_than
        if news.counted:
            actions.append(DrawItem.counted.add(set(news.counted)))
            for each in sorted(news.counted):
                condition &= ~DrawItem.counted.contains(each)
        return self._table.update(DrawItem, *_key(named), actions, condition=condition, refused=_overtaken())


def _key(named: DrawId) -> keys.Key:
    return keys.draw(keys.member_or_address(named.name), named.scope)


def _overtaken() -> StaleReadError:
    return StaleReadError("Somebody of the same cluster was drawn meanwhile.")


def _kept(item: DrawItem) -> Kept:
    draw = Draw(item.held_out, bool(item.follows), bool(item.apart))
    return Kept(draw, item.members or 0, frozenset(item.counted or ()))

"""Draws in memory."""

from __future__ import annotations

from collections.abc import Sequence

from huitou.campaigns.ports import DrawId, Kept, News
from huitou.kernel.commits import StaleReadError, Write
from huitou.platform import keys
from huitou.simulator.memory import MemoryTable, absent


class MemoryDraws:
    """`DrawStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, draws: Sequence[DrawId]) -> list[Kept | None]:
        return [self._table.get(Kept, *_key(each)) for each in draws]

    def add(self, named: DrawId, kept: Kept) -> Write:
        return self._table.put(*_key(named), kept, refused=_overtaken(), when=absent)

    def note(self, named: DrawId, news: News) -> Write:
        def noted(kept: Kept) -> Kept:
            draw = kept.draw._replace(apart=kept.draw.apart or news.apart)
            return Kept(draw, kept.members + (news.fewer_than is not None), kept.counted | news.counted)

        def is_so(kept: Kept | None) -> bool:
            if kept is None or not kept.counted.isdisjoint(news.counted):
                return False
            return news.fewer_than is None or kept.members < news.fewer_than

        return self._table.update(*_key(named), noted, refused=_overtaken(), when=is_so)


def _key(named: DrawId) -> keys.Key:
    return keys.draw(keys.member_or_address(named.name), named.scope)


def _overtaken() -> StaleReadError:
    return StaleReadError("Somebody of the same cluster was drawn meanwhile.")

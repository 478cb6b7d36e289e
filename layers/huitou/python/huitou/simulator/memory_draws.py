"""Draws in memory."""

from __future__ import annotations

from collections.abc import Sequence

from huitou.campaigns.model import Draw
from huitou.campaigns.ports import DrawId
from huitou.kernel.commits import StaleReadError, Write
from huitou.platform import keys
from huitou.simulator.memory import MemoryTable, absent


class MemoryDraws:
    """`DrawStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, draws: Sequence[DrawId]) -> list[Draw | None]:
        return [self._table.get(Draw, *_key(each)) for each in draws]

    def add(self, named: DrawId, draw: Draw) -> Write:
        return self._table.put(*_key(named), draw, refused=_overtaken(), when=absent)

    def set_apart(self, named: DrawId) -> Write:
        def marked(draw: Draw) -> Draw:
            return draw._replace(apart=True)

        return self._table.update(*_key(named), marked, refused=_overtaken(), when=lambda value: value is not None)


def _key(named: DrawId) -> keys.Key:
    owner = keys.member(named.name) if isinstance(named.name, str) else keys.address(*named.name)
    return keys.draw(owner, named.scope)


def _overtaken() -> StaleReadError:
    return StaleReadError("Somebody of the same cluster was drawn meanwhile.")

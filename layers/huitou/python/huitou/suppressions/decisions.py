"""What becomes of a suppression by what is said later. Pure.

The latest word stays, whenever it comes in: providers tell again, late and in any order.
"""

from __future__ import annotations

from huitou.members.identity import IdentityKey
from huitou.suppressions.model import Suppression, SuppressionGround, Word

_ORDER = [None, *SuppressionGround]


def hear(before: Suppression | None, address: IdentityKey, word: Word) -> Suppression:
    """``before`` itself where ``word`` changes nothing."""
    if before is None:
        return Suppression(address, word, 1)
    return Suppression(address, word, before.version + 1) if _rank(word) > _rank(before.word) else before


def _rank(word: Word) -> tuple[object, int]:
    return word.at, _ORDER.index(word.ground)

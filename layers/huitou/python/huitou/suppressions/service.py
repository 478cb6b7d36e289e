"""Asked before a message is handed over, and told by whoever hears of an address."""

from __future__ import annotations

from collections.abc import Sequence

from huitou.kernel.commits import Write
from huitou.members.identity import Identity, IdentityHasher
from huitou.suppressions.decisions import hear
from huitou.suppressions.model import Suppression, Word
from huitou.suppressions.ports import SuppressionStore


class Suppressions:
    """``hasher`` has a secret of its own: whoever sends or listens needs none by which members are found."""

    def __init__(self, store: SuppressionStore, hasher: IdentityHasher) -> None:
        self._store = store
        self._hasher = hasher

    def of(self, address: Identity) -> Suppression | None:
        """The latest word about it; None: there was none."""
        return self._store.load(self._hasher.key(address))

    def holds_back(self, address: Identity) -> bool:
        """Whether nothing is sent there."""
        known = self.of(address)
        return known is not None and known.ground is not None

    def hear(self, address: Identity, word: Word) -> Sequence[Write]:
        """What is written together with its cause; nothing, where the word is no news."""
        key = self._hasher.key(address)
        before = self._store.load(key)
        after = hear(before, key, word)
        return [self._store.save(after)] if after is not before else []

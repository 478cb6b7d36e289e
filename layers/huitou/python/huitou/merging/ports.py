"""What merges need from outside, beside members, wallets and standings."""

from __future__ import annotations

from typing import Protocol

from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest
from huitou.members.model import Member
from huitou.merging.model import Merge


class MergeStore(Protocol):
    """Keeps merges, and the survivor's record as it was before each. Reads are consistent."""

    def find(self, merge: Digest) -> Merge | None: ...

    def before(self, merge: Merge) -> Member | None:
        """The survivor's record as it was; None once it was erased."""
        ...

    def add(self, merge: Merge, before: Member) -> list[Write]:
        """Refused with `StaleReadError` if the id is taken."""
        ...

    def reverse(self, merge: Merge) -> Write:
        """Writes it as undone; refused with `StaleReadError` if it was undone meanwhile."""
        ...

"""A merge as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from huitou.kernel.ids import Digest, MemberId
from huitou.program.model import BrandId, CurrencyId

MOST_ABSORBED = 5
"""Of one member, directly or not: each is a partition more to read."""
NOTHING = 0
"""The version of no entry."""


class Transfer(NamedTuple):
    """What changed hands in one currency: the versions of the two entries that say so.

    ``came`` are the points that the survivor took over, held ones included, in smallest units; ``returned`` those
    that went back when the merge was undone, of these and of those ``earned`` meanwhile with the absorbed member's
    identities. What lies between was used, or ended, and stays so; what refunds and reversals gave back to the other's
    lots meanwhile goes back too.
    """

    currency: CurrencyId
    handed: int
    """In the wallet of the absorbed member; `NOTHING` where they brought no points."""
    taken: int
    """In the wallet of the survivor; `NOTHING` likewise."""
    came: int
    returned: int | None = None
    """None while the merge stands."""
    earned: int = 0
    """0 while the merge stands."""


@dataclass(frozen=True, slots=True)
class Merge:
    """``absorbed`` is ``survivor`` from ``merged_at`` until ``reversed_at``. The command is its own marker (E14).

    ``joined`` are the brands that the survivor had joined before.
    """

    id: Digest
    survivor: MemberId
    absorbed: MemberId
    reason: str
    actor: str
    client_reference: str | None
    merged_at: datetime
    transfers: tuple[Transfer, ...] = ()
    joined: Mapping[BrandId, datetime] = field(default_factory=dict)
    reversed_at: datetime | None = None

    def content(self) -> Mapping[str, object]:
        """What a repeat must agree in."""
        return {"survivor": self.survivor, "absorbed": self.absorbed, "reason": self.reason}

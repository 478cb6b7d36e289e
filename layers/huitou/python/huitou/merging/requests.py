"""Merges over HTTP: what comes in, and how it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from huitou.fields import Body, ClientReference, Name, Text, View
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.instants import format_instant
from huitou.kernel.money import format_amount
from huitou.merging.model import Merge, Transfer
from huitou.merging.service import Merged
from huitou.program.model import Program

MemberIdText = Annotated[str, Field(min_length=1, max_length=64)]


class MergeBody(Body):
    """Two members who were found to be one person."""

    survivor: MemberIdText
    """The id of the member who stays."""
    absorbed: MemberIdText
    """The id of the other: from now on another name of the survivor, in every call."""
    reason: Text
    """How it was found out."""
    actor: Name
    """Who decided it, as your own systems call them."""
    client_reference: ClientReference | None = None

    def order(self, key: Digest, now: datetime) -> Merge:
        """The merge to make."""
        survivor, absorbed = MemberId(self.survivor), MemberId(self.absorbed)
        return Merge(key, survivor, absorbed, self.reason, self.actor, self.client_reference, now)


class MergeTransferView(View):
    """What changed hands in one currency."""

    currency: str
    came: str
    """The points that came to the survivor, held ones included."""
    earned: str | None
    """Those that were earned meanwhile with identities of the absorbed member; null while the merge stands."""
    returned: str | None
    """Those of both that went back when the merge was undone; null while it stands."""
    kept: str | None
    """Those that did not: spent, ended or taken back meanwhile. They stay so."""


class MergeView(View):
    """A merge."""

    merge_id: str
    survivor: str
    absorbed: str
    reason: str
    actor: str
    client_reference: str | None
    merged_at: datetime
    reversed_at: datetime | None
    """Since when they are two again."""
    points: list[MergeTransferView]
    replayed: bool


def merge_view(merged: Merged, program: Program) -> dict[str, Any]:
    """A `MergeView`."""
    merge = merged.merge
    return {
        "merge_id": merge.id,
        "survivor": merge.survivor,
        "absorbed": merge.absorbed,
        "reason": merge.reason,
        "actor": merge.actor,
        "client_reference": merge.client_reference,
        "merged_at": format_instant(merge.merged_at),
        "reversed_at": format_instant(merge.reversed_at) if merge.reversed_at else None,
        "points": [_transfer_view(each, program) for each in merge.transfers],
        "replayed": merged.replayed,
    }


def _transfer_view(transfer: Transfer, program: Program) -> dict[str, Any]:
    def points(amount: int) -> str:
        return format_amount(amount, program.currencies[transfer.currency].exponent)

    came, returned, earned = transfer.came, transfer.returned, transfer.earned
    return {
        "currency": transfer.currency,
        "came": points(came),
        "earned": None if returned is None else points(earned),
        "returned": None if returned is None else points(returned),
        "kept": None if returned is None else points(max(came + earned - returned, 0)),
    }

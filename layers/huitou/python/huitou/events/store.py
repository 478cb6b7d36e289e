"""Changes of the table `members`, as its stream tells them.

The stream's records hold the item before and after. Which records come at all is said twice, here and in the filters
of the stream's reader, so that one that comes by mistake is harmless.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huitou.events.model import Change, MemberChange, MemberState, PositionChange
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import from_millis
from huitou.platform import keys
from huitou.platform.streams import image
from huitou.points.packing import unpack_counts
from huitou.points.store import EntryItem, WalletItem, entry_in
from huitou.standing.position import Position
from huitou.standing.store import PositionItem, position_in


def change_in(record: Mapping[str, Any]) -> Change | None:
    """What the record tells that may be an event."""
    sk = record["dynamodb"]["Keys"]["sk"]["S"]
    if sk.startswith(keys.ENTRY_PREFIX):
        entry = image(record, EntryItem, "New") if record["eventName"] == "INSERT" else None
        return entry_in(entry) if entry else None
    if sk.startswith(keys.WALLET_PREFIX) and sk.endswith(keys.WALLET_HEAD):
        return _member_change(image(record, WalletItem, "Old"), image(record, WalletItem, "New"))
    if sk == keys.POSITION:
        before, after = image(record, PositionItem, "Old"), image(record, PositionItem, "New")
        return PositionChange(_position(before) if before else None, _position(after)) if after else None
    return None


def _member_change(before: WalletItem | None, after: WalletItem | None) -> MemberChange | None:
    """Only the wallet of the home currency knows who is behind it."""
    if after is None or after.members_pk is None:
        return None
    return MemberChange(_state(before) if before else None, _state(after))


def _position(item: PositionItem) -> Position:
    return position_in(keys.parse_member(item.pk), item)


def _state(head: WalletItem) -> MemberState:
    return MemberState(
        member=keys.parse_member(head.pk),
        version=head.version,
        recorded_at=from_millis(head.recorded_at),
        brands={brand: from_millis(at) for brand, at in unpack_counts(head.brands or "").items()},
        absorbed=tuple(map(MemberId, (head.absorbed or "").split())),
        moved_to=MemberId(head.moved_to) if head.moved_to else None,
        erased_at=from_millis(head.erased_at) if head.erased_at is not None else None,
    )

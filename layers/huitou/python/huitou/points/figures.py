"""What the metrics tell of points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from huitou.points.wallet import Entry, EntryType
from huitou.program.model import CurrencyId

_COUNTED: Mapping[EntryType, str] = {
    EntryType.EARN: "PointsEarned",
    EntryType.REDEEM: "PointsRedeemed",
    EntryType.CAPTURE: "PointsRedeemed",
    EntryType.TAKE_BACK: "PointsTakenBack",
    EntryType.EXPIRE: "PointsExpired",
}


def points_booked(entries: Iterable[Entry], currency: CurrencyId) -> Mapping[str, int]:
    """Points of one currency by metric, in its smallest unit; a sum over several currencies would mean nothing."""
    booked: Counter[str] = Counter()
    for entry in entries:
        if entry.currency == currency and entry.type in _COUNTED:
            booked[_COUNTED[entry.type]] += abs(entry.amount)
    return booked

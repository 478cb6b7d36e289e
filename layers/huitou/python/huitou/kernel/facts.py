"""What a member did, as far as tiers count it (M15): written by purchases and points, read by the standing."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Fact(NamedTuple):
    """Something at ``at`` that counts towards tiers; facts of one instant add up.

    It counts from ``known_at`` on: that is ``at`` itself, and of a refund when it was made, never before ``at``.
    ``spend`` is in the smallest unit of money, ``points`` in that of the home currency. A refund has amounts below
    zero at the instant of its sale, and is never larger than the sale.
    """

    at: datetime
    known_at: datetime
    spend: int
    visits: int
    points: int

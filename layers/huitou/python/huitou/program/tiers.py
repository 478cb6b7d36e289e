"""How members move through the tiers (M15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TierId = str


Measure = Literal["spend", "visits", "points"]


@dataclass(frozen=True, slots=True)
class RollingWindow:
    """(now − ``days`` local days, now] (E9). A tier reached or renewed in it is reviewed ``days`` days later."""

    days: int


@dataclass(frozen=True, slots=True)
class CalendarWindow:
    """Periods of 1, 3, 6 or 12 months from 1 January, by the programme's calendar; reviewed at their ends."""

    months: int


@dataclass(frozen=True, slots=True)
class AnniversaryWindow:
    """Years from the local day on which the member enrolled; reviewed at their ends."""


@dataclass(frozen=True, slots=True)
class Tier:
    """One level. ``threshold`` is in smallest units of what is measured; 0 for the first, which everybody has."""

    id: TierId
    name: str
    threshold: int


@dataclass(frozen=True, slots=True)
class TierPolicy:
    """How members move through the tiers (M15, E7, E8)."""

    measure: Measure
    window: RollingWindow | CalendarWindow | AnniversaryWindow
    grace_days: int
    """So many local days after a failed review the tier still holds, and can still be kept."""
    downgrade: Literal["one_level", "requalify"]
    """To the next lower tier, or to the one that the progress of the window is enough for."""
    on_refund: Literal["keep", "drop"]
    """E8: whether a refund below the threshold takes the tier only at the next review, or at once."""
    warning_days: int
    """So many local days before a review the member is told what is missing."""
    levels: tuple[Tier, ...]
    """Ascending by threshold; the first has 0."""

    def rank(self, tier: TierId) -> int:
        """The position among the levels; 0 for a tier that is no more."""
        for rank, level in enumerate(self.levels):
            if level.id == tier:
                return rank
        return 0

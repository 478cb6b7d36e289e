"""What all brands together keep to, and what was planned for one member."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.templates.model import TemplateKind


class QuietHours(NamedTuple):
    """From ``begin`` until just before ``end`` on the programme's clock; over midnight where it ends before."""

    begin: time
    end: time


class Cap(NamedTuple):
    """At most ``most`` messages of one kind within any ``days`` days (E9, E23)."""

    kind: TemplateKind
    most: int
    days: int


@dataclass(frozen=True, slots=True)
class Manners:
    """What the programme says about when, how often and to whom not; about marketing unless a cap says otherwise."""

    zone: ZoneInfo
    quiet: QuietHours | None = None
    caps: tuple[Cap, ...] = ()
    holdout_percent: int = 0
    """Whom no campaign tells anything (E27)."""


class Slot(NamedTuple):
    """A message that takes up room: when it was sent, or is planned to be."""

    message: str
    kind: TemplateKind
    at: datetime
    priority: int | None = None
    """Of its campaign; None: it has none, and gives way to nobody."""


@dataclass(frozen=True, slots=True)
class Pressure:
    """One member's slots in the order of time; ``version`` counts what was stored, 0: nothing yet."""

    slots: tuple[Slot, ...] = ()
    version: int = 0

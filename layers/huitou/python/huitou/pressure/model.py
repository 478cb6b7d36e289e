"""What all brands together keep to, and what was planned for one member, or sent to one address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from huitou.kernel.ids import MemberId
from huitou.templates.model import TemplateKind

LONGEST_WINDOW: Final = timedelta(days=366)
"""That a cap may look at."""

Holder: TypeAlias = MemberId | tuple[str, str]
"""Who has slots: a member, or an address by its kind and keyed digest, whoever of its members is written to there."""


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
    """One holder's slots in the order of time; ``version`` counts what was stored, 0: nothing yet."""

    slots: tuple[Slot, ...] = ()
    version: int = 0

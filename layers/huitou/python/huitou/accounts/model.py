"""Reports of account as values: what is asked for, and what counting members comes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from huitou.jobs.model import JobStatus
from huitou.kernel.calendars import local_date
from huitou.kernel.ids import Digest
from huitou.kernel.instants import MILLISECOND, format_instant

Month = str
"""``2026-03``: a calendar month in the programme's time zone. Text order is time order."""
Key = tuple[str, ...]
Values = tuple[int | Fraction, ...]


class AccountType(StrEnum):
    """What a report tells."""

    LIABILITY = "liability"
    BREAKAGE = "breakage"
    SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True)
class Account:
    """A report that was asked for.

    It counts what was recorded up to ``at``, at the prices of ``program_version``; a settlement is of ``month``.
    ``after`` is the month that was the last closed one when it was counted.
    """

    id: Digest
    type: AccountType
    at: datetime
    program_version: int
    created_at: datetime
    month: Month | None = None
    client_reference: str | None = None
    status: JobStatus = JobStatus.RUNNING
    finished_at: datetime | None = None
    after: Month | None = None

    def content(self) -> Mapping[str, object]:
        """What a repeat must agree in."""
        return {"type": self.type, "at": format_instant(self.at), "month": self.month}

    @property
    def manifest_key(self) -> str:
        """The file that lists the parts."""
        return f"accounts/{self.id}/manifest.json"


@dataclass(slots=True)
class Tally:
    """Sums by key. All keys of one tally have as many parts, and so have their values."""

    sums: dict[Key, Values] = field(default_factory=dict)

    def add(self, key: Key, values: Iterable[int | Fraction]) -> None:
        given = tuple(values)
        known = self.sums.get(key)
        self.sums[key] = tuple(old + new for old, new in zip(known, given, strict=True)) if known else given

    def merge(self, other: Tally) -> None:
        for key, values in other.sums.items():
            self.add(key, values)

    def rows(self) -> Iterator[tuple[Key, Values]]:
        """In the order of their keys, without those in which everything has come to nothing."""
        for key in sorted(self.sums):
            if any(self.sums[key]):
                yield key, self.sums[key]


def month_of(instant: datetime, zone: ZoneInfo) -> Month:
    """The month on the wall calendar of ``zone``."""
    return f"{local_date(instant, zone):%Y-%m}"


def last_month(end: datetime | None, zone: ZoneInfo) -> Month:
    """The month in which points that end at ``end`` are valid last; empty for those without end."""
    return "" if end is None else month_of(end - MILLISECOND, zone)


def rounded(amount: Fraction) -> int:
    """To whole units, half of one up."""
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)

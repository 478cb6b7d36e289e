"""What a day of a million members costs: their behaviour as said here, times the figures that were measured, times
list prices. Nothing is measured here; the figures are read from the tables of docs/benchmarks.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from huitou.platform.keys import DUE_SHARDS

PRICED_ON = "November 2026, us-east-1"
WRITE, READ, GATEWAY, QUEUE, INVOCATION, EVENT = 0.625, 0.125, 3.50, 0.40, 0.20, 1.00
"""US$ for a million: units on demand, calls, requests of queues, starts of functions, events."""
GIGABYTE_SECOND, LOGGED_GIGABYTE, STORED_GIGABYTE = 0.0000133334, 0.50, 0.25 + 0.20
"""US$: of arm64; written to logs; a month in the table, recoverable."""

MEMBERS = 1_000_000
PURCHASES_A_YEAR = 24
VIEWS_A_MONTH = 2
"""Of the balance, in an app."""
CALL_SECONDS, WORK_SECONDS, GIGABYTES = 0.1, 0.05, 0.5
"""Assumed, not measured on AWS: how long a function works at a call, and at a member; and its size."""
LOGGED_KILOBYTES, KEPT_KILOBYTES = 2, 2.3
"""Of a call; of a purchase with its entry and receipt."""
MILLION, KILOBYTES = 1_000_000, 1_000_000
DAYS, MONTH = 365, 30
TICKS = 24 * 60

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


class Share(NamedTuple):
    """A part of the day: how often, and what all of it costs, in US$."""

    what: str
    times: float
    cost: float


def shares(sections: Mapping[str, str]) -> list[Share]:
    """``sections`` are those of docs/benchmarks.md. Raises `LookupError` where one was not measured yet."""
    purchases = MEMBERS * PURCHASES_A_YEAR / DAYS
    views = MEMBERS * VIEWS_A_MONTH / MONTH
    _, writes, index_writes, reads = _figures(sections, "capacity", "all (")
    _, _, kept_reads, kept_writes = _figures(sections, "looking", "50")
    wakes = purchases * _figures(sections, "waking", "wakes for each purchase")[0]
    booked = _figures(sections, "clock", "booking")
    idle = _figures(sections, "clock", "a tick")[0]
    look = _units(kept_reads, kept_writes) + _function(WORK_SECONDS)
    return [
        Share("purchases", purchases, purchases * (_units(reads, writes + index_writes) + _call())),
        Share("views of a balance", views, views * (_units(1, 0) + _call())),
        Share("looks after purchases: where members stand, packed", purchases, purchases * look),
        Share("looks that the clock asks for", wakes, wakes * (look + 3 * QUEUE / MILLION)),
        Share("bookings of what ends", purchases, purchases * (_units(booked[0], sum(booked[1:])) + _queued())),
        Share("events told", purchases + wakes, (purchases + wakes) * (EVENT / MILLION + _function(WORK_SECONDS))),
        Share("ticks", TICKS, TICKS * (_units(idle * 16 / 15, 0) + _function(2 * CALL_SECONDS))),
        Share("a year of purchases, kept", MEMBERS * PURCHASES_A_YEAR, _kept()),
    ]


def assumed() -> str:
    """The behaviour, in words."""
    return (
        f"{MEMBERS:,} members, each with {PURCHASES_A_YEAR} purchases a year and {VIEWS_A_MONTH} looks at the balance "
        f"a month; {DUE_SHARDS} shards"
    )


def _figures(sections: Mapping[str, str], section: str, row: str) -> Sequence[float]:
    """The first number of each cell of the row that begins so."""
    found = re.search(rf"^\| {re.escape(row)}[^|]*\|(.+)\|$", sections.get(section, ""), re.M)
    if found is None:
        raise LookupError(f"measure {section} first: there is no row {row!r}")
    return [float(number[0].replace(",", "")) for cell in found[1].split("|") if (number := _NUMBER.search(cell))]


def _units(reads: float, writes: float) -> float:
    return (reads * READ + writes * WRITE) / MILLION


def _function(seconds: float) -> float:
    return INVOCATION / MILLION + seconds * GIGABYTES * GIGABYTE_SECOND


def _call() -> float:
    return GATEWAY / MILLION + _function(CALL_SECONDS) + LOGGED_KILOBYTES / KILOBYTES * LOGGED_GIGABYTE


def _queued() -> float:
    """A message: sent, received, deleted; and who takes it."""
    return 3 * QUEUE / MILLION + _function(WORK_SECONDS)


def _kept() -> float:
    return MEMBERS * PURCHASES_A_YEAR * KEPT_KILOBYTES / KILOBYTES * STORED_GIGABYTE / MONTH

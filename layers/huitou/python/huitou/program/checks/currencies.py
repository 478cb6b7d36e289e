"""Kinds of points."""

from __future__ import annotations

from huitou.program.checks.findings import Problems, at
from huitou.program.document import NeverExpiryPart, ProgramDocument, RollingDaysExpiryPart, SlidingExpiryPart


def notices(document: ProgramDocument) -> Problems:
    """What is announced has an end, and has begun before."""
    for n, currency in enumerate(document.point_currencies):
        if currency.expiry_notice_days is None:
            continue
        path = ("point_currencies", n, "expiry_notice_days")
        match currency.expiry:
            case NeverExpiryPart():
                yield at(path, "These points never end: there is nothing to announce.")
            case RollingDaysExpiryPart(days=days) | SlidingExpiryPart(days=days):
                if currency.expiry_notice_days > days:
                    yield at(path, f"These points end after {days} days: announce it at most {days} days before.")

"""A campaign that begins with many at once: who begins it is found out page by page, in parts side by side.

An occasion is put into the due index shortly before its instant, in as many parts as the lists of members have. A
worker takes a page of a part, begins a journey with each who is meant, and keeps how far the part has come. Whoever
dies in between leaves a page that is gone through again; and since a journey's key says for which day it is, nobody
begins twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from huitou.program.campaigns import CampaignId


class OccasionId(NamedTuple):
    """A part of the members with whom ``campaign`` begins at ``at``."""

    campaign: CampaignId
    at: datetime
    part: int


@dataclass(frozen=True, slots=True)
class Occasion:
    """``after`` is where the next page begins in the part's list, ``begun`` with how many members it has begun."""

    id: OccasionId
    due_at: datetime | None
    """When somebody goes on with it; None: all of the part were asked."""
    after: str | None = None
    begun: int = 0
    version: int = 1

    def is_due(self, now: datetime) -> bool:
        return self.due_at is not None and self.due_at <= now


def go_on_from(occasion: Occasion, after: str | None, begun: int) -> Occasion:
    """A page further; with the last, it is done."""
    due_at = occasion.due_at if after else None
    return replace(occasion, due_at=due_at, after=after, begun=occasion.begun + begun, version=occasion.version + 1)


def put_off(occasion: Occasion, until: datetime | None) -> Occasion:
    """None: for good."""
    return replace(occasion, due_at=until, version=occasion.version + 1)

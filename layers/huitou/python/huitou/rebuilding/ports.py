"""What rebuilds need from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from huitou.kernel.ids import MemberId
from huitou.segments.service import Renewal


class Standings(Protocol):
    """Keeps where members stand: `segments.service.Segments`, as far as rebuilds ask."""

    def renew(self, member: MemberId, now: datetime) -> Renewal: ...

"""What the use cases of segments need from outside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from huitou.kernel.ids import MemberId
from huitou.members.model import Member
from huitou.purchases.model import Purchase, Visit


class Deeds(Protocol):
    """What members did, in the order of time, from ``since`` on (None: from the beginning). Reads are consistent."""

    def purchases_since(self, member: MemberId, since: datetime | None) -> Iterable[Purchase]: ...

    def visits_since(self, member: MemberId, since: datetime | None) -> Iterable[Visit]: ...


class Profiles(Protocol):
    """Where records of members are read."""

    def load(self, member: MemberId) -> Member | None: ...

"""What a member's wallet of the home currency knows of them beside points."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from huitou.kernel.facts import Fact
from huitou.kernel.ids import MemberId
from huitou.program.model import BrandId


class Home(Protocol):
    """A `huitou.points.wallet.Wallet`, or what somebody keeps in its place who has the points elsewhere."""

    @property
    def member(self) -> MemberId: ...
    @property
    def brands(self) -> Mapping[BrandId, datetime]: ...
    @property
    def bought(self) -> Mapping[BrandId, int]: ...
    @property
    def unseen(self) -> tuple[Fact, ...]: ...
    @property
    def folds(self) -> int: ...
    @property
    def packed_until(self) -> datetime | None: ...


H = TypeVar("H", bound=Home)

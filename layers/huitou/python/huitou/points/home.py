"""What a member's wallet of the home currency knows of them beside points, as far as their standing asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

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
    def unseen(self) -> Sequence[Fact]: ...

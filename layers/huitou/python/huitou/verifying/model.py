"""A verification: one code, on its way to one address, to prove that it is one member's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId, OwnedId
from huitou.members.identity import Identity, IdentityKey, IdentityKind
from huitou.members.model import ProofMethod
from huitou.program.model import BrandId

LIFE: Final = timedelta(minutes=10)
MOST_TRIES: Final = 5
"""Wrong ones; of a million codes."""
KEPT: Final = timedelta(days=1)
"""After its end; then the table forgets it, and with it an address that may be nobody's."""
CHANNELS: Final = {IdentityKind.PHONE: MessageChannel.SMS, IdentityKind.EMAIL: MessageChannel.EMAIL}
"""What can be proven by a code, and how it gets there."""
METHODS: Final = {IdentityKind.PHONE: ProofMethod.SMS_CODE, IdentityKind.EMAIL: ProofMethod.EMAIL_CODE}


class VerificationState(StrEnum):
    """Where a verification stands."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    """Its ten minutes are over."""
    EXHAUSTED = "exhausted"
    """Its wrong tries are used up."""


@dataclass(frozen=True, slots=True)
class Verification:
    """Its code is kept nowhere: it is worked out from the id and the identity, under a secret; see `codes`."""

    id: OwnedId
    identity: Identity
    brand: BrandId
    """To whom it is proven."""
    begun_at: datetime
    wrong_tries: int = 0
    confirmed_at: datetime | None = None
    version: int = 1

    @property
    def ends_at(self) -> datetime:
        return self.begun_at + LIFE

    @property
    def tries_left(self) -> int:
        return MOST_TRIES - self.wrong_tries

    def state(self, now: datetime) -> VerificationState:
        if self.confirmed_at:
            return VerificationState.CONFIRMED
        if not self.tries_left:
            return VerificationState.EXHAUSTED
        return VerificationState.WAITING if now < self.ends_at else VerificationState.EXPIRED


@dataclass(frozen=True, slots=True)
class CodesSent:
    """When codes were sent to an address, or for a member, by whichever brand, in the order of time. It reaches back a
    day.
    """

    whose: IdentityKey | MemberId
    times: tuple[datetime, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class CodesCounted:
    """How many codes a brand has had sent since an hour or a day of the clock (UTC) began, and may at ``most``.

    A number, not a list: there may be thousands, and many add to it at once.
    """

    brand: BrandId
    since: datetime
    span: timedelta
    most: int
    count: int = 0

    @property
    def ends_at(self) -> datetime:
        return self.since + self.span


@dataclass(frozen=True, slots=True)
class Sent:
    """What caps on codes are about: the address, the member who asks, and the brand that pays."""

    address: CodesSent
    member: CodesSent
    brand: tuple[CodesCounted, ...]

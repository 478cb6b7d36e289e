"""The port behind which every provider stands, and the values that cross it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeVar

from huitou.kernel.channels import MessageChannel
from huitou.program.model import BrandId
from huitou.templates.model import TemplateKind

if TYPE_CHECKING:  # who decides what becomes of a message has no packages to write one
    from huitou.templates.making import Message

MESSAGE_TAG: Final = "message_id"
"""What our id is called where a provider lets it travel along."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who speaks on a channel, as `messages.senders` of the programme says; ``brand`` may be `GROUP`."""

    brand: BrandId
    identity: str
    """An email address, the sender of SMS, or the name of a LINE channel."""
    name: str = ""
    """What mailboxes show; empty: the address alone."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message, written, and what a provider has to know to deliver it.

    What is personal of it is never logged or kept, and does not show where the parcel is printed.
    """

    id: str
    """Of our message. It travels along, so that what the provider tells later names it."""
    retry_key: str
    """A UUID, the same for every attempt (E26)."""
    channel: MessageChannel
    kind: TemplateKind
    sender: Sender
    to: str = field(repr=False)
    """An email address, a phone (E.164) or a LINE user id."""
    message: Message = field(repr=False)
    is_repeat: bool = False
    """Whether an attempt before this one may have sent it: a provider that knows repetitions can tell."""
    unsubscribe_url: str | None = field(default=None, repr=False)
    """Where a mailbox says no for its owner at one click (RFC 8058); None: the message is no marketing by email."""

    def __post_init__(self) -> None:
        """Raises `ValueError` for marketing by email without a way out: no provider is to get it."""
        is_marketing = self.channel is MessageChannel.EMAIL and self.kind is TemplateKind.MARKETING
        if is_marketing and not self.unsubscribe_url:
            raise ValueError("Marketing by email needs a way out.")


class Accepted(NamedTuple):
    """The provider has taken it on; whether it arrives is told later (M25)."""

    provider_id: str
    """What the provider calls it."""


class Refused(NamedTuple):
    """It was surely not sent."""

    reason: str
    """A stable word in snake_case, without personal data: ``throttled``, ``blocked``, ``invalid_address``…"""
    again_after: int | None = None
    """Seconds to wait before it is worth another attempt; None: it never is."""
    is_lasting: bool = False
    """Whether that may take longer than messages live: better by another channel, where there is one."""


class Unclear(NamedTuple):
    """It may have been sent: the answer was lost, or says nothing."""

    reason: str
    """As in `Refused`."""


Outcome = Accepted | Refused | Unclear


class Provider(Protocol):
    """Delivers messages on one channel."""

    @property
    def repeats_safely_for(self) -> timedelta | None:
        """How long after the first attempt the same ``retry_key`` is not sent twice; None: a repeat is a second one."""
        ...

    def hand_over(self, parcel: Parcel) -> Outcome:
        """One attempt, without retries of its own. What goes wrong at the provider is an outcome, not an error."""
        ...


def written(part: T | None) -> T:
    """The part of a message that its channel needs. Raises `ValueError` where it is written for another channel."""
    if part is None:
        raise ValueError("The message is written for another channel.")
    return part

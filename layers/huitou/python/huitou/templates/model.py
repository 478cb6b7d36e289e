"""Templates as a published programme has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

from huitou.kernel.channels import MessageChannel

TemplateId = str


class TemplateKind(StrEnum):
    """Whether a member may say no to it."""

    MARKETING = "marketing"
    SERVICE = "service"


class LanguageMatch(StrEnum):
    """How the language of a text goes with the one asked for."""

    EXACT = "exact"
    RELATED = "related"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class EmailText:
    """Subject and preheader are one line of Liquid each; the body is Markdown with Liquid."""

    subject: str
    body: str
    preheader: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """What is said in one language, on at least one channel; ``sms`` and ``line`` are Liquid."""

    language: str
    email: EmailText | None = None
    sms: str | None = None
    line: str | None = None

    def sources(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """All that its author has written, and where."""
        if self.email is not None:
            yield ("email", "subject"), self.email.subject
            if self.email.preheader is not None:
                yield ("email", "preheader"), self.email.preheader
            yield ("email", "body"), self.email.body
        if self.sms is not None:
            yield ("sms",), self.sms
        if self.line is not None:
            yield ("line",), self.line

    def speaks_by(self, channel: MessageChannel) -> bool:
        return getattr(self, channel.value) is not None


@dataclass(frozen=True, slots=True)
class Template:
    """``brand`` is None for one of the whole group. The first of ``texts`` is for everybody else."""

    id: TemplateId
    name: str
    kind: TemplateKind
    brand: str | None
    texts: tuple[Text, ...]

    @property
    def channels(self) -> tuple[MessageChannel, ...]:
        """Those of any language."""
        return tuple(channel for channel in MessageChannel if any(text.speaks_by(channel) for text in self.texts))


@dataclass(frozen=True, slots=True)
class Look:
    """How emails look: ``color`` as ``#rrggbb``, ``logo`` an https address; ``address`` is who writes, and where."""

    color: str = "#333333"
    logo: str | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who a message comes from, as members read it: a brand, or the programme for the group."""

    name: str
    look: Look = Look()


class Signature(NamedTuple):
    """Who messages come from on a channel: an email address, the sender of SMS, or the name of a LINE channel."""

    brand: str | None
    """Whose it is; None: the group's."""
    identity: str
    name: str = ""
    """What mailboxes show."""


class CodeRules(NamedTuple):
    """How one-time codes are sent (M39)."""

    template: TemplateId
    """What brings them, and nothing else."""
    most_an_hour: int
    """By each brand, as `most_a_day`."""
    most_a_day: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that one version of the programme says about messages."""

    program: Speaker
    brands: Mapping[str, Speaker]
    templates: Mapping[TemplateId, Template]
    prices: Mapping[MessageChannel, Decimal]
    """Of an email, a LINE message, a part of an SMS, in the group's money."""
    signatures: Mapping[tuple[str | None, MessageChannel], Signature] = field(default_factory=dict)
    """By whose they are; None: the group's."""
    codes: CodeRules | None = None
    """None: nobody is sent any."""
    track_sms: bool = False
    testers: str | None = None
    """The list of those who may try messages on themselves; None: nobody may."""

    def signature(self, brand: str | None, channel: MessageChannel) -> Signature | None:
        """The brand's own, else the group's; None: nobody speaks for it there."""
        return self.signatures.get((brand, channel)) or self.signatures.get((None, channel))

    def cost(self, sent: Mapping[MessageChannel, int], exponent: int) -> int | None:
        """Of so many emails, LINE messages and parts of SMS; in the smallest unit of money, half of one up.

        What has no price costs nothing. None: the programme has no prices.
        """
        if not self.prices:
            return None
        exactly = sum((self.prices.get(channel, Decimal()) * number for channel, number in sent.items()), Decimal())
        return int(exactly.scaleb(exponent).quantize(Decimal(1), ROUND_HALF_UP))

    def tracks(self, channel: MessageChannel) -> bool:
        """Whether links of marketing lead through us there: in an SMS, each of their characters is paid for."""
        return self.track_sms or channel is not MessageChannel.SMS

    @property
    def code_template(self) -> TemplateId | None:
        return self.codes.template if self.codes else None

    def speaker(self, brand: str | None) -> Speaker:
        """The brand, by its id where it has left the programme since; the programme for None."""
        return self.brands.get(brand, Speaker(brand)) if brand else self.program

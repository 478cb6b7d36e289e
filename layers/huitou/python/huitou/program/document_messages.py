"""The programme document: what members are told, who tells it, and how it looks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from huitou.kernel.words import LANGUAGE_PATTERN
from huitou.pressure.model import LONGEST_WINDOW
from huitou.program.document_parts import Amount, Id, Label, Part, TimeRangePart

MOST_TEMPLATES = 300
MOST_LANGUAGES = 20
COLOR_PATTERN = "#[0-9a-fA-F]{6}"
SMS_SENDER_PATTERN = r"\+?[0-9]{3,15}|[A-Za-z0-9]{1,11}"
LINE_CHANNEL_PATTERN = "[A-Za-z0-9_-]{1,64}"
LONGEST_ADDRESS = 300
"""Of who writes, and where they are."""

Written = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": 20_000})]
"""A text in Liquid."""
Address = Annotated[str, Field(json_schema_extra={"format": "email"})]


class LookPart(Part):
    """How emails of the brand look."""

    color: Annotated[str, Field(json_schema_extra={"pattern": f"^{COLOR_PATTERN}$"}, examples=["#b3471d"])] = "#333333"
    """Of buttons and links: # and six digits."""

    logo: Annotated[str | None, Field(examples=["https://www.example.com/logo.png"])] = None
    """The address (https) of a picture that stands on top. Without it, the name does."""

    address: Annotated[str, Field(json_schema_extra={"maxLength": LONGEST_ADDRESS})] = ""
    """Who writes, and where they are: the last lines of every email."""


class EmailSenderPart(Part):
    """Who emails come from."""

    address: Address
    """As it is registered with the email service."""

    name: Label
    """What mailboxes show."""


class SmsSenderPart(Part):
    """Who SMS come from."""

    sender: Annotated[str, Field(json_schema_extra={"pattern": f"^({SMS_SENDER_PATTERN})$"})]
    """The number, short code or name that is registered with the SMS service."""


class LineSenderPart(Part):
    """Which LINE official account messages come from."""

    channel: Annotated[str, Field(json_schema_extra={"pattern": f"^{LINE_CHANNEL_PATTERN}$"})]
    """The id of its provider or channel, as your apps name it with members' LINE identities."""


class SenderPart(Part):
    """Who speaks for a brand, or for the group. Secrets are no part of the programme."""

    brand: Id
    """The id of the brand; group: for the group, and for every brand that has no sender of its own."""

    email: EmailSenderPart | None = None
    """Without it, no email of its own."""

    sms: SmsSenderPart | None = None
    """Without it, no SMS of its own."""

    line: LineSenderPart | None = None
    """Without it, no LINE messages of its own."""


class QuietHoursPart(TimeRangePart):
    """A time of the day on the programme's clock, which may run over midnight."""


class FrequencyCapPart(Part):
    """How many messages a member gets at most, and an address, from all brands together."""

    most: Annotated[int, Field(ge=1, le=1000)]
    """So many …"""

    days: Annotated[int, Field(ge=1, le=LONGEST_WINDOW.days)]
    """… within any so many days."""

    kind: Literal["marketing", "service"] = "marketing"
    """Which messages it is about, and counts."""


MostCodes = Annotated[int, Field(ge=1, le=10_000_000)]


class VerificationPart(Part):
    """How members prove that a phone number or a mailbox is theirs: by a one-time code that is sent there."""

    template: Id
    """What brings the code: a service template of no brand's own, with {{ code }} in each text, by SMS, email or both.
    Nothing else is sent by it."""

    most_an_hour: MostCodes = 1_000
    """Codes that each brand has sent at most within an hour of the clock, whoever asks: so it is known what they can
    cost."""

    most_a_day: MostCodes = 5_000
    """The same for a day of the clock in UTC."""


class MessagesPart(Part):
    """What all messages keep to."""

    quiet_hours: QuietHoursPart | None = QuietHoursPart(**{"from": "22:00", "to": "08:00"})
    """When marketing waits for the end of these hours. null: never."""

    frequency_caps: Annotated[tuple[FrequencyCapPart, ...], Field(max_length=10)] = ()
    """What keeps members from being bothered: a message that a cap leaves no room for is not sent."""

    holdout_percent: Annotated[int, Field(ge=0, le=50)] = 0
    """So many percent of members get no marketing from any campaign, so that you see what all of them do together."""

    url_hosts: Annotated[tuple[str, ...], Field(max_length=100, examples=[["example.com"]])] = ()
    """The hosts that links may lead to, and everything below them: example.com stands for www.example.com too."""

    sms_price: Amount | None = None
    """What one part of an SMS costs, in your money. Without it, previews tell no cost."""

    line_price: Amount | None = None
    """What one LINE message costs. Without it, nothing."""

    email_price: Amount | None = None
    """What one email costs. Without it, nothing."""

    track_sms: bool = False
    """Whether links of marketing by SMS lead through us, too, so that you see who opens one. Each takes 93 characters
    then, or more; emails and LINE messages, whose length costs nothing, always do."""

    senders: Annotated[tuple[SenderPart, ...], Field(max_length=101)] = ()
    """Who messages come from."""

    verification: VerificationPart | None = None
    """Without it, nobody is sent a one-time code."""

    testers: Id | None = None
    """The list of those who may try messages on themselves before members get them: one of the group's. Without it,
    nobody may."""


class EmailTextPart(Part):
    """An email."""

    subject: Written
    """One line of Liquid."""

    preheader: Written | None = None
    """One line of Liquid, which mailboxes show after the subject."""

    body: Written
    """Markdown with Liquid: paragraphs, # headings, lists, **bold**, [links](https://…). A link that is a paragraph of
    its own becomes a button."""


class TextPart(Part):
    """What is said in one language, on one channel or several."""

    language: Annotated[str, Field(json_schema_extra={"pattern": LANGUAGE_PATTERN}, examples=["zh-TW", "en"])]
    """As in members' profiles."""

    email: EmailTextPart | None = None
    """By email."""

    sms: Written | None = None
    """By SMS, in Liquid. How long it is and what it costs, a preview tells."""

    line: Written | None = None
    """By LINE, in Liquid."""


class TemplatePart(Part):
    """What members are told on one occasion, with a place for what differs from member to member."""

    id: Id
    """Short: campaigns refer to it. Lower-case letters, digits, - and _."""

    name: Label
    """What you call it; members do not see it."""

    kind: Literal["marketing", "service"]
    """marketing: only for who agreed to it, with a way out. service: what a member has to know, or asked for."""

    brand: Id | None = None
    """The brand that speaks. Without it, the group, or the brand on whose behalf it is sent."""

    texts: Annotated[tuple[TextPart, ...], Field(min_length=1, max_length=MOST_LANGUAGES)]
    """By language. The first is for everybody whose language is not there."""

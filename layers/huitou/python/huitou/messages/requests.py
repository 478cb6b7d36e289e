"""Templates and their previews, as callers ask for them and see them.

Amounts are decimal strings, days as in 2026-01-31 (E33).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from huitou.fields import Body, TemplateName, View
from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId
from huitou.kernel.words import LANGUAGE_PATTERN
from huitou.messages.service import Asked, Preview
from huitou.program.model import GROUP
from huitou.program.part_bodies import TemplateBody
from huitou.templates.email import Email
from huitou.templates.model import LanguageMatch, Template, TemplateKind
from huitou.templates.sms import Sms, SmsEncoding
from huitou.templates.variables import Value


class RecipientBody(Body):
    """A member, by id."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class TemplatePreviewBody(Body):
    """A template, by exactly one of `template` and `document`, and who would get it by which channel."""

    template: TemplateName | None = None
    """One of the active programme."""
    document: TemplateBody | None = None
    """One that is being written: it is tried in the active programme, in place of the one with its id."""
    channel: MessageChannel
    language: Annotated[str, Field(pattern=LANGUAGE_PATTERN, examples=["zh-TW"])] | None = None
    """By default the member's."""
    member: RecipientBody | None = None
    """By default a sample member, of whom everything is known."""
    brand: Annotated[str, StringConstraints(min_length=1, max_length=31)] | None = None
    """Which brand speaks, where the template leaves it open. By default the key's own, and the group for its keys."""

    @model_validator(mode="after")
    def _one(self) -> TemplatePreviewBody:
        if (self.template is None) == (self.document is None):
            raise ValueError("name one of template and document")
        return self

    def asked(self) -> Asked:
        return Asked(
            template=self.template if self.document is None else self.document,  # type: ignore[arg-type]
            channel=self.channel,
            language=self.language,
            member=MemberId(self.member.id) if self.member else None,
            brand=self.brand,
        )


class TemplateView(View):
    """A template of the active programme."""

    id: str
    name: str
    kind: TemplateKind
    """Marketing is only for who agreed to it, and has a way out."""
    brand: str
    """Who speaks: a brand, or the `group`."""
    languages: list[str]
    """The first is for everybody whose language is not there."""
    channels: list[MessageChannel]


class TemplatePage(View):
    """The templates that the caller may see, by id."""

    items: list[TemplateView]
    next_cursor: str | None


class EmailView(View):
    """An email."""

    subject: str
    html: str
    text: str
    """The same for who reads no HTML."""


class SmsView(View):
    """An SMS."""

    text: str
    encoding: SmsEncoding
    """Of 3GPP TS 23.038. One character that the first does not have makes the whole text travel in the second."""
    length: int
    """In septets, or in 16-bit units."""
    parts: int
    """What is paid for: with room for 160 septets or 70 units, or for 153 or 67 where there are several."""
    cost: str | None
    """Of all parts, in the group's money; null where the programme tells no price."""


class LineView(View):
    """A LINE message."""

    text: str


class TemplatePreviewView(View):
    """What the recipient would see; the way out leads nowhere here. Nothing was sent."""

    template: str
    channel: MessageChannel
    brand: str
    """Who speaks: a brand, or the `group`."""
    language: str
    """Of the text."""
    match: LanguageMatch
    """`exact`: it is the language asked for. `related`: it begins with the same word, as zh-Hant and zh-TW do.
    `default`: it is that of the first text, for everybody else.
    """
    member_id: str | None
    """Null: the sample member."""
    email: EmailView | None
    sms: SmsView | None
    line: LineView | None
    variables: dict[str, str | None]
    """Those that the text uses, in whichever branch, with what they say of this member; null: nothing."""


def template_view(template: Template) -> dict[str, Any]:
    """A `TemplateView`."""
    return {
        "id": template.id,
        "name": template.name,
        "kind": template.kind,
        "brand": template.brand or GROUP,
        "languages": [text.language for text in template.texts],
        "channels": list(template.channels),
    }


def template_preview_view(preview: Preview, member: MemberId | None) -> dict[str, Any]:
    """A `TemplatePreviewView`."""
    made = preview.message
    return {
        "template": preview.template.id,
        "channel": preview.channel,
        "brand": preview.brand or GROUP,
        "language": preview.language,
        "match": preview.matched,
        "member_id": member,
        "email": _email_view(made.email) if made.email else None,
        "sms": _sms_view(made.sms, preview.sms_price) if made.sms else None,
        "line": {"text": made.line} if made.line is not None else None,
        "variables": {name: _told(value) for name, value in made.said.items()},
    }


def _email_view(email: Email) -> dict[str, Any]:
    return {"subject": email.subject, "html": email.html, "text": email.text}


def _sms_view(sms: Sms, price: Decimal | None) -> dict[str, Any]:
    cost = sms.cost(price)
    return {
        "text": sms.text,
        "encoding": sms.encoding,
        "length": sms.length,
        "parts": sms.parts,
        "cost": None if cost is None else f"{cost:f}",
    }


def _told(value: Value) -> str | None:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value

"""From the stored document to what messages read of it; decisions read none of this, and never carry it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from huitou.kernel.channels import MessageChannel
from huitou.program.model import GROUP
from huitou.templates.model import (
    Catalogue,
    CodeRules,
    EmailText,
    Look,
    Signature,
    Speaker,
    Template,
    TemplateKind,
    Text,
)

Stored = Mapping[str, Any]


def compile_catalogue(document: Stored) -> Catalogue:
    """Of a document that was published, perhaps before there were templates."""
    templates = [compile_template(part) for part in document.get("templates", ())]
    messages = document.get("messages", {})
    verification = messages.get("verification")
    return Catalogue(
        program=Speaker(document["name"]),
        brands={part["id"]: Speaker(part["name"], Look(**part.get("look", {}))) for part in document["brands"]},
        templates={template.id: template for template in templates},
        prices={
            channel: Decimal(price)
            for channel in MessageChannel
            if (price := messages.get(f"{channel}_price")) is not None
        },
        signatures={
            (each.brand, channel): each for part in messages.get("senders", ()) for channel, each in _signatures(part)
        },
        codes=CodeRules(**verification) if verification else None,
        track_sms=messages.get("track_sms", False),
        testers=messages.get("testers"),
    )


def _signatures(part: Stored) -> Iterator[tuple[MessageChannel, Signature]]:
    brand = None if part["brand"] == GROUP else part["brand"]
    if email := part["email"]:
        yield MessageChannel.EMAIL, Signature(brand, email["address"], email["name"])
    if sms := part["sms"]:
        yield MessageChannel.SMS, Signature(brand, sms["sender"])
    if line := part["line"]:
        yield MessageChannel.LINE, Signature(brand, line["channel"])


def compile_template(part: Stored) -> Template:
    """One template, all of whose fields are written out."""
    return Template(
        id=part["id"],
        name=part["name"],
        kind=TemplateKind(part["kind"]),
        brand=part["brand"],
        texts=tuple(_text(text) for text in part["texts"]),
    )


def _text(part: Stored) -> Text:
    email = part["email"]
    return Text(
        language=part["language"],
        email=EmailText(email["subject"], email["body"], email["preheader"]) if email else None,
        sms=part["sms"],
        line=part["line"],
    )

"""What all messages keep to: how brands look, where links lead, who speaks, and what an SMS costs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from huitou.kernel.channels import MessageChannel
from huitou.program.checks.conditions import time_range
from huitou.program.checks.findings import MOST_DECIMALS, Names, Path, Problems, at, positive, twice
from huitou.program.checks.segment_parts import segments
from huitou.program.document import ProgramDocument
from huitou.program.document_messages import (
    COLOR_PATTERN,
    LINE_CHANNEL_PATTERN,
    LONGEST_ADDRESS,
    SMS_SENDER_PATTERN,
    SenderPart,
)
from huitou.program.model import GROUP
from huitou.templates.links import HOST_PATTERN

_COLOR = re.compile(COLOR_PATTERN)
_HOST = re.compile(HOST_PATTERN)
_MAILBOX = re.compile(r"[^\s@<>\"',;:]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}", re.ASCII)
_SMS_SENDER = re.compile(SMS_SENDER_PATTERN)
_LINE_CHANNEL = re.compile(LINE_CHANNEL_PATTERN)


def looks(document: ProgramDocument) -> Problems:
    """Colours are colours, logos can be fetched, addresses can be read."""
    for n, brand in enumerate(document.brands):
        path: Path = ("brands", n, "look")
        if _COLOR.fullmatch(brand.look.color) is None:
            yield at((*path, "color"), "Write # and six digits of 0-9 and a-f, for example #b3471d.")
        if brand.look.logo is not None and not _is_https(brand.look.logo):
            yield at((*path, "logo"), "Write the address of a picture, beginning with https://.")
        lines = brand.look.address.splitlines()
        if len(brand.look.address) > LONGEST_ADDRESS or not all(line.isprintable() for line in lines):
            yield at((*path, "address"), f"Write at most {LONGEST_ADDRESS} characters that can be seen.")


def _is_https(address: str) -> bool:
    host, slash, _ = address.removeprefix("https://").partition("/")
    is_plain = address.isascii() and address.isprintable() and not set(address) & set(" \"'<>")
    return address.startswith("https://") and bool(slash) and is_plain and _HOST.fullmatch(host) is not None


def quiet_hours(document: ProgramDocument) -> Problems:
    """Two times of the day."""
    if document.messages.quiet_hours is not None:
        yield from time_range(
            ("messages", "quiet_hours"), document.messages.quiet_hours, "write null where no hours are quiet"
        )


def frequency_caps(document: ProgramDocument) -> Problems:
    """None says what another says already: more days, and no more messages."""
    seen = document.messages.frequency_caps
    for n, cap in enumerate(seen):
        for k, other in enumerate(seen):
            is_stricter = other.days >= cap.days and other.most <= cap.most
            if k != n and other.kind == cap.kind and is_stricter and (k < n or other != cap):
                yield at(
                    ("messages", "frequency_caps", n),
                    f"This never holds anything back: {other.most} within {other.days} days is less already.",
                )
                break


def hosts(document: ProgramDocument) -> Problems:
    """Hosts are written as links have them, once each."""
    path: Path = ("messages", "url_hosts")
    for n, host in enumerate(document.messages.url_hosts):
        if _HOST.fullmatch(host) is None:
            yield at((*path, n), f"{host!r} is no host; write one such as example.com, in lower case.")
    yield from twice(path, document.messages.url_hosts)


def prices(document: ProgramDocument) -> Problems:
    """What has a price costs something, which may be finer than your money."""
    for field in ("sms_price", "line_price", "email_price"):
        if (price := getattr(document.messages, field)) is not None:
            yield from positive(("messages", field), price, MOST_DECIMALS)


def senders(document: ProgramDocument) -> Problems:
    """Each brand speaks for itself once, by something."""
    brands = Names("brand", (GROUP, *(brand.id for brand in document.brands)))
    seen: set[str] = set()
    for n, sender in enumerate(document.messages.senders):
        path: Path = ("messages", "senders", n)
        yield from brands.check((*path, "brand"), sender.brand)
        if sender.brand in seen:
            yield at((*path, "brand"), f"{sender.brand!r} has senders already.")
        seen.add(sender.brand)
        if (sender.email, sender.sms, sender.line) == (None, None, None):
            yield at(path, "Name a sender of email, SMS or LINE.")
        yield from _forms(path, sender)


def _forms(path: Path, sender: SenderPart) -> Problems:
    if sender.email and _MAILBOX.fullmatch(sender.email.address) is None:
        yield at((*path, "email", "address"), "Write an address such as hello@example.com.")
    if sender.sms and _SMS_SENDER.fullmatch(sender.sms.sender) is None:
        yield at((*path, "sms", "sender"), "Write a number, or a name of up to 11 of A-Z, a-z and 0-9.")
    if sender.line and _LINE_CHANNEL.fullmatch(sender.line.channel) is None:
        yield at((*path, "line", "channel"), "Write 1 to 64 of A-Z, a-z, 0-9, - and _.")


def testers(document: ProgramDocument) -> Problems:
    """Who tries messages on themselves is on a list that every brand may know of (E31), and the group alone keeps.

    Who gets trials is asked for no consent: so nobody becomes one by what they do, or by what a brand says of them.
    """
    if (named := document.messages.testers) is None:
        return
    path, known = ("messages", "testers"), {segment.id: segment for _, segment in segments(document)}
    yield from Names("segment", known).check(path, named)
    if (found := known.get(named)) is None:
        return
    if found.brand is not None:
        yield at(path, f"All brands try their messages on them: {named!r} can be no brand's own.")
    if not found.is_list:
        yield at(path, f"They are named one by one: {named!r} must be a list.")


def channels_of(document: ProgramDocument) -> Mapping[str, frozenset[MessageChannel]]:
    """On which channels each brand, and the group, has a sender of its own."""
    return {
        sender.brand: frozenset(channel for channel in MessageChannel if getattr(sender, channel) is not None)
        for sender in document.messages.senders
    }

"""From a text to the message that one member gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from huitou.kernel.channels import MessageChannel
from huitou.templates.email import Email, Parts, email
from huitou.templates.links import Track, links_in
from huitou.templates.model import EmailText, Speaker, Template, TemplateKind, Text
from huitou.templates.sms import Sms, sms
from huitou.templates.variables import CouponFacts, MemberFacts, Value, Values, values
from huitou.templates.writing import Written, names_in, percent_encoded, write


@dataclass(frozen=True, slots=True)
class Message:
    """One of ``email``, ``sms`` and ``line``; ``said`` are the variables that its text uses, with their values."""

    said: Mapping[str, Value]
    email: Email | None = None
    sms: Sms | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who speaks to whom. ``unsubscribe_url`` is told by marketing only, ``code`` by what brings one-time codes,
    ``coupon`` by what a campaign says after it has given one.
    """

    speaker: Speaker
    program: str
    member: MemberFacts
    unsubscribe_url: str
    code: str | None = None
    track: Track = str
    """Of marketing: what its links become; by default they stay."""
    coupon: CouponFacts | None = None


def message(template: Template, channel: MessageChannel, text: Text, occasion: Occasion) -> Message:
    """The message by a ``channel`` that ``text`` speaks by. Raises `UnwritableTextError`."""
    unsubscribe_url = occasion.unsubscribe_url if template.kind is TemplateKind.MARKETING else None
    said = values(
        occasion.member,
        brand=occasion.speaker.name,
        program=occasion.program,
        unsubscribe_url=unsubscribe_url,
        code=occasion.code,
        coupon=occasion.coupon,
    )
    track = occasion.track if template.kind is TemplateKind.MARKETING else str
    language = text.language
    if channel is MessageChannel.EMAIL and text.email is not None:
        parts = _parts(text.email, said, language)
        made = email(parts, occasion.speaker, language, unsubscribe_url, track)
        return Message(_used(said, *_sources(text.email)), made)
    source = (text.sms if channel is MessageChannel.SMS else text.line) or ""
    written = tracked(write(source, said, language), track, unsubscribe_url).strip()
    if channel is MessageChannel.SMS:
        return Message(_used(said, source), sms=sms(written))
    return Message(_used(said, source), line=written)


def says_coupons(text: Text) -> bool:
    """Whether it says something of a coupon, by whichever channel."""
    return any(name.startswith("coupon.") for _, source in text.sources() for name in names_in(source))


def tracked(written: Written, track: Track, unsubscribe_url: str | None) -> str:
    """The text with its values, and its links as ``track`` makes them; what values look like is no link of it.

    A link that ``track`` leaves is what the author wrote, to the letter.
    """
    said, end = "", 0
    for start, stop in links_in(written.form, lambda mark: written.fill(mark) == unsubscribe_url):
        link = written.form[start:stop]
        address = written.fill(link, percent_encoded)
        opened = track(address)
        said += written.fill(written.form[end:start]) + (written.fill(link) if opened == address else opened)
        end = stop
    return said + written.fill(written.form[end:])


def _sources(text: EmailText) -> tuple[str, ...]:
    return (text.subject, text.preheader or "", text.body)


def _parts(text: EmailText, said: Values, language: str) -> Parts:
    preheader = write(text.preheader, said, language) if text.preheader else None
    return Parts(write(text.subject, said, language), write(text.body, said, language), preheader)


def _used(said: Values, *sources: str) -> Mapping[str, Value]:
    names = {name for source in sources for name in names_in(source)}
    return {name: value for name, value in said.items() if name in names}

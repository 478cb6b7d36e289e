"""What is wrong with the text of a template, before anybody gets it (M24)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from huitou.templates.email import destinations
from huitou.templates.links import addresses, objection
from huitou.templates.model import Template, TemplateKind, Text
from huitou.templates.sms import MOST_PARTS, sms
from huitou.templates.variables import (
    SAMPLE_UNSUBSCRIBE_URL,
    UNSUBSCRIBE_URL,
    known,
    sample,
    values,
    with_gaps,
)
from huitou.templates.writing import Mistake, Written, mistakes, one_line, write

LONGEST_LINE: Final = 5_000
"""Characters of a LINE message (UTF-16 units, as LINE counts them)."""
LONGEST_SUBJECT: Final = 255

Finding = tuple[tuple[str, ...], str]
"""Where in the text, and what."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a template is looked at by: the hosts of links, the longest name of a tier, and who may speak."""

    hosts: Collection[str]
    tier: str | None
    brand: str
    program: str


def findings(template: Template, text: Text, terms: Terms) -> Iterator[Finding]:
    """Everything that is wrong with one of the template's texts."""
    looking = _Looking(template, text, terms)
    for place, source in _sources(text):
        yield from ((place, sentence) for sentence in looking.at(place, source))


def _sources(text: Text) -> Iterator[tuple[tuple[str, ...], str]]:
    if text.email is not None:
        yield ("email", "subject"), text.email.subject
        if text.email.preheader is not None:
            yield ("email", "preheader"), text.email.preheader
        yield ("email", "body"), text.email.body
    if text.sms is not None:
        yield ("sms",), text.sms
    if text.line is not None:
        yield ("line",), text.line


class _Looking:
    def __init__(self, template: Template, text: Text, terms: Terms) -> None:
        self._marketing = template.kind is TemplateKind.MARKETING
        self._language = text.language
        self._terms = terms
        self._unsubscribe_url = SAMPLE_UNSUBSCRIBE_URL if self._marketing else None
        self._said = values(
            sample(text.language, terms.tier),
            brand=terms.brand,
            program=terms.program,
            unsubscribe_url=self._unsubscribe_url,
        )

    def at(self, place: tuple[str, ...], source: str) -> Iterator[str]:
        """What cannot be written is not looked at any further."""
        if not source.strip():
            yield "Write something here."
            return
        found = [each.sentence for each in self._mistakes(source)]
        if not found:
            written = write(source, self._said, self._language)
            found = [*self._links(source, written, place), *self._size(written, place), *self._way_out(source, place)]
        yield from found

    def _mistakes(self, source: str) -> Iterator[Mistake]:
        return mistakes(source, known(marketing=self._marketing), with_gaps(self._said), self._language)

    def _links(self, source: str, written: Written, place: tuple[str, ...]) -> Iterator[str]:
        objections: Mapping[str, str] = {
            address: f"Line {line}: {reason}."
            for line, address in addresses(source)
            if (reason := objection(address, self._terms.hosts))
        }
        yield from objections.values()
        seen = {address for _, address in addresses(written.fill().replace(SAMPLE_UNSUBSCRIBE_URL, ""))}
        if place == ("email", "body"):
            seen.update(destinations(written, self._unsubscribe_url))
        if not objections:
            yield from (f"A link is wrong: {reason}." for each in sorted(seen) if (reason := self._objection(each)))

    def _objection(self, address: str) -> str | None:
        return objection(address, self._terms.hosts)

    def _size(self, written: Written, place: tuple[str, ...]) -> Iterator[str]:
        text = written.fill()
        if not text.strip():
            yield "Of this nothing is left for a member of whom everything is known."
        elif place == ("sms",) and (parts := sms(text).parts) > MOST_PARTS:
            yield f"For the sample member this takes {parts} parts; at most {MOST_PARTS} are allowed."
        elif place == ("line",) and (length := len(text.encode("utf-16-le")) // 2) > LONGEST_LINE:
            yield f"For the sample member this has {length:,} characters; at most {LONGEST_LINE:,} are allowed."
        elif place == ("email", "subject") and (length := len(one_line(written))) > LONGEST_SUBJECT:
            yield f"For the sample member this has {length} characters; at most {LONGEST_SUBJECT} are allowed."

    def _way_out(self, source: str, place: tuple[str, ...]) -> Iterator[str]:
        """Emails get a last line; LINE is blocked by whoever wants no more of it. An SMS has to say it itself."""
        if not self._marketing or place != ("sms",):
            return
        everybody = (write(source, said, self._language).fill() for said in with_gaps(self._said))
        if any(SAMPLE_UNSUBSCRIBE_URL not in text for text in everybody):
            yield f"Marketing by SMS needs a way out for everybody: write {{{{ {UNSUBSCRIBE_URL} }}}}."

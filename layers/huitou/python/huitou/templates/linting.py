"""What is wrong with the text of a template, before anybody gets it (M24)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Final

from huitou.templates.email import destinations
from huitou.templates.links import addresses, objection, sample_track
from huitou.templates.making import tracked
from huitou.templates.model import Template, TemplateId, TemplateKind, Text
from huitou.templates.sms import MOST_PARTS, sms
from huitou.templates.variables import (
    CODE,
    COUPON_CODE,
    SAMPLE_CODE,
    SAMPLE_COUPON,
    SAMPLE_UNSUBSCRIBE_URL,
    UNSUBSCRIBE_URL,
    known,
    sample,
    values,
    with_gaps,
)
from huitou.templates.writing import (
    Mistake,
    UnwritableTextError,
    Written,
    every_branch,
    mistakes,
    one_line,
    write,
)

LONGEST_LINE: Final = 5_000
"""Characters of a LINE message (UTF-16 units, as LINE counts them)."""
LONGEST_SUBJECT: Final = 255

Finding = tuple[tuple[str, ...], str]
"""Where in the text, and what."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a template is looked at by: the hosts of links, the longest name of a tier, who may speak, which one brings
    one-time codes, and whether links in SMS lead through us.
    """

    hosts: Collection[str]
    tier: str | None
    brand: str
    program: str
    code_template: TemplateId | None = None
    track_sms: bool = False


def findings(template: Template, text: Text, terms: Terms) -> Iterator[Finding]:
    """Everything that is wrong with one of the template's texts."""
    looking = _Looking(template, text, terms)
    for place, source in text.sources():
        yield from ((place, sentence) for sentence in looking.at(place, source))


class _Looking:
    def __init__(self, template: Template, text: Text, terms: Terms) -> None:
        self._marketing = template.kind is TemplateKind.MARKETING
        self._codes = template.id == terms.code_template
        self._language = text.language
        self._terms = terms
        self._unsubscribe_url = SAMPLE_UNSUBSCRIBE_URL if self._marketing else None
        self._said = values(
            sample(text.language, terms.tier),
            brand=terms.brand,
            program=terms.program,
            unsubscribe_url=self._unsubscribe_url,
            code=SAMPLE_CODE if self._codes else None,
            coupon=SAMPLE_COUPON,
        )

    def at(self, place: tuple[str, ...], source: str) -> Iterator[str]:
        """What cannot be written is not looked at any further."""
        if not source.strip():
            yield "Write something here."
            return
        found = [each.sentence for each in self._mistakes(source, place)]
        if not found:
            try:
                looks = (self._links, self._size, self._way_out, self._code)
                found = [sentence for look in looks for sentence in look(source, place)]
            except UnwritableTextError as error:
                found = [error.detail]
        yield from found

    def _written(self, source: str) -> Written:
        return write(source, self._said, self._language)

    def _for_everybody(self, source: str, place: tuple[str, ...]) -> Iterator[str]:
        """As it is sent."""
        return (self._sent(write(source, said, self._language), place) for said in with_gaps(self._said))

    def _mistakes(self, source: str, place: tuple[str, ...]) -> Iterator[Mistake]:
        return mistakes(source, self._names(place), with_gaps(self._said), self._language)

    def _names(self, place: tuple[str, ...]) -> Iterator[str]:
        """No subject says a code: providers repeat it in their reports, which are kept (M39), and whoever knows that of
        a coupon has it.
        """
        names = known(marketing=self._marketing, codes=self._codes)
        return (each for each in names if each not in {CODE, COUPON_CODE} or place != ("email", "subject"))

    def _links(self, source: str, place: tuple[str, ...]) -> Iterator[str]:
        """As they are written, and as they are understood, also in branches that the sample member does not see."""
        objections: Mapping[str, str] = {
            address: f"Line {line}: {reason}."
            for line, address in addresses(source)
            if (reason := self._objection(address))
        }
        yield from objections.values()
        if objections:
            return
        written, whole = self._written(source), every_branch(source, SAMPLE_UNSUBSCRIBE_URL)
        texts = (unescape(each.fill()).replace(SAMPLE_UNSUBSCRIBE_URL, "") for each in (written, whole))
        seen = {address for text in texts for _, address in addresses(text)}
        if place == ("email", "body"):
            seen.update(destinations(written, self._unsubscribe_url), destinations(whole, SAMPLE_UNSUBSCRIBE_URL))
        yield from (f"A link is wrong: {reason}." for each in sorted(seen) if (reason := self._objection(each)))

    def _objection(self, address: str) -> str | None:
        return objection(address, self._terms.hosts)

    def _size(self, source: str, place: tuple[str, ...]) -> Iterator[str]:
        written = self._written(source)
        text = self._sent(written, place)
        if place != ("email", "preheader") and not all(self._for_everybody(source, place)):
            yield "Of this nothing is left for some members: give them something else to read."
        elif place == ("sms",) and (parts := sms(text).parts) > MOST_PARTS:
            yield f"For the sample member this takes {parts} parts; at most {MOST_PARTS} are allowed."
        elif place == ("line",) and (length := len(text.encode("utf-16-le")) // 2) > LONGEST_LINE:
            yield f"For the sample member this has {length:,} characters; at most {LONGEST_LINE:,} are allowed."
        elif place == ("email", "subject") and (length := len(one_line(written))) > LONGEST_SUBJECT:
            yield f"For the sample member this has {length} characters; at most {LONGEST_SUBJECT} are allowed."

    def _sent(self, written: Written, place: tuple[str, ...]) -> str:
        is_tracked = self._marketing and (self._terms.track_sms or place != ("sms",))
        return tracked(written, sample_track if is_tracked else str, self._unsubscribe_url).strip()

    def _way_out(self, source: str, place: tuple[str, ...]) -> Iterator[str]:
        """Emails get a last line; LINE is blocked by whoever wants no more of it. An SMS has to say it itself."""
        if not self._marketing or place != ("sms",):
            return
        if not all(map(_WAY_OUT.search, self._for_everybody(source, place))):
            yield f"Marketing by SMS needs a way out for everybody: write {{{{ {UNSUBSCRIBE_URL} }}}} by itself."

    def _code(self, source: str, place: tuple[str, ...]) -> Iterator[str]:
        """It is what the message is for."""
        if not self._codes or place not in {("sms",), ("email", "body")}:
            return
        if not all(SAMPLE_CODE in each for each in self._for_everybody(source, place)):
            yield f"This brings one-time codes: write {{{{ {CODE} }}}} to everybody."


_WAY_OUT: Final = re.compile(
    rf"(?<![!-~])(?:(?!://)[!-~])*(?<![!-'*-9;-~]){re.escape(SAMPLE_UNSUBSCRIBE_URL)}(?=[.,!)]?(?![!-~]))"
)
"""With nothing at its ends that a telephone would take for a part of it, or it for a part of."""

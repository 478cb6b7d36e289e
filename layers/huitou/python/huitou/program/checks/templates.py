"""Templates: who speaks, in which languages, and whether every text can be written for every member.

What is inside a text is looked at by `huitou.templates`, whose packages are loaded only where there are templates: most
functions that read documents have none of them.
"""

from __future__ import annotations

import re

from huitou.kernel.channels import MessageChannel
from huitou.kernel.words import LANGUAGE_PATTERN
from huitou.program.checks.findings import Names, Path, Problems, at
from huitou.program.checks.messages import channels_of
from huitou.program.document import ProgramDocument
from huitou.program.model import GROUP
from huitou.program.template_compilation import compile_template

_LANGUAGE = re.compile(LANGUAGE_PATTERN)


def brands(document: ProgramDocument) -> Problems:
    """Who speaks is a brand of the programme."""
    known = Names("brand", (brand.id for brand in document.brands))
    for n, template in enumerate(document.templates):
        if template.brand is not None:
            yield from known.check(("templates", n, "brand"), template.brand)


def languages(document: ProgramDocument) -> Problems:
    """One text for each language, with something in it."""
    for n, template in enumerate(document.templates):
        seen: set[str] = set()
        for k, text in enumerate(template.texts):
            path: Path = ("templates", n, "texts", k)
            if _LANGUAGE.fullmatch(text.language) is None:
                yield at((*path, "language"), f"{text.language!r} is no language; write one such as zh-TW or en.")
            elif text.language.casefold() in seen:
                yield at((*path, "language"), f"There is a text in {text.language!r} already.")
            seen.add(text.language.casefold())
            if all(getattr(text, channel) is None for channel in MessageChannel):
                yield at(path, "Write an email, an SMS or a LINE message.")


def senders(document: ProgramDocument) -> Problems:
    """Whatever is written comes from somebody: the brand that speaks, else the group."""
    own = channels_of(document)
    for n, template in enumerate(document.templates):
        speaking = own.get(GROUP, frozenset()) | own.get(template.brand or GROUP, frozenset())
        whose = f"the brand {template.brand!r} or the group" if template.brand else "the group"
        for k, text in enumerate(template.texts):
            for channel in MessageChannel:
                if getattr(text, channel) is not None and channel not in speaking:
                    path = ("templates", n, "texts", k, channel)
                    yield at(path, f"Nobody sends this: {whose} needs a sender under messages, senders.")


def codes(document: ProgramDocument) -> Problems:
    """One-time codes come by a service template in which every brand may speak, to phones and mailboxes (M39)."""
    if document.messages.verification is None:
        return
    named, path = document.messages.verification.template, ("messages", "verification", "template")
    yield from Names("template", (template.id for template in document.templates)).check(path, named)
    for n, template in enumerate(document.templates):
        if template.id != named:
            continue
        if template.kind != "service":
            yield at(path, "Whoever waits for a code has asked for it: make it a service template.")
        if template.brand is not None:
            yield at(path, "All brands send their codes by it: it can be no brand's own.")
        for k, text in enumerate(template.texts):
            if text.line is not None:
                yield at(("templates", n, "texts", k, "line"), "Codes go to phones and mailboxes, never by LINE.")


def texts(document: ProgramDocument) -> Problems:
    """Every text can be written for every member, leads nowhere it should not, and is not too long."""
    if not document.templates:
        return
    from huitou.templates.linting import Terms, findings  # noqa: PLC0415 - see above

    levels = document.tiers.levels if document.tiers else ()
    tier = max((level.name for level in levels), key=len, default=None)
    names = {brand.id: brand.name for brand in document.brands}
    messages, verification = document.messages, document.messages.verification
    for n, part in enumerate(document.templates):
        template = compile_template(part.model_dump(mode="json"))
        brand = names.get(part.brand or "", max((document.name, *names.values()), key=len))
        code_template = verification.template if verification else None
        terms = Terms(messages.url_hosts, tier, brand, document.name, code_template, messages.track_sms)
        for k, text in enumerate(template.texts):
            for place, sentence in findings(template, text, terms):
                yield at(("templates", n, "texts", k, *place), sentence)

"""What callers do with templates: list them, and see what a member would get (M24). Nothing is sent or kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from huitou.access.model import Caller
from huitou.kernel.channels import MessageChannel
from huitou.kernel.errors import FieldError
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import Page, page_of
from huitou.messages.errors import ChannelNotWrittenError, InvalidTemplateError
from huitou.messages.recipients import Recipients
from huitou.messages.speaking import is_seen, speaking, template_for
from huitou.program.model import GROUP, BrandId, Program
from huitou.program.ports import PublishedPrograms
from huitou.program.speech import speech_in
from huitou.program.template_compilation import compile_template
from huitou.program.trying import Misfit, tried
from huitou.templates.choosing import text_for
from huitou.templates.links import sample_track
from huitou.templates.making import Message, Occasion, message
from huitou.templates.model import Catalogue, LanguageMatch, Template, TemplateId
from huitou.templates.variables import SAMPLE_CODE, SAMPLE_COUPON, SAMPLE_UNSUBSCRIBE_URL, MemberFacts, sample


@dataclass(frozen=True, slots=True)
class Asked:
    """``template`` is an id in the active programme, or a template as its document writes them.

    ``member`` None: the sample member. ``language`` None: the member's. ``brand`` None: the template's, else the
    caller's.
    """

    template: TemplateId | Mapping[str, Any]
    channel: MessageChannel
    language: str | None = None
    member: MemberId | None = None
    brand: BrandId | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What the recipient would see. ``brand`` None: the group speaks. An SMS costs ``sms_price`` for each part."""

    template: Template
    channel: MessageChannel
    brand: BrandId | None
    language: str
    matched: LanguageMatch
    message: Message
    sms_price: Decimal | None


class Templates:
    """The use cases."""

    def __init__(self, programs: PublishedPrograms, recipients: Recipients) -> None:
        self._programs = programs
        self._recipients = recipients
        self._speech = speech_in(programs)

    def page(self, caller: Caller, *, after: str | None, limit: int) -> Page[Template]:
        """By id: those of the group, and of the caller's brand; a key of the group sees all (E31)."""
        templates = self._speech(self._programs.active()).catalogue.templates
        seen = {name: template for name, template in templates.items() if is_seen(template, caller)}
        return page_of(seen, after=after, limit=limit)

    def preview(self, asked: Asked, caller: Caller, now: datetime) -> Preview:
        """What would be sent if it were sent now.

        Raises `TemplateNotFoundError`, `InvalidTemplateError`, `ChannelNotWrittenError`, `WrongSpeakerError`,
        `ForeignBrandError`, `UnwritableTextError`, and what is raised of members.
        """
        program = self._programs.active()
        catalogue = self._speech(program).catalogue
        template = self._template(asked.template, catalogue, caller, program)
        brand = speaking(asked.brand, template, catalogue, caller)
        member = self._member(asked, template, brand or GROUP, program, now)
        chosen = text_for(template, asked.channel, asked.language or member.language)
        if chosen is None:
            spoken = ", ".join(template.channels)
            raise ChannelNotWrittenError(
                f"The template speaks by {spoken}.", errors=[FieldError("/channel", f"Choose {spoken}.")]
            )
        text, matched = chosen
        code = SAMPLE_CODE if template.id == catalogue.code_template else None
        is_tracked = asked.channel is MessageChannel.SMS and catalogue.track_sms
        occasion = Occasion(
            catalogue.speaker(brand),
            catalogue.program.name,
            member,
            SAMPLE_UNSUBSCRIBE_URL,
            code,
            sample_track if is_tracked else str,
            SAMPLE_COUPON,
        )
        made = message(template, asked.channel, text, occasion)
        return Preview(
            template, asked.channel, brand, text.language, matched, made, catalogue.prices.get(MessageChannel.SMS)
        )

    def _template(
        self, asked: TemplateId | Mapping[str, Any], catalogue: Catalogue, caller: Caller, program: Program
    ) -> Template:
        if not isinstance(asked, str):
            return self._tried(asked, caller, program)
        return template_for(asked, catalogue, caller)

    def _tried(self, written: Mapping[str, Any], caller: Caller, program: Program) -> Template:
        try:
            document, place = tried("templates", written, self._programs.published(program.version))
        except Misfit as misfit:
            raise InvalidTemplateError(f"The template has {misfit.count}.", errors=misfit.errors) from misfit
        template = compile_template(document.templates[place].model_dump(mode="json"))
        if template.brand is not None:
            caller.acts_for(template.brand)
        return template

    def _member(self, asked: Asked, template: Template, brand: BrandId, program: Program, now: datetime) -> MemberFacts:
        if asked.member is not None:
            return self._recipients.facts(asked.member, brand, program, now)
        levels = program.tiers.levels if program.tiers else ()
        return sample(asked.language or template.texts[0].language, levels[-1].name if levels else None)

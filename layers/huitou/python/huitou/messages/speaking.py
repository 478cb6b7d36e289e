"""Which templates a caller may use, and who speaks in them (E31); of any version of the programme."""

from __future__ import annotations

from huitou.access.model import Caller
from huitou.kernel.errors import FieldError
from huitou.messages.errors import TemplateNotFoundError, WrongSpeakerError
from huitou.program.model import BrandId
from huitou.templates.model import Catalogue, Template, TemplateId


def is_seen(template: Template, caller: Caller) -> bool:
    """The group's and the caller's own; a key of the group sees all."""
    return caller.is_group or template.brand in {None, caller.brand}


def template_for(name: TemplateId, catalogue: Catalogue, caller: Caller) -> Template:
    """Raises `TemplateNotFoundError`."""
    template = catalogue.templates.get(name)
    if template is None or not is_seen(template, caller):
        raise TemplateNotFoundError("The active programme has no such template.")
    return template


def speaking(asked: BrandId | None, template: Template, catalogue: Catalogue, caller: Caller) -> BrandId | None:
    """The brand that is asked for, else the template's, else the caller's; None: the group.

    Raises `ForeignBrandError`, `WrongSpeakerError`.
    """
    if asked is not None:
        caller.acts_for(asked)
        if asked not in catalogue.brands or template.brand not in {None, asked}:
            raise WrongSpeakerError(
                "The template is another brand's, or there is no such brand.",
                errors=[FieldError("/brand", "This brand cannot say it.")],
            )
    return asked or template.brand or (None if caller.is_group else caller.brand)

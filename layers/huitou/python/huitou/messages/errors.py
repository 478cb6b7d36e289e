"""What may be refused about messages."""

from __future__ import annotations

from huitou.kernel.errors import InvalidError, NotFoundError


class TemplateNotFoundError(NotFoundError):
    """The active programme has no such template, or it is another brand's (E31)."""

    code = "template_not_found"
    title = "No such template"


class InvalidTemplateError(InvalidError):
    """The programme could not be published with this template in it; ``errors`` says where and why."""

    code = "invalid_template"
    title = "The template cannot work"


class ChannelNotWrittenError(InvalidError):
    """The template has no text for the channel."""

    code = "channel_not_written"
    title = "The template says nothing on this channel"


class WrongSpeakerError(InvalidError):
    """The programme has no such brand, or the template is another's."""

    code = "wrong_speaker"
    title = "The brand cannot say this"

"""Which of a template's texts a member reads."""

from __future__ import annotations

from huitou.kernel.channels import MessageChannel
from huitou.templates.languages import script_of
from huitou.templates.model import LanguageMatch, Template, Text


def text_for(template: Template, channel: MessageChannel, language: str | None) -> tuple[Text, LanguageMatch] | None:
    """In ``language``, else in one whose tag begins with the same word, else the first; None: not on ``channel``.

    Of those with the same word, one in the same script goes first: ``zh-TW`` is told ``zh-Hant``, not ``zh-CN``.
    """
    texts = [text for text in template.texts if text.speaks_by(channel)]
    if not texts:
        return None
    asked = (language or "").casefold()
    related = [text for text in texts if text.language.casefold().partition("-")[0] == asked.partition("-")[0]]
    for text in related:
        if text.language.casefold() == asked:
            return text, LanguageMatch.EXACT
    for text in related:
        if script_of(text.language) == script_of(asked):
            return text, LanguageMatch.RELATED
    return (related[0], LanguageMatch.RELATED) if related else (texts[0], LanguageMatch.DEFAULT)

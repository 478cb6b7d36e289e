"""A member reads the text that is nearest to their own language."""

from __future__ import annotations

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.templates.choosing import text_for
from huitou.templates.languages import direction_of, script_of
from huitou.templates.model import LanguageMatch, Template, TemplateKind, Text


@pytest.mark.parametrize(
    ("language", "script"),
    [
        ("zh-TW", "Hant"),
        ("zh-hk", "Hant"),
        ("zh-CN", "Hans"),
        ("zh", "Hans"),
        ("zh-Hant-CN", "Hant"),
        ("sr-Latn", "Latn"),
        ("en-GB", "Latn"),
        ("en-u-nu-thai", "Latn"),
        ("zh-x-tw", "Hans"),
        ("xx", None),
    ],
)
def test_a_language_has_a_script(language: str, script: str | None) -> None:
    assert script_of(language) == script


@pytest.mark.parametrize(("language", "direction"), [("ar-EG", "rtl"), ("he", "rtl"), ("zh-TW", "ltr"), ("xx", "ltr")])
def test_a_script_runs_one_way(language: str, direction: str) -> None:
    assert direction_of(language) == direction


@pytest.mark.parametrize(
    ("written", "asked", "told", "match"),
    [
        (["en", "zh-CN", "zh-TW"], "zh-Hant", "zh-TW", "related"),
        (["en", "zh-CN", "zh-TW"], "zh-HK", "zh-TW", "related"),
        (["en", "zh-TW", "zh-CN"], "zh-SG", "zh-CN", "related"),
        (["en", "zh-CN"], "zh-TW", "zh-CN", "related"),
        (["en", "zh-CN", "zh-TW"], "ZH-tw", "zh-TW", "exact"),
        (["en", "zh-CN"], "ja", "en", "default"),
        (["en", "zh-CN"], None, "en", "default"),
    ],
)
def test_the_same_script_is_nearer_than_the_order_of_texts(
    written: list[str], asked: str | None, told: str, match: str
) -> None:
    texts = tuple(Text(language, line="…") for language in written)
    found = text_for(Template("x", "X", TemplateKind.SERVICE, None, texts), MessageChannel.LINE, asked)
    assert found is not None
    assert (found[0].language, found[1]) == (told, LanguageMatch(match))

"""What is a link of a text, and what only stands beside it (M24)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from huitou.templates.making import tracked
from huitou.templates.variables import MemberFacts, values
from huitou.templates.writing import write

WAY_OUT = "https://m.huitou.example/stop"
MEI = MemberFacts("小美", "zh-TW", "Gold", Decimal(1234), None, None)


def shown(source: str) -> str:
    """With each tracked link between angle brackets."""
    said = values(MEI, brand="Maru", program="Huitou", unsubscribe_url=WAY_OUT)
    return tracked(write(source, said, "en"), "<{}>".format, WAY_OUT)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("https://huitou.example/s?filter[brand]=maru ok", "<https://huitou.example/s?filter[brand]=maru> ok"),
        ("https://huitou.example/a_(b) it", "<https://huitou.example/a_(b)> it"),
        ("https://huitou.example/it's new", "<https://huitou.example/it's> new"),
        ("(https://huitou.example/a(b)).", "(<https://huitou.example/a(b)>)."),
        ("[x](https://huitou.example/a), y", "[x](<https://huitou.example/a>), y"),
        ("'https://huitou.example/a'!", "'<https://huitou.example/a>'!"),
        ("https://huitou.example/a(b c)", "<https://huitou.example/a>(b c)"),
        ("https://huitou.example/a(b]c", "<https://huitou.example/a>(b]c"),
        ('"https://huitou.example/a"', '"<https://huitou.example/a>"'),
    ],
)
def test_a_link_has_its_brackets_and_not_those_around_it(source: str, text: str) -> None:
    assert shown(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("https://huitou.example/{{ member.tier }}您好", "<https://huitou.example/Gold>您好"),
        (
            "https://huitou.example/?t={{ member.tier }}{{ member.name }}.",
            "<https://huitou.example/?t=Gold%E5%B0%8F%E7%BE%8E>.",
        ),
        ("https://huitou.example/a-{{ member.tier }}-b", "<https://huitou.example/a-Gold-b>"),
        ("(https://huitou.example/a)({{ unsubscribe_url }})", f"(<https://huitou.example/a>)({WAY_OUT})"),
    ],
)
def test_a_value_is_a_part_of_a_link_behind_what_separates_its_parts(source: str, text: str) -> None:
    assert shown(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("https://huitou.example/a({{ member.points | points }} left)", "https://huitou.example/a(1,234 left)"),
        ("詳見https://huitou.example/a{{ member.name }}您好", "詳見https://huitou.example/a小美您好"),
        ("https://huitou.example/?t=A{{ member.tier }}", "https://huitou.example/?t=AGold"),
        ("https://huitou.example/a({{ unsubscribe_url }})", f"https://huitou.example/a({WAY_OUT})"),
        ("https://huitou.example/{{ unsubscribe_url }}", f"https://huitou.example/{WAY_OUT}"),
        ("https://huitou.example-{{ member.tier }}/", "https://huitou.example-Gold/"),
        ("https://{{ member.tier }}.huitou.example/", "https://Gold.huitou.example/"),
    ],
)
def test_a_link_that_a_value_runs_into_stays_as_it_is_written(source: str, text: str) -> None:
    assert shown(source) == text

"""What Liquid may do here, and what it may not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from huitou.templates.variables import SAMPLE_UNSUBSCRIBE_URL, MemberFacts, Values, known, sample, values, with_gaps
from huitou.templates.writing import UnwritableTextError, mistakes, write

MEI = MemberFacts("Mei", "en", "Gold", Decimal("12345.5"), Decimal(20), date(2026, 12, 31))


def said(member: MemberFacts = MEI) -> Values:
    return values(member, brand="Maru", program="Club", unsubscribe_url=SAMPLE_UNSUBSCRIBE_URL)


def written(source: str, language: str = "en", member: MemberFacts = MEI) -> str:
    return write(source, said(member), language).fill()


def found(source: str, *, marketing: bool = True) -> list[str]:
    everybody = with_gaps(said(sample("en", "Gold")))
    return [each.sentence for each in mistakes(source, known(marketing=marketing), everybody, "en")]


@pytest.mark.parametrize(
    ("source", "language", "expected"),
    [
        ("{{ member.name }} at {{ brand.name }}", "en", "Mei at Maru"),
        ("{{ member.points }}", "en", "12345.5"),
        ("{{ member.points | points }}", "en", "12,345.5"),
        ("{{ member.points | points }}", "de", "12.345,5"),
        ("{{ member.points_end_on | date }}", "en", "December 31, 2026"),
        ("{{ member.points_end_on | date }}", "zh-TW", "2026年12月31日"),
        ("{{ member.points_end_on | date }}", "xx-nowhere", "December 31, 2026"),
        ("{% if member.points > 100 %}many{% else %}few{% endif %}", "en", "many"),
        ("{{ " + "9" * 200 + " | points }}", "en", "9" * 200),
        ("{% case member.tier %}{% when 'Gold' %}yes{% endcase %}", "en", "yes"),
        ("{% unless member.name %}you{% endunless %}", "en", ""),
        ("a{% comment %}b{% endcomment %}{# c #}", "en", "a{# c #}"),
        ("{{ 'a' | upcase }}{{ member.name | downcase | capitalize | truncate: 2, '' }}", "en", "AMe"),
    ],
)
def test_a_text_says_this(source: str, language: str, expected: str) -> None:
    assert written(source, language) == expected
    assert found(source) == []


def test_of_what_is_missing_nothing_is_said_but_the_default() -> None:
    nobody = MemberFacts(None, None, None, Decimal(0), None, None)
    assert written("{{ member.name }}{{ member.points_end_on | date }}", member=nobody) == ""
    assert written("{{ member.name | default: 'you' }}", member=nobody) == "you"


def test_a_value_stands_on_one_line_and_turns_nothing_round() -> None:
    name = "Mei\r\nBcc: all\u202e\x00\ud800\t!"
    assert (
        written("{{ member.name }}", member=MemberFacts(name, "en", None, Decimal(0), None, None)) == "Mei Bcc: all !"
    )


def test_a_value_that_looks_like_a_mark_is_text() -> None:
    name = "\ue0000\ue001\ue0001\ue001"
    facts = MemberFacts(name, "en", None, Decimal(0), None, None)
    assert written("{{ member.name }}{{ brand.name }}", member=facts) == f"{name}Maru"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("a\n{{ member.nam }}", "Line 2: there is no variable 'member.nam' here"),
        ("{{ member }}", "Line 1: there is no variable 'member' here"),
        ("{{ member[member.name] }}", "Line 1: there is no variable 'member[member.name]' here"),
        ("{{ member.name.__class__ }}", "Line 1: there is no variable 'member.name.__class__' here"),
        ("{{ brand.name | foo }}", "Line 1: there is no filter 'foo'; use capitalize, date"),
        ("{% include 'x' %}", "Line 1: there is no tag 'include'; use if, unless, case, comment"),
        ("{% for x in (1..9) %}{% endfor %}", "Line 1: there is no tag 'for'"),
        ("{% assign x = 1 %}", "Line 1: there is no tag 'assign'"),
        ("a\n{{ x", "Line 2: expected '}}', found the end"),
        ("{% if member.name %}\n\n", "Line 3: expected tag endif, found the end"),
        ("{{ member.points_end_on | date: '%Y' }}", "Line 1: a filter is given too much, or too little"),
        ("{% if member.points < 0 %}{% if member.name > 3 %}x{% endif %}{% endif %}", "Line 1: '<' and '>' are not"),
        ("a\ue0000\ue001", "Only characters that can be seen"),
        ("a\x1b", "Only characters that can be seen"),
        ("a\u202e", "Only characters that can be seen"),
        ("{% if (1..member.points) contains 0.5 %}x{% endif %}", "There are no ranges"),
        ("{% raw %}{{ x }}{% endraw %}", "There is no tag 'raw'"),
        ("a" * 20_001, "This has 20,001 characters"),
        ("{{" * 101, "This has 101 places to fill in; at most 100"),
        ("{{" + " " * 201 + "}}", "More than 200 blanks or line breaks follow"),
        (
            "{% if " + " and ".join(["member.name"] * 1200) + " %}x{% endif %}",
            "Line 1: unexpected liquid parsing error",
        ),
    ],
    ids=lambda each: each[:40],
)
def test_a_text_that_cannot_be_written_is_told_with_its_line(source: str, sentence: str) -> None:
    """Bad input: a syntax error, an unknown variable, also in a branch that nobody gets to see."""
    (only,) = found(source)
    assert only.startswith(sentence)


def test_only_numbers_are_written_as_numbers() -> None:
    assert written("{{ true | points }} {{ member.points | points }} {{ 1234 | points }}") == "true 12,345.5 1,234"


def test_all_that_is_unknown_is_told_at_once() -> None:
    assert len(found("{{ a }} {{ b | c }}\n{{ member.name | d }}")) == 4


def test_only_marketing_has_a_way_out() -> None:
    assert found("{{ unsubscribe_url }}") == []
    assert len(found("{{ unsubscribe_url }}", marketing=False)) == 1


def test_what_was_never_looked_at_is_refused_when_it_is_written() -> None:
    with pytest.raises(UnwritableTextError):
        written("{{ secret }}")
    with pytest.raises(UnwritableTextError):
        written("{{ member.name | truncate: 'x' }}")
    with pytest.raises(UnwritableTextError, match="limit"):
        written("a" * 100_001)

"""An email is what the text says, and what a member is called is no part of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from huitou.templates.email import Email, Parts, email
from huitou.templates.model import Look, Speaker
from huitou.templates.variables import SAMPLE_UNSUBSCRIBE_URL, MemberFacts, values
from huitou.templates.writing import write

MARU = Speaker("Maru & Co", Look("#b3471d", None, "Maru Ltd.\nTaipei"))


def made(
    body: str, *, name: str = "Mei", speaker: Speaker = MARU, marketing: bool = True, language: str = "en"
) -> Email:
    member = MemberFacts(name, language, None, Decimal(5), None, None)
    url = SAMPLE_UNSUBSCRIBE_URL if marketing else None
    said = values(member, brand=speaker.name, program="Club", unsubscribe_url=url)
    subject, preheader = (
        write("For {{ member.name }}", said, language),
        write("{{ member.points }} points", said, language),
    )
    return email(Parts(subject, write(body, said, language), preheader), speaker, language, url)


def test_markdown_becomes_html_and_text() -> None:
    found = made("# Hello {{ member.name }}\n\nYou *have* **{{ member.points }}**.\n\n- one\n- two\n  1. three\n")
    assert "<h1" in found.html
    assert ">Hello Mei</h1>" in found.html
    assert "<em>have</em> <strong>5</strong>" in found.html
    assert found.html.count("<li") == 3
    assert found.text.startswith("Hello Mei\n\nYou have 5.\n\n- one\n- two\n  1. three\n\n-- \nMaru Ltd.\nTaipei\n")
    assert found.subject == "For Mei"
    assert ">5 points</div>" in found.html


def test_a_link_that_stands_alone_is_a_button() -> None:
    found = made("[Shop](https://huitou.example/?a=1&b={{ member.name }})\n\nor [here](https://huitou.example)")
    assert 'bgcolor="#b3471d"' in found.html
    assert 'href="https://huitou.example/?a=1&amp;b=Mei"' in found.html
    assert "color:#ffffff" in found.html
    assert "Shop:\nhttps://huitou.example/?a=1&b=Mei\n\nor here (https://huitou.example)" in found.text
    assert "color:#000000" in made("[Shop](https://huitou.example)", speaker=Speaker("S", Look("#ffee00"))).html


def test_words_in_a_pale_brands_colour_are_dark() -> None:
    """WCAG 1.4.3: they stand on white."""
    said = "go [here](https://huitou.example)"
    dark, readable = "#222222", ("#b3471d", "#767676")
    for color, shown in (*zip(readable, readable, strict=True), ("#777777", dark), ("#ffee00", dark)):
        found = made(said, speaker=Speaker("Maru", Look(color))).html
        assert f'color:{shown}">Maru</strong>' in found
        assert f'color:{shown}">here</a>' in found


def test_the_brand_stands_above_and_below() -> None:
    assert ">Maru &amp; Co</strong>" in made("x").html
    logo = Speaker("Maru", Look(logo="https://huitou.example/logo.png"))
    assert '<img src="https://huitou.example/logo.png" alt="Maru"' in made("x", speaker=logo).html
    assert "Maru Ltd.<br>\nTaipei<br>\n" in made("x").html


@pytest.mark.parametrize(
    ("language", "word"), [("zh-TW", "取消訂閱"), ("ja", "配信停止"), ("en", "Unsubscribe"), ("fr", "Unsubscribe")]
)
def test_marketing_has_a_way_out_in_both_parts(language: str, word: str) -> None:
    found = made("x", language=language)
    assert f'<a href="{SAMPLE_UNSUBSCRIBE_URL}" style="color:#666666">{word}</a>' in found.html
    assert found.text.endswith(f"{word}: {SAMPLE_UNSUBSCRIBE_URL}\n")
    assert SAMPLE_UNSUBSCRIBE_URL not in made("x", marketing=False).html


def test_a_name_is_text_wherever_it_stands() -> None:
    name = '<b>[x](http://evil)</b> **"'
    found = made(
        "# {{ member.name }}\n\n{{ member.name }}\n\n[go](https://huitou.example/{{ member.name }})", name=name
    )
    assert "<b>" not in found.html
    assert found.html.count("<a ") == 2
    assert found.html.count("&lt;b&gt;[x](http://evil)&lt;/b&gt; **&quot;") == 3
    assert found.text.startswith(f"{name}\n\n{name}\n\ngo:\nhttps://huitou.example/%3Cb%3E")


@pytest.mark.parametrize(
    "body",
    [
        "[x](javascript:alert)",
        "[x](http://huitou.example)",
        "[x](https://{{ member.name }}/a)",
        "[x](https://huitou.example{{ member.name }})",
        "[x]({{ member.name }})",
        "[x](https://good.example\\@evil.example/)",
        "[x](//evil.example)",
        "[x](https://good.example:x@evil.example/)",
        "[x](https://good.example'@evil.example/)",
    ],
)
def test_what_is_no_link_to_a_host_that_is_written_out_is_text(body: str) -> None:
    """Nor is the address of somebody who calls themselves so."""
    found = made(body, name="https://evil.example", marketing=False)
    assert "<a " not in found.html
    assert found.text.startswith("x\n")


def test_an_email_runs_as_its_language_does() -> None:
    assert '<html lang="en" dir="ltr">' in made("x").html
    assert '<html lang="ar" dir="rtl">' in made("x", language="ar").html


def test_html_is_text() -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in made("<script>alert(1)</script>").html


def test_the_way_out_may_be_a_link_of_its_own() -> None:
    assert (
        f'<a href="{SAMPLE_UNSUBSCRIBE_URL}" style="color:#b3471d">no more</a>'
        in made("x [no more]({{ unsubscribe_url }})").html
    )

"""The page (M25): escaped, without scripts, and with the style that its policy names and no other."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from itertools import product

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.templates.model import Look, Speaker
from huitou.unsubscribing.model import Reply, Situation, Stopped
from huitou.unsubscribing.page import WebPage, failure_page, situation_page, unknown_page
from huitou.unsubscribing.words import CHINESE, ENGLISH

MARU = Speaker(
    "<b>Maru</b> & {brand}", Look(color="#ffee00", logo="https://x.example/l.png", address="1 <i>St</i>\nTaipei")
)
ALL_PAGES = [
    situation_page(Situation(MARU, channel, stopped, can_resume), reply, words)
    for channel, stopped, can_resume, reply, words in product(
        MessageChannel, Stopped, (False, True), (None, *Reply), (CHINESE, ENGLISH)
    )
] + [make(words) for make in (unknown_page, failure_page) for words in (CHINESE, ENGLISH)]


def buttons(page: WebPage) -> list[str]:
    return re.findall(r'<button name="answer" value="(\w+)">', page.html)


def titled(stopped: Stopped, reply: Reply | None = None) -> str:
    page = situation_page(Situation(Speaker("Maru"), MessageChannel.EMAIL, stopped), reply, ENGLISH)
    (title,) = re.findall(r"<h1>(.*)</h1>", page.html)
    return str(title)


@pytest.mark.parametrize("page", ALL_PAGES)
def test_nothing_is_loaded_and_nothing_runs(page: WebPage) -> None:
    """Not even a logo: whoever serves it would learn who opens the page."""
    for word in ("<script", "http:", "https:", "src=", "url(", "@import", "<b>", "<i>"):
        assert word not in page.html
    assert not re.search(r"<[^>]*\son\w+=", page.html)


@pytest.mark.parametrize("page", ALL_PAGES)
def test_the_style_is_the_one_that_the_policy_allows(page: WebPage) -> None:
    (style,) = re.findall(r"<style>(.*)</style>", page.html, re.S)
    assert page.style == f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'"
    assert "style=" not in page.html


@pytest.mark.parametrize("page", ALL_PAGES)
def test_a_reader_knows_its_language_title_and_one_heading(page: WebPage) -> None:
    """WCAG 2.4.2, 3.1.1."""
    assert f'<html lang="{page.language}">' in page.html
    (title,) = re.findall(r"<title>(.+)</title>", page.html)
    assert re.findall(r"<h1>(.*)</h1>", page.html) == [title]
    assert '<meta name="viewport" content="width=device-width,initial-scale=1">' in page.html


def test_names_are_words() -> None:
    page = situation_page(Situation(MARU, MessageChannel.SMS, Stopped.NOTHING), None, ENGLISH)
    assert "<header>&lt;b&gt;Maru&lt;/b&gt; &amp; {brand}</header>" in page.html
    assert "1 &lt;i&gt;St&lt;/i&gt;<br>\nTaipei" in page.html
    assert "color:#000000" in page.html  # on yellow


@pytest.mark.parametrize(
    ("stopped", "can_resume", "offered"),
    [
        (Stopped.NOTHING, False, ["stop", "stop_all"]),
        (Stopped.CHANNEL, True, ["stop_all", "resume"]),
        (Stopped.CHANNEL, False, ["stop_all"]),
        (Stopped.ALL, True, ["resume"]),
        (Stopped.ALL, False, []),
    ],
)
def test_what_can_still_be_said_has_a_button(stopped: Stopped, can_resume: bool, offered: list[str]) -> None:
    page = situation_page(Situation(MARU, MessageChannel.LINE, stopped, can_resume), None, CHINESE)
    assert buttons(page) == offered
    assert ("<form" in page.html) is bool(offered)


def test_the_page_says_how_things_stand() -> None:
    assert titled(Stopped.NOTHING) == "No more from Maru by email?"
    assert titled(Stopped.NOTHING, Reply.RESUME) == "Welcome back. Maru will write to you by email again."
    assert titled(Stopped.CHANNEL, Reply.STOP) == "Done. Maru will send you no more marketing by email."
    assert titled(Stopped.ALL, Reply.STOP_ALL) == "Done. Maru will send you no more marketing at all."

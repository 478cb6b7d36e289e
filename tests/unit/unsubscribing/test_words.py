"""Which language the page speaks, and what a posted form says."""

from __future__ import annotations

import pytest

from huitou.unsubscribing.model import Reply, reply_in
from huitou.unsubscribing.words import CHINESE, ENGLISH, Words, words_for


@pytest.mark.parametrize(
    ("member", "accepted", "spoken"),
    [
        ("zh-TW", "en", CHINESE),
        ("en-GB", "zh-TW", ENGLISH),
        ("ZH-hant", "", CHINESE),
        ("ja", "zh-TW,en;q=0.5", CHINESE),
        (None, "zh-TW,zh;q=0.9,en;q=0.8", CHINESE),
        (None, "en;q=0.2, zh-Hant-TW;q=0.9", CHINESE),
        (None, "fr, zh;q=0, en;q=0.1", ENGLISH),
        (None, "ja", ENGLISH),
        (None, "*", ENGLISH),
        (None, "", ENGLISH),
        (None, ";q=,,zh;q=one,§", ENGLISH),
    ],
)
def test_the_page_speaks_the_members_language_else_the_browsers(
    member: str | None, accepted: str, spoken: Words
) -> None:
    assert words_for(member, accepted) is spoken


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("answer=stop", Reply.STOP),
        ("answer=stop_all", Reply.STOP_ALL),
        ("answer=resume", Reply.RESUME),
        ("List-Unsubscribe=One-Click", Reply.STOP),
        ('--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n', Reply.STOP),
        ("", Reply.STOP),
        ("answer=never", Reply.STOP),
        ("answer=resume&answer=stop", Reply.STOP),
        ("&".join(["x=1"] * 20), Reply.STOP),
        ("x" * 5000 + "&answer=resume", Reply.STOP),
        ("\udcff=\x00", Reply.STOP),
    ],
)
def test_whoever_posts_says_no_unless_a_button_says_otherwise(form: str, said: Reply) -> None:
    """RFC 8058: a mailbox posts its own words."""
    assert reply_in(form) is said


@pytest.mark.parametrize("words", [CHINESE, ENGLISH])
def test_every_sentence_can_be_filled_in(words: Words) -> None:
    for channel in words.channels.values():
        for name in ("question", "question_more", "stopped", "stopped_all", "resumed", "stop", "stop_all", "resume"):
            sentence = getattr(words, name).format(brand="Maru", channel=channel)
            assert "{" not in sentence
            assert "Maru" in sentence or channel in sentence

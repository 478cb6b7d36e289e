"""Links that say no (M25): short enough for an SMS, and good for years."""

from __future__ import annotations

import json
import string
from base64 import urlsafe_b64decode

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.members.model import ConsentKey
from huitou.program.model import GROUP
from huitou.templates.variables import SAMPLE_UNSUBSCRIBE_URL
from huitou.unsubscribing.links import Link, UnsubscribeLinks, reader
from tests.serving import MEI

MESSAGE = "01KAJ3XQ5T8Z4V7N2R6W9YBCDE"
OLD = {"current": "1", "1": "the old key"}
BOTH = {"current": "2", "1": "the old key", "2": "the new key"}
NEW = {"current": "2", "2": "the new key"}


def link(secret: dict[str, str], brand: str = "maru", purpose: str = "marketing") -> str:
    links = UnsubscribeLinks("https://m.huitou.example", lambda: json.dumps(secret))
    return links.link(MEI, brand, MessageChannel.SMS, purpose, MESSAGE)


def read(secret: dict[str, str], address: str) -> Link | None:
    return reader(lambda: json.dumps(secret))(address.rpartition("/")[2])


@pytest.mark.parametrize(("brand", "length"), [("maru", 98), (GROUP, 92)])
def test_a_link_leaves_room_in_an_sms(brand: str, length: int) -> None:
    assert len(link(OLD, brand)) == length
    assert link(OLD, brand).startswith("https://m.huitou.example/v1/unsubscriptions/")


def test_previews_count_a_link_of_the_same_length() -> None:
    """M24: what an SMS costs."""
    assert len(SAMPLE_UNSUBSCRIBE_URL) == len(link(OLD))


def test_a_message_may_be_named_with_its_member() -> None:
    links = UnsubscribeLinks("https://m.huitou.example", lambda: json.dumps(OLD))
    assert links.link(MEI, "maru", MessageChannel.SMS, "marketing", f"{MEI}-{MESSAGE}") == link(OLD)


@pytest.mark.parametrize("brand", ["maru", GROUP])
@pytest.mark.parametrize("purpose", ["marketing", "birthday"])
def test_a_link_says_who_may_not_write_any_more_and_what_for(brand: str, purpose: str) -> None:
    key = ConsentKey(MessageChannel.SMS, brand, purpose)
    assert read(OLD, link(OLD, brand, purpose)) == Link(MEI, key, MESSAGE[:12])


def test_a_link_outlives_the_key_that_signs_now() -> None:
    """A new key is known everywhere before it signs; the old one is read as long as it is there."""
    assert read(BOTH, link(OLD)) == read(BOTH, link(BOTH)) == read(OLD, link(OLD))
    assert link(BOTH) != link(OLD)
    assert read(NEW, link(OLD)) is None


def test_a_link_under_another_secret_is_none_of_ours() -> None:
    assert read(OLD, link({"current": "1", "1": "somebody else's"})) is None


@pytest.mark.parametrize("brand", ["maru", "sora1"])
def test_only_the_last_letter_that_was_written_is_read(brand: str) -> None:
    """Some of its bits may count for nothing, so that other letters stand for the same bytes."""
    address = link(OLD, brand)
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    others = [address[:-1] + letter for letter in letters if letter != address[-1]]

    assert any(bytes_of(each) == bytes_of(address) for each in others)
    assert [read(OLD, each) for each in others] == [None] * 63


def bytes_of(address: str) -> bytes:
    token = address.rpartition("/")[2]
    return urlsafe_b64decode(token + "=" * (-len(token) % 4))


def test_links_name_brands_as_programmes_do() -> None:
    with pytest.raises(ValueError, match="at most 31"):
        link(OLD, "m" * 32)

"""Whatever a link means can be read from it, and nothing that anybody changed in it is read."""

from __future__ import annotations

import json
import string

from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId
from huitou.kernel.signing import Signer
from huitou.kernel.words import PURPOSE_PATTERN
from huitou.members.model import ConsentKey
from huitou.program.document_parts import ID_PATTERN
from huitou.unsubscribing.links import LABEL, Link, UnsubscribeLinks, reader

BASE = "https://m.huitou.example"
SECRET = json.dumps({"current": "1", "1": "the first key of the tests", "2": "the second key of the tests"})
WRITTEN = string.ascii_letters + string.digits + "-_"

ulids = st.binary(min_size=16, max_size=16).map(lambda value: str(ULID.from_bytes(value)))
channels = st.sampled_from(MessageChannel)
brands = st.from_regex(ID_PATTERN, fullmatch=True)
purposes = st.one_of(st.just("marketing"), st.from_regex(PURPOSE_PATTERN, fullmatch=True))


@st.composite
def meant(draw: st.DrawFn) -> tuple[MemberId, str, MessageChannel, str, str]:
    """What a link is made of."""
    return MemberId(draw(ulids)), draw(brands), draw(channels), draw(purposes), draw(ulids)


def token_of(parts: tuple[MemberId, str, MessageChannel, str, str]) -> str:
    return UnsubscribeLinks(BASE, lambda: SECRET).link(*parts).rpartition("/")[2]


@given(meant())
def test_a_link_means_what_it_was_made_of(parts: tuple[MemberId, str, MessageChannel, str, str]) -> None:
    member, brand, channel, purpose, message = parts
    token = token_of(parts)

    assert set(token) <= set(WRITTEN)
    assert reader(lambda: SECRET)(token) == Link(member, ConsentKey(channel, brand, purpose), message[:12])


@given(meant(), st.data())
def test_every_change_of_a_character_is_refused(
    parts: tuple[MemberId, str, MessageChannel, str, str], data: st.DataObject
) -> None:
    token = token_of(parts)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(sorted(set(WRITTEN) - {token[place]})))

    assert reader(lambda: SECRET)(token[:place] + other + token[place + 1 :]) is None


@given(meant(), st.data())
def test_what_is_shorter_or_longer_is_refused(
    parts: tuple[MemberId, str, MessageChannel, str, str], data: st.DataObject
) -> None:
    token = token_of(parts)
    length = data.draw(st.integers(0, len(token) - 1))
    more = data.draw(st.text(WRITTEN + "=", min_size=1, max_size=9))

    assert reader(lambda: SECRET)(token[:length]) is None
    assert reader(lambda: SECRET)(token + more) is None


@given(st.text(max_size=300))
def test_what_was_never_a_link_is_refused(text: str) -> None:
    assert reader(lambda: SECRET)(text) is None


@given(st.binary(max_size=80), st.text(max_size=20).filter(lambda label: label != LABEL))
def test_what_was_signed_for_something_else_is_refused(said: bytes, label: str) -> None:
    token = Signer(lambda: SECRET, label).signed(said)

    assert Signer(lambda: SECRET, label).read(token) == said
    assert Signer(lambda: SECRET, LABEL).read(token) is None

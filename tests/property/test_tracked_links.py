"""A link in a message leads where its text said: nobody can change one, and no value becomes one."""

from __future__ import annotations

import json
import string
from decimal import Decimal
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st
from ulid import ULID

from huitou.kernel.ids import MemberId, OwnedId
from huitou.kernel.signing import Signer
from huitou.opening.links import Link, TrackedLinks, reader
from huitou.outbox.tracking import MOST_TARGETS, Tracker
from huitou.templates.links import SAMPLE_TRACKED_URL, host_of
from huitou.templates.making import tracked
from huitou.templates.variables import MemberFacts, Values, values
from huitou.templates.writing import write
from huitou.unsubscribing.links import LABEL as UNSUBSCRIBE
from tests.outbox import planned

SECRET: Final = json.dumps({"current": "1", "1": "the key of the tests"})
WRITTEN: Final = string.ascii_letters + string.digits + "-_"
WAY_OUT: Final = "https://m.huitou.example/stop"
TEXT: Final = (
    "{{ member.name }}https://shop.huitou.example/for/{{ member.name }}?new=1. (https://huitou.example/a), "
    "{{ member.name }}。https://shop.huitou.example/b，{{ unsubscribe_url }}"
)

ulids = st.binary(min_size=16, max_size=16).map(lambda value: str(ULID.from_bytes(value)))
links = st.builds(Link, st.builds(OwnedId, ulids.map(MemberId), ulids), st.integers(0, 255))
PIECES: Final = (
    *("https://", "https://huitou.example", "HTTPS://huitou.example/a", "{{ member.name }}", "{{ unsubscribe_url }}"),
    *("/", "?", "&", "=", "#", "-", ".", ",", "'", "(", ")", "[", "]", "<", " ", "b", "，", "您好"),
)
texts = st.lists(
    st.sampled_from(PIECES) | st.characters(exclude_categories=["Cc", "Co", "Cs"], exclude_characters="{%")
)
names = st.one_of(
    st.text(max_size=30), st.sampled_from(["https://evil.example/x", "]( https://evil.example )", "../.."])
)


def said_to(name: str | None) -> Values:
    facts = MemberFacts(name, None, None, Decimal(0), None, None)
    return values(facts, brand="Maru", program="Huitou", unsubscribe_url=WAY_OUT)


def token_of(link: Link) -> str:
    return TrackedLinks("https://m.huitou.example", lambda: SECRET).link(*link).rpartition("/")[2]


@given(links)
def test_a_link_means_what_it_was_made_of(link: Link) -> None:
    assert set(token_of(link)) <= set(WRITTEN)
    assert reader(lambda: SECRET)(token_of(link)) == link


@given(links, st.data())
def test_every_change_of_a_character_is_refused(link: Link, data: st.DataObject) -> None:
    token = token_of(link)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(sorted(set(WRITTEN) - {token[place]})))
    assert reader(lambda: SECRET)(token[:place] + other + token[place + 1 :]) is None


@given(st.one_of(st.text(max_size=80), st.text(WRITTEN, max_size=80)))
def test_what_was_not_signed_for_this_is_refused(token: str) -> None:
    assert reader(lambda: SECRET)(token) is None
    assert reader(lambda: SECRET)(Signer(lambda: SECRET, UNSUBSCRIBE).signed(bytes(33))) is None


def test_the_sample_is_as_long_as_a_link_at_a_short_host() -> None:
    link = TrackedLinks("https://m.huitou.example", lambda: SECRET).link(planned().id, 0)
    assert len(SAMPLE_TRACKED_URL) == len(link)


@given(names)
@example("https://evil.example/x")
def test_links_lead_to_what_the_author_wrote_whatever_values_look_like(name: str) -> None:
    opened: list[str] = []

    def track(address: str) -> str:
        opened.append(address)
        return f"https://m.huitou.example/v1/links/{len(opened)}"

    text = tracked(write(TEXT, said_to(name), "en"), track, WAY_OUT)
    assert [host_of(address) for address in opened] == ["shop.huitou.example", "huitou.example", "shop.huitou.example"]
    assert opened[0].startswith("https://shop.huitou.example/for/")
    assert opened[0].endswith("?new=1")
    assert opened[0].isascii()
    assert "/" not in opened[0].removeprefix("https://shop.huitou.example/for/")
    assert opened[1:] == ["https://huitou.example/a", "https://shop.huitou.example/b"]
    assert text.endswith(f"。https://m.huitou.example/v1/links/3，{WAY_OUT}")
    assert "shop.huitou.example" not in text


@given(texts.map("".join), names)
@example("https://huitou.example/new({{ unsubscribe_url }})", "")
@example("https://huitou.example/for/{{ member.name }}", "王 小美")
def test_a_text_whose_links_are_not_tracked_is_what_its_author_wrote(source: str, name: str) -> None:
    written = write(source, said_to(name), "en")
    assert tracked(written, str, WAY_OUT) == written.fill()


@given(texts.map("".join))
@example("https://huitou.example/new({{ unsubscribe_url }})")
@example("https://huitou.example/new?then={{ unsubscribe_url }}")
def test_no_link_swallows_the_way_out(source: str) -> None:
    written = write(source, said_to("Mei"), "en")
    assert tracked(written, lambda _: "…", WAY_OUT).count(WAY_OUT) == source.count("{{ unsubscribe_url }}")


@given(st.lists(st.integers(0, 2 * MOST_TARGETS).map(lambda n: f"https://huitou.example/{n}"), max_size=200))
def test_a_target_keeps_its_number_and_what_is_too_much_stays_as_it_is(addresses: list[str]) -> None:
    """Also where an attempt before had numbered some."""
    made = TrackedLinks("https://m.huitou.example", lambda: SECRET)
    before = planned(targets=("https://huitou.example/0", "https://huitou.example/1"))
    track = Tracker(made, before)
    shown = [(address, track(address)) for address in addresses]
    assert track.targets[:2] == before.targets
    assert len(track.targets) == len(set(track.targets)) <= MOST_TARGETS
    for address, link in shown:
        read = reader(lambda: SECRET)(link.rpartition("/")[2])
        assert link == address if read is None else track.targets[read.number] == address

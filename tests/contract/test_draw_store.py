"""Who is told nothing is kept alike in memory and in DynamoDB (E27)."""

from __future__ import annotations

from typing import Final

import pytest

from huitou.campaigns.model import Draw
from huitou.campaigns.ports import DrawId, Kept, News
from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import digest_of
from huitou.members.identity import IdentityKey
from tests.builders import MEI
from tests.campaigns import draws_on
from tests.contract.targets import AnyTable

PHONE: Final = DrawId("miss-you", IdentityKey("phone", digest_of(["a phone"])))
MAILBOX: Final = DrawId("miss-you", IdentityKey("email", digest_of(["a phone"])))
MEMBER: Final = DrawId("miss-you", MEI)
OF_ALL: Final = DrawId("*", MEI)
DRAWN: Final = Kept(Draw(held_out=True))


def test_draws_come_back_as_they_were_stored(table: AnyTable) -> None:
    store = draws_on(table)
    own = Kept(Draw(held_out=False), counted=frozenset({"Y6", "K7"}))
    shared = Kept(Draw(True, follows=True, apart=True), members=3)
    assert store.load([PHONE, MEMBER]) == [None, None]
    table.commit([store.add(MEMBER, own), store.add(PHONE, shared)])
    assert store.load([PHONE, MAILBOX, OF_ALL, MEMBER]) == [shared, None, None, own]


def test_of_two_who_draw_one_is_refused(table: AnyTable) -> None:
    """And nothing of hers is kept."""
    store = draws_on(table)
    table.commit([store.add(PHONE, DRAWN)])
    with pytest.raises(StaleReadError):
        table.commit([store.add(MEMBER, Kept(Draw(held_out=False))), store.add(PHONE, Kept(Draw(held_out=False)))])
    assert store.load([PHONE, MEMBER]) == [DRAWN, None]


def test_a_draw_is_marked_and_stays_what_it_is(table: AnyTable) -> None:
    store = draws_on(table)
    table.commit([store.add(MEMBER, Kept(Draw(held_out=True, follows=True)))])
    for _ in range(2):
        table.commit([store.note(MEMBER, News(apart=True))])
    assert store.load([MEMBER]) == [Kept(Draw(held_out=True, follows=True, apart=True))]
    with pytest.raises(StaleReadError):
        table.commit([store.note(PHONE, News(apart=True))])


def test_an_address_counts_who_goes_by_it_up_to_so_many(table: AnyTable) -> None:
    """Whoever read that there is room, and is overtaken, reads again."""
    store = draws_on(table)
    table.commit([store.add(PHONE, Kept(Draw(held_out=True), members=1))])
    table.commit([store.note(PHONE, News(apart=True, fewer_than=2))])
    for news in (News(fewer_than=2), News(apart=True, fewer_than=2)):
        with pytest.raises(StaleReadError):
            table.commit([store.note(PHONE, news)])
    assert store.load([PHONE]) == [Kept(Draw(held_out=True, apart=True), members=2)]


def test_a_member_is_counted_once_at_an_address(table: AnyTable) -> None:
    """Though two of their journeys find at once that they have got it."""
    store = draws_on(table)
    table.commit([store.add(MEMBER, DRAWN)])
    table.commit([store.note(MEMBER, News(counted=frozenset({"Y6"})))])
    with pytest.raises(StaleReadError):
        table.commit([store.note(MEMBER, News(counted=frozenset({"K7", "Y6"})))])
    table.commit([store.note(MEMBER, News(counted=frozenset({"K7"})))])
    assert store.load([MEMBER]) == [DRAWN._replace(counted=frozenset({"K7", "Y6"}))]

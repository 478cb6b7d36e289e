"""Who is told nothing is kept alike in memory and in DynamoDB (E27)."""

from __future__ import annotations

from typing import Final

import pytest

from huitou.campaigns.model import Draw
from huitou.campaigns.ports import DrawId
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


def test_draws_come_back_as_they_were_stored(table: AnyTable) -> None:
    store = draws_on(table)
    assert store.load([PHONE, MEMBER]) == [None, None]
    table.commit([store.add(MEMBER, Draw(held_out=False)), store.add(PHONE, Draw(True, follows=True, apart=True))])
    found = store.load([PHONE, MAILBOX, OF_ALL, MEMBER])
    assert found == [Draw(True, follows=True, apart=True), None, None, Draw(held_out=False)]


def test_of_two_who_draw_one_is_refused(table: AnyTable) -> None:
    """And nothing of hers is kept."""
    store = draws_on(table)
    table.commit([store.add(PHONE, Draw(held_out=True))])
    with pytest.raises(StaleReadError):
        table.commit([store.add(MEMBER, Draw(held_out=False)), store.add(PHONE, Draw(held_out=False))])
    assert store.load([PHONE, MEMBER]) == [Draw(held_out=True), None]


def test_a_draw_is_marked_and_stays_what_it_is(table: AnyTable) -> None:
    store = draws_on(table)
    table.commit([store.add(MEMBER, Draw(held_out=True, follows=True))])
    for _ in range(2):
        table.commit([store.set_apart(MEMBER)])
    assert store.load([MEMBER]) == [Draw(held_out=True, follows=True, apart=True)]
    with pytest.raises(StaleReadError):
        table.commit([store.set_apart(PHONE)])

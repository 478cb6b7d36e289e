"""Verifications, and what caps on codes ask for, are kept alike in memory and in DynamoDB (M39)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import MemberId, OwnedId, digest_of, ulid_for
from huitou.members.identity import Identity, IdentityKey, email_identity, phone_identity
from huitou.platform import keys
from huitou.platform.table import Item, Table
from huitou.purchases.store import TableMemberStates
from huitou.templates.model import CodeRules
from huitou.verifying.decisions import answered, nothing_sent, with_one_more
from huitou.verifying.model import KEPT, LIFE, Sent, Verification
from huitou.verifying.store import (
    CodesCountedItem,
    CodesSentItem,
    TableVerifications,
    VerificationItem,
    key_of_counted,
    key_of_sent,
)
from tests.builders import MEI
from tests.contract.targets import AnyTable
from tests.outbox import NOON, verifications_on
from tests.standing import Standings

FANG = MemberId("01JMEMBERMEM0000000000FANG")
KEY = ulid_for(NOON, digest_of(["a call"]))
BEGUN = Verification(OwnedId(MEI, KEY), phone_identity("0912-345-678"), "maru", NOON)
ADDRESS, OTHER = (IdentityKey("phone", digest_of([whose])) for whose in ("mei", "fang"))
RULES = CodeRules("code", most_an_hour=3, most_a_day=3)
NOTHING = nothing_sent(ADDRESS, MEI, "maru", RULES, NOON)


@pytest.mark.parametrize("identity", [BEGUN.identity, email_identity("mei@example.com")])
def test_a_verification_comes_back_at_each_of_its_steps(table: AnyTable, identity: Identity) -> None:
    store = verifications_on(table)
    assert store.load(BEGUN.id) is None
    begun = replace(BEGUN, identity=identity)
    tried = answered(begun, NOON, is_right=False)
    for each in (begun, tried, answered(tried, NOON + timedelta(minutes=1), is_right=True)):
        table.commit([store.save(each)])
        assert store.load(BEGUN.id) == each


def test_of_two_answers_at_once_one_is_refused(table: AnyTable) -> None:
    """E18: so no guess is heard without being counted."""
    store = verifications_on(table)
    table.commit([store.save(BEGUN)])
    table.commit([store.save(answered(BEGUN, NOON, is_right=False))])
    with pytest.raises(StaleReadError):
        table.commit([store.save(answered(BEGUN, NOON, is_right=True))])
    with pytest.raises(StaleReadError):
        table.commit([store.save(BEGUN)])


@pytest.mark.parametrize(("member", "address"), [(MEI, OTHER), (FANG, ADDRESS)])
def test_of_two_codes_at_once_to_one_address_or_for_one_member_one_is_refused(
    table: AnyTable, member: MemberId, address: IdentityKey
) -> None:
    store = verifications_on(table)
    assert store.sent(NOTHING) == NOTHING
    first = with_one_more(store.sent(NOTHING), NOON)
    beside = with_one_more(store.sent(_nothing(address, member)), NOON)
    table.commit(store.note_sent(first))
    assert store.sent(NOTHING) == first
    for overtaken in (first, beside):
        with pytest.raises(StaleReadError):
            table.commit(store.note_sent(overtaken))
    second = with_one_more(store.sent(_nothing(address, member)), NOON + timedelta(minutes=1))
    table.commit(store.note_sent(second))
    assert store.sent(_nothing(address, member)) == second


def test_codes_of_a_brand_at_once_are_both_counted_as_long_as_there_is_room(table: AnyTable) -> None:
    """They know nothing of each other: only the one beyond the cap decides again."""
    store = verifications_on(table)
    others = [_nothing(IdentityKey("phone", digest_of([name])), MemberId(f"{MEI[:-1]}{name}")) for name in "ABCD"]
    decided = [with_one_more(store.sent(each), NOON) for each in others]
    for each in decided[:-1]:
        table.commit(store.note_sent(each))
    with pytest.raises(StaleReadError):
        table.commit(store.note_sent(decided[-1]))
    assert [each.count for each in store.sent(NOTHING).brand] == [3, 3]
    later = nothing_sent(ADDRESS, MEI, "maru", RULES, NOON + timedelta(hours=1))
    assert [each.count for each in store.sent(later).brand] == [0, 3]
    elsewhere = nothing_sent(ADDRESS, MEI, "sora", RULES, NOON)
    assert [each.count for each in store.sent(elsewhere).brand] == [0, 0]


def test_the_table_forgets_all_of_it_a_day_later(dynamo_table: Table) -> None:
    """E25"""
    store = TableVerifications(dynamo_table)
    sent = with_one_more(NOTHING, NOON)
    dynamo_table.commit([store.save(BEGUN), *store.note_sent(sent)])
    hour, day = sent.brand
    expected: dict[tuple[type[Any], str, str], datetime] = {
        (VerificationItem, *keys.verification(*BEGUN.id)): NOON + LIFE,
        (CodesSentItem, *key_of_sent(sent.address)): NOON,
        (CodesSentItem, *key_of_sent(sent.member)): NOON,
        (CodesCountedItem, *key_of_counted(hour)): hour.ends_at,
        (CodesCountedItem, *key_of_counted(day)): day.ends_at,
    }
    for key, ends_at in expected.items():
        item = dynamo_table.get(*key)
        assert item is not None
        assert item.forgotten_at == (ends_at + KEPT).timestamp()


@pytest.mark.parametrize("key", [keys.verification(MEI, f"{KEY[:22]}HEAD"), (keys.member(MEI), "VERIFICATION#HEAD")])
def test_what_is_neither_standing_nor_wallet_is_never_read_as_one(dynamo_table: Table, key: keys.Key) -> None:
    """Whatever it ends in, and also where it lies between them."""
    states, shop = TableMemberStates(dynamo_table), Standings(table=dynamo_table)
    shop.enrol()
    before = states.load(MEI)
    assert before.wallets
    dynamo_table.commit([dynamo_table.put(Item(*key), condition=Item.pk.does_not_exist(), refused=StaleReadError(""))])
    assert states.load(MEI) == before


def _nothing(address: IdentityKey, member: MemberId) -> Sent:
    return nothing_sent(address, member, "maru", RULES, NOON)

"""Verifications, and when addresses got codes, are kept alike in memory and in DynamoDB (M39)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import OwnedId, digest_of, ulid_for
from huitou.members.identity import Identity, IdentityKey, email_identity, phone_identity
from huitou.platform import keys
from huitou.platform.table import Table
from huitou.verifying.decisions import answered, with_one_more
from huitou.verifying.model import KEPT, LIFE, CodesSent, Verification
from huitou.verifying.store import CodesSentItem, TableVerifications, VerificationItem
from tests.builders import MEI
from tests.contract.targets import AnyTable
from tests.outbox import NOON, verifications_on

KEY = ulid_for(NOON, digest_of(["a call"]))
BEGUN = Verification(OwnedId(MEI, KEY), phone_identity("0912-345-678"), "maru", NOON)
ADDRESS = IdentityKey("phone", digest_of(["mei"]))


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


def test_of_two_codes_at_once_one_is_refused(table: AnyTable) -> None:
    store = verifications_on(table)
    assert store.sent_to(ADDRESS) == CodesSent(ADDRESS)
    first = with_one_more(store.sent_to(ADDRESS), NOON)
    table.commit([store.note_sent(first)])
    assert store.sent_to(ADDRESS) == first
    with pytest.raises(StaleReadError):
        table.commit([store.note_sent(first)])
    second = with_one_more(first, NOON + timedelta(minutes=1))
    table.commit([store.note_sent(second)])
    assert store.sent_to(ADDRESS) == second


def test_the_table_forgets_both_a_day_later(dynamo_table: Table) -> None:
    """E25"""
    store = TableVerifications(dynamo_table)
    dynamo_table.commit([store.save(BEGUN), store.note_sent(with_one_more(CodesSent(ADDRESS), NOON))])
    waiting = dynamo_table.get(VerificationItem, *keys.verification(*BEGUN.id))
    sent = dynamo_table.get(CodesSentItem, *keys.codes_sent(*ADDRESS))
    assert waiting is not None
    assert sent is not None
    assert waiting.forgotten_at == (NOON + LIFE + KEPT).timestamp()
    assert sent.forgotten_at == (NOON + KEPT).timestamp()

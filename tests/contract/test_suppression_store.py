"""What was said of addresses is kept alike in memory and in DynamoDB (M25)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import digest_of
from huitou.members.identity import IdentityKey
from huitou.suppressions.model import Suppression, SuppressionGround, Word
from tests.builders import at
from tests.contract.targets import AnyTable
from tests.outbox import suppressions_on

NOON = at("2026-03-02 12:00")
ADDRESS = IdentityKey("email", digest_of(["mei"]))
BOUNCED = Suppression(ADDRESS, Word(NOON, SuppressionGround.BOUNCED), 1)
LIFTED = Suppression(ADDRESS, Word(NOON + timedelta(hours=1), None), 2)


def test_the_latest_word_comes_back_as_it_was_stored(table: AnyTable) -> None:
    store = suppressions_on(table)
    assert store.load(ADDRESS) is None
    for word in (BOUNCED, LIFTED):
        table.commit([store.save(word)])
        assert store.load(ADDRESS) == word
    assert store.load(ADDRESS._replace(kind="phone")) is None


@pytest.mark.parametrize("known", [(), (BOUNCED,)])
def test_of_two_words_at_once_one_is_refused(table: AnyTable, known: tuple[Suppression, ...]) -> None:
    store = suppressions_on(table)
    for word in known:
        table.commit([store.save(word)])
    following = Suppression(ADDRESS, Word(NOON, SuppressionGround.COMPLAINED), len(known) + 1)
    table.commit([store.save(following)])

    with pytest.raises(StaleReadError):
        table.commit([store.save(Suppression(ADDRESS, LIFTED.word, len(known) + 1))])

    assert store.load(ADDRESS) == following

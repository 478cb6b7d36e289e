"""M25: of all that is said of an address the latest word stays, in whichever order and however often it comes in."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.ids import digest_of
from huitou.members.identity import IdentityKey
from huitou.suppressions.decisions import hear
from huitou.suppressions.model import Suppression, SuppressionGround, Word
from tests.outbox import NOON

ADDRESS = IdentityKey("email", digest_of(["mei"]))
WORDS = st.builds(
    Word,
    st.integers(0, 5).map(lambda hours: NOON + timedelta(hours=hours)),
    st.sampled_from([None, *SuppressionGround]),
)


def after(words: list[Word]) -> Suppression | None:
    known: Suppression | None = None
    for word in words:
        known = hear(known, ADDRESS, word)
    return known


@given(words=st.lists(WORDS, min_size=1, max_size=8), data=st.data())
def test_any_order_and_repetition_ends_alike(words: list[Word], data: st.DataObject) -> None:
    again = data.draw(st.permutations([*words, *data.draw(st.lists(st.sampled_from(words)))]))
    first, second = after(words), after(again)
    assert first is not None
    assert second is not None
    assert first.word == second.word
    assert first.word.at == max(word.at for word in words)


@given(words=st.lists(WORDS, min_size=1, max_size=8))
def test_what_is_no_news_writes_nothing(words: list[Word]) -> None:
    known = after(words)
    assert known is not None
    assert all(hear(known, ADDRESS, word) is known for word in words)


@given(word=WORDS)
def test_at_the_same_instant_it_is_rather_held_back(word: Word) -> None:
    known = after([Word(word.at, None), word])
    assert known is not None
    assert known.ground == word.ground

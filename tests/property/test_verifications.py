"""M39: however codes are asked for and guessed, no address, member or brand gets more than its caps, and no
verification hears more guesses than it has tries.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.ids import MemberId, OwnedId, digest_of
from huitou.kernel.instants import parse_instant
from huitou.members.identity import IdentityKey, IdentityKind, email_identity, phone_identity
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_verifications import MemoryVerifications
from huitou.templates.model import CodeRules
from huitou.verifying.codes import DIGITS, OneTimeCodes
from huitou.verifying.decisions import ADDRESS_CAPS, MEMBER_CAPS, answered, nothing_sent, with_one_more
from huitou.verifying.errors import TooManyCodesError, VerificationOverError
from huitou.verifying.model import LIFE, MOST_TRIES, Verification, VerificationState
from tests.builders import MEI
from tests.outbox import NOON

PHONE = phone_identity("0912-345-678")
FANG = MemberId("01JMEMBERMEM0000000000FANG")
MILLISECOND, MINUTE = timedelta(milliseconds=1), timedelta(minutes=1)
BEGINS = NOON.hour
"""Of UTC, by which a brand's hours and days are counted."""
MINUTES = st.integers(0, 60 * 50)
KEYS = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26)


def verification(key: str = "01KAJ3XQ5T8Z4V7N2R6W9YBCDE") -> Verification:
    return Verification(OwnedId(MEI, key), PHONE, "maru", NOON)


RULES = CodeRules("code", most_an_hour=7, most_a_day=30)
ASKED = st.lists(
    st.tuples(MINUTES, st.sampled_from("abc"), st.sampled_from([MEI, FANG]), st.sampled_from(["maru", "sora"])),
    max_size=80,
)
"""When, to which address, for whom, by which brand."""
Call = tuple[int, str, MemberId, str]


@given(ASKED)
def test_within_no_span_more_codes_are_sent_than_a_cap_leaves_room_for(asked: list[Call]) -> None:
    table, sent = MemoryTable(), []
    for call in sorted(asked):
        if _again_at(table, call) is None:
            sent.append(call)
    for caps, whose in ((ADDRESS_CAPS, 1), (MEMBER_CAPS, 2)):
        for most, span in caps:
            for last in sent:
                same = [each[0] for each in sent if each[whose] == last[whose]]
                assert sum(last[0] - span / MINUTE < minute <= last[0] for minute in same) <= most
    for brand in ("maru", "sora"):
        for most, hours in ((RULES.most_an_hour, 1), (RULES.most_a_day, 24)):
            began = Counter((BEGINS * 60 + minute) // (60 * hours) for minute, *_, by in sent if by == brand)
            assert max(began.values(), default=0) <= most


@given(ASKED, MINUTES)
def test_who_is_refused_is_told_when_that_cap_has_room(asked: list[Call], minute: int) -> None:
    table = MemoryTable()
    for call in sorted(asked):
        if call[0] <= minute:
            _again_at(table, call)
    call = (minute, "a", MEI, "maru")
    refused = _again_at(table, call)
    if refused is None:
        return
    cap, again_at = refused
    before, then = _again_at(table, call, again_at - MILLISECOND), _again_at(table, call, again_at)
    assert before is not None
    assert (before[0], before[1]) == (cap, again_at) or before[1] >= again_at
    assert then is None or then[0] != cap


@given(st.lists(st.tuples(st.integers(0, 900), st.booleans()), max_size=20))
def test_no_more_guesses_are_heard_than_there_are_tries_and_time(said: list[tuple[int, bool]]) -> None:
    stands, wrong, first_right = verification(), 0, None
    for second, is_right in sorted(said):
        now = NOON + timedelta(seconds=second)
        try:
            after = answered(stands, now, is_right=is_right)
        except VerificationOverError:
            assert wrong == MOST_TRIES or now >= NOON + LIFE
            continue
        wrong += not is_right
        first_right = first_right or (now if is_right else None)
        assert after.version == stands.version + (after is not stands)
        stands = after
    assert wrong <= MOST_TRIES
    assert (stands.wrong_tries, stands.confirmed_at) == (wrong, first_right)
    assert (stands.state(NOON + LIFE) is VerificationState.CONFIRMED) == (first_right is not None)


@given(KEYS, st.text(min_size=1))
def test_a_code_is_six_digits_and_only_it_is_taken(key: str, secret: str) -> None:
    codes, begun = OneTimeCodes(lambda: secret), verification(key)
    code = codes.of(begun)
    assert len(code) == DIGITS
    assert code.isdecimal()
    assert codes.is_of(begun, code)
    assert not codes.is_of(begun, f"{(int(code) + 1) % 10**DIGITS:06}")
    assert not codes.is_of(begun, code + "0")
    assert not codes.is_of(begun, "四二八九一三")


def test_another_secret_verification_or_address_has_another_code() -> None:
    """As far as one in a million may be the same: these are not."""
    begun = verification()
    ours, theirs = (OneTimeCodes(lambda each=each: each) for each in ("a secret", "another secret"))  # type: ignore[misc]
    others = (verification("01KAJ3XQ5T8Z4V7N2R6W9YBCDF"), _for(begun, "mei@example.com"))
    assert len({ours.of(begun), theirs.of(begun), *map(ours.of, others)}) == 4


def _for(begun: Verification, mailbox: str) -> Verification:
    return Verification(begun.id, email_identity(mailbox), begun.brand, begun.begun_at)


def _again_at(table: MemoryTable, call: Call, at: datetime | None = None) -> tuple[str, datetime] | None:
    """Sends a code if there is room for it; else which cap leaves none, until when."""
    minute, address, member, brand = call
    now, store = at or NOON + minute * MINUTE, MemoryVerifications(table)
    whose = IdentityKey(IdentityKind.PHONE, digest_of([address]))
    try:
        after = with_one_more(store.sent(nothing_sent(whose, member, brand, RULES, now)), now)
    except TooManyCodesError as refused:
        return refused.extra["cap"], parse_instant(refused.extra["again_at"])
    table.commit(store.note_sent(after))
    return None

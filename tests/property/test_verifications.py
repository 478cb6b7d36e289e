"""M39: however codes are asked for and guessed, no address gets more than its caps, and no verification hears more
guesses than it has tries.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.ids import OwnedId, digest_of
from huitou.kernel.instants import parse_instant
from huitou.members.identity import IdentityKey, IdentityKind, email_identity, phone_identity
from huitou.verifying.codes import DIGITS, OneTimeCodes
from huitou.verifying.decisions import CAPS, answered, with_one_more
from huitou.verifying.errors import TooManyCodesError, VerificationOverError
from huitou.verifying.model import LIFE, MOST_TRIES, CodesSent, Verification, VerificationState
from tests.builders import MEI
from tests.outbox import NOON

ADDRESS = IdentityKey(IdentityKind.PHONE, digest_of(["mei"]))
PHONE = phone_identity("0912-345-678")
MINUTES = st.integers(0, 60 * 50)
KEYS = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26)


def verification(key: str = "01KAJ3XQ5T8Z4V7N2R6W9YBCDE") -> Verification:
    return Verification(OwnedId(MEI, key), PHONE, "maru", NOON)


@given(st.lists(MINUTES, max_size=60))
def test_within_no_span_an_address_gets_more_codes_than_its_cap(asked: list[int]) -> None:
    sent, times = CodesSent(ADDRESS), []
    for minute in sorted(asked):
        now = NOON + timedelta(minutes=minute)
        try:
            sent = with_one_more(sent, now)
        except TooManyCodesError:
            continue
        times.append(now)
    for most, span in CAPS:
        assert all(sum(at - span < each <= at for each in times) <= most for at in times)
    assert sent.version == len(times)


@given(st.lists(MINUTES, max_size=60), MINUTES)
def test_who_is_refused_is_told_the_first_instant_with_room(asked: list[int], minute: int) -> None:
    sent = CodesSent(ADDRESS)
    for each in sorted(asked):
        if each <= minute and not _again_at(sent, NOON + timedelta(minutes=each)):
            sent = with_one_more(sent, NOON + timedelta(minutes=each))
    again_at = _again_at(sent, NOON + timedelta(minutes=minute))
    if again_at is not None:
        assert _again_at(sent, again_at) is None
        assert _again_at(sent, again_at - timedelta(milliseconds=1)) == again_at


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


def _again_at(sent: CodesSent, now: datetime) -> datetime | None:
    try:
        with_one_more(sent, now)
    except TooManyCodesError as refused:
        return parse_instant(refused.extra["again_at"])
    return None

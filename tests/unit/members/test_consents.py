"""Consent: the latest word is in force, in whatever order words arrive."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import cast

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.kernel.errors import NotFoundError
from huitou.kernel.ids import MemberId
from huitou.members import decisions
from huitou.members.consents import Word
from huitou.members.decisions import ConsentContradictedError, TooManyError, consent
from huitou.members.model import MOST_BYTES, MOST_CONSENTS, Consent, ConsentKey, Member, Profile
from huitou.members.places import UnknownPlaceError
from huitou.members.store import TableMembers
from huitou.platform.table import Table
from huitou.program.acceptance import InFutureError, TooLateError
from huitou.program.model import GROUP
from tests.builders import MEI
from tests.items import ItemsInMemory, size_of
from tests.members import MEI_PHONE, NOON, MembersInMemory, said

MARU_SMS = ConsentKey(MessageChannel.SMS, "maru", "marketing")
DAY = timedelta(days=1)


def test_consent_given_and_withdrawn_is_in_the_history() -> None:
    """M3: consent by channel, brand and purpose, with its history."""
    huitou, mei = mei_of_maru()
    huitou.consents.give(mei, MARU_SMS, Word(True, "app"), "maru", NOON)
    huitou.consents.give(mei, MARU_SMS, Word(False, "till"), "maru", NOON + DAY)
    assert huitou.consents.in_force(mei, "maru")[MARU_SMS].granted is False
    assert history(huitou, mei) == [(True, "maru"), (False, "maru")]


def test_what_is_in_force_already_adds_no_history_and_stays_as_it_was_said() -> None:
    huitou, mei = mei_of_maru()
    huitou.consents.give(mei, MARU_SMS, Word(True, "app"), "maru", NOON)
    again = huitou.consents.give(mei, MARU_SMS, Word(True, "till"), "maru", NOON + DAY)
    assert (again.source, again.occurred_at, again.confirmed_at) == ("app", NOON, NOON + DAY)
    assert len(history(huitou, mei)) == 1


def test_the_same_word_delivered_twice_changes_nothing() -> None:
    """E21: one delivery or five give the same."""
    huitou, mei = mei_of_maru()
    for _ in range(2):
        huitou.consents.give(mei, MARU_SMS, Word(True, "app", NOON), "maru", NOON + DAY)
        once = huitou.record(mei)
    assert once.version == 2


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_words_that_arrive_in_any_order_leave_the_latest_in_force(order: tuple[int, ...]) -> None:
    """E21: no, yes, no, no; the last "no" is only a confirmation and holds against the late "yes" all the same."""
    words = [Word(day == 1, "app", NOON + day * DAY) for day in range(4)]
    huitou, mei = mei_of_maru()
    for each in order:
        huitou.consents.give(mei, MARU_SMS, words[each], "maru", NOON + 5 * DAY)
    assert huitou.consents.in_force(mei, "maru")[MARU_SMS].granted is False
    assert (True, "maru") in history(huitou, mei)


def test_the_opposite_at_the_same_instant_is_refused() -> None:
    huitou, mei = mei_of_maru()
    huitou.consents.give(mei, MARU_SMS, Word(True, "app"), "maru", NOON)
    with pytest.raises(ConsentContradictedError):
        huitou.consents.give(mei, MARU_SMS, Word(False, "app"), "maru", NOON)


def test_a_word_from_the_future_or_from_long_ago_is_refused() -> None:
    """E32: five minutes ahead are clamped to now; the programme's limit holds for the past."""
    huitou, mei = mei_of_maru()
    with pytest.raises(InFutureError):
        huitou.consents.give(mei, MARU_SMS, Word(True, "app", NOON + timedelta(minutes=6)), "maru", NOON)
    with pytest.raises(TooLateError):
        huitou.consents.give(mei, MARU_SMS, Word(True, "app", NOON - 31 * DAY), "maru", NOON)
    ahead = huitou.consents.give(mei, MARU_SMS, Word(True, "app", NOON + timedelta(minutes=4)), "maru", NOON)
    assert ahead.occurred_at == NOON


def test_a_brand_reads_its_own_consents_and_the_groups() -> None:
    """E31: another brand's are not its affair, and no cursor tells of them."""
    huitou, mei = mei_of_maru()
    for brand in ("maru", "sora", GROUP):
        huitou.consents.give(mei, ConsentKey(MessageChannel.LINE, brand, "service"), Word(True, "desk"), GROUP, NOON)
    assert {key.brand for key in huitou.consents.in_force(mei, "maru")} == {"maru", GROUP}
    first = huitou.consents.history(mei, "maru", limit=1, after=None)
    rest = huitou.consents.history(mei, "maru", limit=1, after=first.next_cursor)
    assert [line.key.brand for line in first.items + rest.items] == [GROUP, "maru"]
    assert rest.next_cursor is None


def test_consent_to_an_unknown_brand_is_refused() -> None:
    """E30."""
    huitou, mei = mei_of_maru()
    with pytest.raises(UnknownPlaceError):
        huitou.consents.give(mei, MARU_SMS._replace(brand="kaze"), Word(True, "app"), GROUP, NOON)


def test_consents_of_a_member_who_has_not_joined_are_those_of_nobody() -> None:
    """E31."""
    huitou, mei = mei_of_maru()
    with pytest.raises(NotFoundError):
        huitou.consents.history(mei, "sora", limit=5, after=None)
    with pytest.raises(NotFoundError):
        huitou.consents.give(mei, MARU_SMS, Word(True, "app"), "sora", NOON)


@pytest.mark.parametrize("letter", ["a", "麵", "😀", '"'])
def test_a_record_that_is_full_takes_no_more_and_fits_into_its_item(letter: str) -> None:
    """An item may have 400 kB: what cannot be stored is refused before, with a reason."""
    (row,) = TableMembers(cast(Table, ItemsInMemory())).save(full_of(letter * 200)).operation[1:]

    assert 100_000 < size_of(row) <= 400 * 1024


@pytest.mark.parametrize("letter", ["a", "😀"])
def test_a_no_finds_room_in_a_record_that_is_full_and_they_fit_into_its_item(letter: str) -> None:
    """M25: nobody has agreed to so much that they cannot say no."""
    full = full_of(letter * 200)
    no = Consent(False, "unsubscribe_link", NOON + DAY, NOON + DAY, NOON + DAY, GROUP)
    key = ConsentKey(MessageChannel.SMS, "maru", "purpose_0")

    for each in (key, key._replace(channel=MessageChannel.EMAIL), key._replace(channel=MessageChannel.LINE)):
        full = consent(full, each, no, None).member
        assert not full.consents[each].granted

    fuller = full_of("unsubscribe_link", granted=False, member=full)
    assert fuller.weight > MOST_BYTES
    (row,) = TableMembers(cast(Table, ItemsInMemory())).save(fuller).operation[1:]
    assert size_of(row) <= 400 * 1024


def full_of(source: str, *, granted: bool = True, member: Member | None = None) -> Member:
    """A member of whom consents are recorded until no more are taken."""
    member = member or decisions.enrol(MEI, [said(MEI_PHONE)], Profile(), "maru", NOON)
    given = Consent(granted, source, NOON, NOON, NOON, "maru")
    for number in range(4 * MOST_CONSENTS):
        key = ConsentKey(MessageChannel.SMS, "maru", f"{'purpose' if granted else 'no'}_{number}")
        try:
            member = consent(member, key, given, None).member
        except TooManyError:
            return member
    raise AssertionError("It never ends.")


def mei_of_maru() -> tuple[MembersInMemory, MemberId]:
    huitou = MembersInMemory()
    return huitou, huitou.enrol().member.id


def history(huitou: MembersInMemory, member: MemberId) -> list[tuple[bool, str]]:
    page = huitou.consents.history(member, GROUP, limit=50, after=None)
    return [(line.consent.granted, line.key.brand) for line in page.items]

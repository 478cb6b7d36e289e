"""Enrolling, looking up, and the identities of a member."""

from __future__ import annotations

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest

from huitou.kernel.errors import InvalidError, NotFoundError, PreconditionFailedError
from huitou.kernel.ids import new_member_id
from huitou.members.decisions import LastIdentityError, TooManyError, UnknownIdentityError
from huitou.members.identity import app_identity, card_identity, phone_identity
from huitou.members.model import MOST_IDENTITIES, Profile
from huitou.members.places import UnknownPlaceError
from huitou.members.service import (
    IdentitiesOfDifferentMembersError,
    IdentityTakenError,
)
from huitou.points.membership import MemberNotFoundError
from huitou.program.model import GROUP
from tests.members import (
    HASHER,
    LATER,
    MEI_EMAIL,
    MEI_LINE,
    MEI_PHONE,
    NOON,
    MembersInMemory,
    an_enrolment,
    proven,
    said,
)


def test_a_new_member_has_a_wallet_and_has_joined_the_brand() -> None:
    """M1, M3: profile, identities and the home wallet come in one transaction."""
    huitou = MembersInMemory()
    view = huitou.enrol(MEI_PHONE)
    home = huitou.wallets.load(view.member.id, "points")
    assert home is not None
    assert home.brands == {"maru": NOON} == view.brands


def test_enrolling_twice_by_any_identity_finds_the_same_member() -> None:
    """M1."""
    huitou = MembersInMemory()
    first = huitou.enrol(MEI_PHONE, MEI_EMAIL)
    assert huitou.enrol(MEI_EMAIL).member.id == first.member.id
    assert huitou.enrol(MEI_PHONE, MEI_LINE).member.id == first.member.id
    assert huitou.directory.find(MEI_LINE) == first.member.id
    assert len(huitou.members()) == 1


def test_enrolling_the_same_again_writes_nothing() -> None:
    huitou = MembersInMemory()
    before = huitou.record(huitou.enrol(MEI_PHONE).member.id)
    again = huitou.use.enrol(an_enrolment(MEI_PHONE), "maru", LATER)
    assert huitou.record(before.id) is before
    assert not again.is_new


def test_a_known_member_is_new_to_another_brand_once() -> None:
    """E31: whether somebody else knew them is not what the status tells."""
    huitou = MembersInMemory()
    huitou.enrol(MEI_PHONE, brand="maru")
    assert huitou.use.enrol(an_enrolment(MEI_PHONE, brand="sora"), "sora", LATER).is_new
    assert not huitou.use.enrol(an_enrolment(MEI_PHONE, brand="sora"), "sora", LATER).is_new


def test_a_brand_sees_only_its_own_joining() -> None:
    """E31: which other brands somebody visits is the others' affair."""
    huitou = MembersInMemory()
    huitou.enrol(MEI_PHONE, brand="maru")
    assert set(huitou.enrol(MEI_PHONE, brand="sora").brands) == {"sora"}
    assert set(huitou.enrol(proven(MEI_PHONE), brand="sora").brands) == {"maru", "sora"}


def test_the_group_enrols_at_no_brand_in_particular() -> None:
    huitou = MembersInMemory()
    view = huitou.enrol(MEI_PHONE, brand=GROUP)
    assert not view.brands


def test_identities_of_two_members_are_a_contradiction() -> None:
    """M1: nothing is merged by accident, and nothing is written."""
    huitou = MembersInMemory()
    huitou.enrol(MEI_PHONE)
    huitou.enrol(MEI_EMAIL)
    with pytest.raises(IdentitiesOfDifferentMembersError):
        huitou.enrol(MEI_PHONE, MEI_EMAIL, MEI_LINE)
    assert huitou.directory.find(MEI_LINE) is None


def test_racing_enrolments_with_one_phone_give_one_member() -> None:
    """M1: the loser of the race reads again and finds the winner's member."""
    huitou = MembersInMemory()
    start, found = Barrier(8), []

    def race() -> None:
        start.wait()
        found.append(huitou.enrol(MEI_PHONE).member.id)

    threads = [Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1 == len(huitou.members())


def test_a_look_up_never_joins_and_hides_who_has_not_joined() -> None:
    """E31: for a member who has not joined, as for one who does not exist."""
    huitou = MembersInMemory()
    known = huitou.enrol(MEI_PHONE).member.id
    refusals = []
    for reference in (MEI_PHONE, MEI_EMAIL, known, new_member_id()):
        with pytest.raises(MemberNotFoundError) as refusal:
            huitou.use.look_up(reference, "sora")
        refusals.append((refusal.value.code, refusal.value.detail, refusal.value.errors, refusal.value.extra))
    assert len({repr(refusal) for refusal in refusals}) == 1
    assert huitou.use.look_up(MEI_PHONE, "maru").member.id == known
    assert huitou.use.look_up(MEI_PHONE, GROUP).member.id == known


def test_an_unknown_store_or_app_or_brand_is_refused() -> None:
    """E30: nothing is written."""
    huitou = MembersInMemory()
    for enrolment in (
        an_enrolment(MEI_PHONE, profile=Profile(home_store="m99")),
        an_enrolment(app_identity("kaze", "7")),
        an_enrolment(MEI_PHONE, brand="kaze"),
    ):
        with pytest.raises(UnknownPlaceError):
            huitou.use.enrol(enrolment, GROUP, NOON)
    assert not huitou.members()


def test_a_birthday_may_be_the_29th_of_february_but_not_to_come() -> None:
    """E10; the day is the programme's, which has begun in Taipei before it has in London."""
    huitou = MembersInMemory()
    view = huitou.enrol(MEI_PHONE, profile=Profile(birthday=date(2000, 2, 29)))
    assert view.member.profile.birthday == date(2000, 2, 29)
    with pytest.raises(InvalidError):
        huitou.enrol(MEI_EMAIL, profile=Profile(birthday=date(2026, 3, 3)))


def test_a_profile_changes_only_from_the_version_that_was_read() -> None:
    """E33: If-Match."""
    huitou = MembersInMemory()
    mei = huitou.enrol(MEI_PHONE).member
    changed = huitou.use.change_profile(mei.id, {"name": "Mei"}, mei.version, "maru", NOON)
    assert changed.member.version == mei.version + 1
    with pytest.raises(PreconditionFailedError):
        huitou.use.change_profile(mei.id, {"name": "May"}, mei.version, "maru", NOON)
    assert huitou.record(mei.id).profile.name == "Mei"


def test_an_identity_of_another_member_cannot_be_added() -> None:
    """M1: identities are unique."""
    huitou = MembersInMemory()
    mei = huitou.enrol(MEI_PHONE).member.id
    huitou.enrol(MEI_EMAIL)
    with pytest.raises(IdentityTakenError):
        huitou.use.add_identity(mei, said(MEI_EMAIL), "maru", NOON)


def test_a_removed_identity_is_free_again() -> None:
    huitou = MembersInMemory()
    mei = huitou.enrol(MEI_PHONE, MEI_EMAIL).member.id
    huitou.use.remove_identity(mei, str(HASHER.key(MEI_PHONE)), "maru")
    assert huitou.directory.find(MEI_PHONE) is None
    assert huitou.enrol(MEI_PHONE).member.id != mei


def test_the_last_identity_stays() -> None:
    huitou = MembersInMemory()
    mei = huitou.enrol(MEI_PHONE).member.id
    with pytest.raises(LastIdentityError):
        huitou.use.remove_identity(mei, str(HASHER.key(MEI_PHONE)), "maru")


def test_a_brand_cannot_take_away_what_another_brand_stands_by() -> None:
    """E31: or whoever knows a phone number could lock its owner out."""
    huitou = MembersInMemory()
    mei = huitou.enrol(MEI_PHONE).member.id
    huitou.enrol(MEI_PHONE, MEI_LINE, brand="sora")
    huitou.use.remove_identity(mei, str(HASHER.key(MEI_PHONE)), "sora")
    assert huitou.directory.find(MEI_PHONE) == mei
    with pytest.raises(UnknownIdentityError):
        huitou.use.remove_identity(mei, str(HASHER.key(MEI_PHONE)), "sora")


def test_an_identity_that_the_brand_does_not_see_is_unknown_to_it() -> None:
    """E31."""
    huitou = MembersInMemory()
    mei = huitou.enrol(MEI_PHONE, MEI_EMAIL).member.id
    huitou.enrol(MEI_PHONE, brand="sora")
    with pytest.raises(NotFoundError):
        huitou.use.remove_identity(mei, str(HASHER.key(MEI_EMAIL)), "sora")


def test_a_record_has_room_for_so_many_identities() -> None:
    huitou = MembersInMemory()
    mei = huitou.enrol(MEI_PHONE).member.id
    for number in range(MOST_IDENTITIES - 1):
        huitou.use.add_identity(mei, said(card_identity(f"C{number}")), "maru", NOON + timedelta(minutes=number))
    with pytest.raises(TooManyError):
        huitou.use.add_identity(mei, said(phone_identity("0922333444")), "maru", LATER)

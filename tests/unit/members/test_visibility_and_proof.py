"""What a brand sees of a member, and what proves to it who they are."""

from __future__ import annotations

import pytest

from huitou.kernel.ids import new_member_id
from huitou.members.decisions import (
    FieldOfAnotherBrandError,
    Presented,
    change_profile,
    claim,
    enrol,
    recognise,
    tag,
    untag,
)
from huitou.members.model import Gender, Member, Profile, ProofMethod, Tag
from huitou.members.visibility import seen_by, sees_all
from huitou.program.model import GROUP
from tests.members import LATER, MEI_EMAIL, MEI_LINE, MEI_PHONE, NOON, STRANGER_LINE, proven, said


def mei_of_maru() -> Member:
    """Enrolled at maru with a phone number that nobody verified."""
    member = enrol(new_member_id(), [said(MEI_PHONE)], Profile(name="Mei", language="zh-TW"), "maru", NOON)
    return tag(member, "vip", "maru", NOON)


def at_sora(member: Member, *presented: Presented) -> Member:
    """The member enrols at sora too."""
    return recognise(member, presented or [said(MEI_PHONE)], Profile(), "sora", LATER)


def test_a_brand_sees_what_it_put_there_itself() -> None:
    """E31: own fields, identities and tags."""
    member = mei_of_maru()
    assert seen_by(member, "maru") == member


def test_another_brand_sees_only_that_it_knows_the_phone_too() -> None:
    """E31: who merely said the phone number learns nothing that maru wrote."""
    seen = seen_by(at_sora(mei_of_maru()), "sora")
    assert seen.profile == Profile()
    assert not seen.tags
    assert [held.identity for held in seen.identities] == [MEI_PHONE]
    assert [each.brand for each in seen.identities[0].claims] == ["sora"]


def test_what_the_group_put_there_every_brand_sees() -> None:
    """E31: set by its own brand or the group."""
    member = change_profile(mei_of_maru(), {"gender": Gender.FEMALE}, GROUP)
    assert seen_by(at_sora(member), "sora").profile == Profile(gender=Gender.FEMALE)


def test_a_verified_phone_opens_the_record() -> None:
    """M39: an identity verified by this brand shows it the personal data from another."""
    member = at_sora(mei_of_maru(), proven(MEI_PHONE))
    assert seen_by(member, "sora").profile.name == "Mei"
    assert Tag("maru", "vip") in seen_by(member, "sora").tags


def test_a_proof_to_one_brand_is_no_proof_to_another() -> None:
    """M39: verified by this brand."""
    member = at_sora(mei_of_maru(), proven(MEI_PHONE))
    assert not sees_all(recognise(member, [said(MEI_PHONE)], Profile(), "kaze", LATER), "kaze")


def test_a_strangers_own_login_does_not_open_the_record_of_a_phone_number_he_knows() -> None:
    """M39: the login proves who the stranger is, not that the phone number is his."""
    member = at_sora(mei_of_maru(), said(MEI_PHONE), proven(STRANGER_LINE, ProofMethod.LINE_LOGIN))
    assert member.holding(STRANGER_LINE)
    assert not sees_all(member, "sora")
    again = claim(member, proven(STRANGER_LINE, ProofMethod.LINE_LOGIN), "sora", LATER)
    elsewhere = claim(again, proven(STRANGER_LINE, ProofMethod.LINE_LOGIN), "kaze", LATER)
    assert not sees_all(again, "sora")
    assert not sees_all(elsewhere, "kaze")


def test_an_identity_given_together_with_a_proven_one_is_proven_too() -> None:
    """M39: the phone number by code and the LINE login in one request tie both to the member."""
    member = at_sora(mei_of_maru(), proven(MEI_PHONE), proven(MEI_LINE, ProofMethod.LINE_LOGIN))
    line = member.holding(MEI_LINE)
    assert line is not None
    assert line.is_proven_to("sora")


def test_staff_tie_an_identity_to_the_member_with_a_reason() -> None:
    """M39: staff with reason."""
    assert sees_all(claim(mei_of_maru(), proven(MEI_EMAIL, ProofMethod.STAFF), "sora", LATER), "sora")


def test_what_a_member_was_enrolled_with_can_be_proven_later() -> None:
    member = claim(mei_of_maru(), proven(MEI_PHONE), "maru", LATER)
    assert member.is_proven_to("maru")
    assert claim(member, proven(MEI_PHONE, at=LATER), "maru", LATER) is member


def test_a_brand_cannot_change_what_it_may_not_see() -> None:
    """E31: it would destroy what it does not know."""
    with pytest.raises(FieldOfAnotherBrandError) as refusal:
        change_profile(at_sora(mei_of_maru()), {"name": "May", "gender": None}, "sora")
    assert [error.pointer for error in refusal.value.errors] == ["/profile/name"]


def test_a_brand_may_fill_what_nobody_has_set() -> None:
    member = change_profile(at_sora(mei_of_maru()), {"contact_email": "mei@example.com"}, "sora")
    assert member.set_by["contact_email"] == "sora"
    assert seen_by(member, "maru").profile.contact_email is None


def test_a_cleared_field_is_open_to_all_again() -> None:
    cleared = change_profile(mei_of_maru(), {"name": None}, "maru")
    assert change_profile(cleared, {"name": "May"}, "sora").profile.name == "May"


def test_enrolling_again_fills_gaps_and_overwrites_nothing() -> None:
    """Enrolment may be a repetition and names no version that it has seen."""
    member = recognise(mei_of_maru(), [said(MEI_PHONE)], Profile(name="M.", home_store="m1"), "maru", LATER)
    assert member.profile == Profile(name="Mei", language="zh-TW", home_store="m1")


def test_two_brands_tag_with_the_same_word_without_meeting() -> None:
    member = tag(mei_of_maru(), "vip", "sora", LATER)
    assert set(untag(member, "vip", "sora").tags) == {Tag("maru", "vip")}
    assert not untag(member, "vip", GROUP).tags


def test_tagging_twice_changes_nothing() -> None:
    member = mei_of_maru()
    assert tag(member, "vip", "maru", LATER) is member
    assert untag(member, "new", "maru") is member

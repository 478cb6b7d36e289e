"""Members are kept alike in memory and in DynamoDB, and found by any identity."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import MemberId, new_member_id
from huitou.kernel.pages import InvalidCursorError
from huitou.members.decisions import change_profile, claim, consent, enrol, tag
from huitou.members.identity import IdentityKey
from huitou.members.model import (
    Consent,
    ConsentChange,
    ConsentKey,
    Gender,
    Member,
    Profile,
    ProofMethod,
)
from huitou.members.ports import MemberStore
from huitou.members.service import Enrolled, Members
from huitou.members.store import TableMembers
from huitou.platform.pauses import pause
from huitou.points.ports import WalletStore
from huitou.points.store import TableWallets
from huitou.program.model import GROUP
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_members import MemoryMembers
from huitou.simulator.memory_points import MemoryWallets
from huitou.simulator.memory_standing import MemoryStandings
from huitou.standing.store import TableStandings
from tests.builders import program
from tests.contract.conftest import SideBySide
from tests.contract.targets import AnyTable
from tests.members import (
    HASHER,
    LATER,
    MEI_EMAIL,
    MEI_LINE,
    MEI_PHONE,
    NOON,
    FixedPrograms,
    an_enrolment,
    proven,
    said,
)

PHONE_KEY, EMAIL_KEY = HASHER.key(MEI_PHONE), HASHER.key(MEI_EMAIL)


def members_on(table: AnyTable) -> MemberStore:
    return MemoryMembers(table) if isinstance(table, MemoryTable) else TableMembers(table)


def wallets_on(table: AnyTable) -> WalletStore:
    return MemoryWallets(table) if isinstance(table, MemoryTable) else TableWallets(table)


def mei() -> Member:
    """A record in which every part is filled."""
    profile = Profile("林美", date(1992, 2, 29), Gender.FEMALE, "zh-TW", "m1", "+886912345678", "mei@example.com")
    member = enrol(new_member_id(), [proven(MEI_PHONE), said(MEI_LINE)], profile, "maru", NOON)
    member = tag(member, "素食", "sora", LATER)
    member = claim(member, proven(MEI_EMAIL, ProofMethod.STAFF), "sora", LATER)
    word = Consent(True, "app", NOON, NOON, LATER, "maru")
    member = consent(member, ConsentKey(MessageChannel.SMS, "maru", "marketing"), word, None).member
    confirmed = replace(word, occurred_at=LATER, confirmed_at=LATER)
    member = consent(member, ConsentKey(MessageChannel.SMS, "maru", "marketing"), confirmed, None).member
    return replace(member, version=1)


def test_a_record_is_read_back_as_it_was_written(table: AnyTable) -> None:
    members, member = members_on(table), mei()
    bare = enrol(new_member_id(), [said(MEI_PHONE)], Profile(), GROUP, NOON)

    table.commit([members.save(member), members.save(bare)])

    assert members.load(member.id) == member
    assert members.load(bare.id) == bare
    assert members.load(new_member_id()) is None


def test_a_record_is_written_only_over_the_version_before(table: AnyTable) -> None:
    """E18: whoever decided on an older version decides again."""
    members, member = members_on(table), mei()
    table.commit([members.save(member)])
    table.commit([members.save(change_profile(member, {"name": "Mei"}, GROUP))])

    for stale in (member, change_profile(member, {"name": "May"}, GROUP)):
        with pytest.raises(StaleReadError):
            table.commit([members.save(stale)])

    stored = members.load(member.id)
    assert stored is not None
    assert stored.profile.name == "Mei"


def test_an_identity_is_one_members_until_it_is_released(table: AnyTable) -> None:
    """M1: identities are unique."""
    members, ann, ben = members_on(table), new_member_id(), new_member_id()
    table.commit([members.bind(PHONE_KEY, ann)])

    for taken in (members.bind(PHONE_KEY, ben), members.bind(PHONE_KEY, ann), members.release(PHONE_KEY, ben)):
        with pytest.raises(StaleReadError):
            table.commit([taken])
    assert members.owners([PHONE_KEY]) == [ann]

    table.commit([members.release(PHONE_KEY, ann)])
    assert members.owners([PHONE_KEY]) == [None]
    table.commit([members.bind(PHONE_KEY, ben)])
    assert members.owners([EMAIL_KEY, PHONE_KEY, EMAIL_KEY]) == [None, ben, None]


def test_the_kind_is_part_of_the_key(table: AnyTable) -> None:
    members, ann = members_on(table), new_member_id()
    table.commit([members.bind(PHONE_KEY, ann)])
    assert members.owners([IdentityKey("card", PHONE_KEY.digest)]) == [None]


def test_a_line_of_consent_history_is_written_once(table: AnyTable) -> None:
    members, ann, line = members_on(table), new_member_id(), a_line("maru", 0)
    table.commit([members.add_consent(ann, line)])

    with pytest.raises(StaleReadError):
        table.commit([members.add_consent(ann, line)])

    assert members.consent_at(ann, line.key, NOON) == line.consent
    assert members.consent_at(ann, line.key, LATER) is None


def test_the_consent_history_comes_in_pages_of_the_brands_asked_for(table: AnyTable) -> None:
    """E31, E33: full pages, and no cursor that tells of another brand."""
    members, ann = members_on(table), new_member_id()
    lines = [a_line(brand, day) for brand in (GROUP, "maru", "sora") for day in range(4)]
    table.commit([members.add_consent(ann, line) for line in lines])

    assert read_all(members, ann, None, limit=5) == lines
    assert read_all(members, ann, {GROUP, "sora"}, limit=1) == lines[:4] + lines[8:]
    page = members.consent_history(ann, {GROUP}, limit=4)
    assert (len(page.items), page.next_cursor) == (4, None)


@pytest.mark.parametrize("after", ["", "zzz", "WALLET#points", "\U0001f600"])
def test_a_cursor_that_was_made_up_harms_nothing(table: AnyTable, after: str) -> None:
    members, ann = members_on(table), new_member_id()
    table.commit([members.add_consent(ann, a_line("maru", 0))])
    assert len(members.consent_history(ann, None, limit=5, after=after).items) <= 1
    with pytest.raises(InvalidCursorError):
        members.consent_history(ann, None, limit=5, after="x" * 1100)


def test_racing_enrolments_with_one_phone_give_one_member(table: AnyTable, side_by_side: SideBySide) -> None:
    """M1, E18: each brings an identity of its own too, and none of them is lost."""
    members = members_on(table)
    use = Members(
        members=members,
        wallets=wallets_on(table),
        standings=MemoryStandings(table) if isinstance(table, MemoryTable) else TableStandings(table),
        programs=FixedPrograms(program()),
        hasher=HASHER,
        commit=table.commit,
        pause=pause,
    )
    enrolments = [an_enrolment(MEI_PHONE, brand=brand) for brand in ("maru", "sora") for _ in range(3)]
    enrolments += [an_enrolment(MEI_PHONE, other) for other in (MEI_EMAIL, MEI_LINE)]

    found = side_by_side(len(enrolments), lambda number: use.enrol(enrolments[number], GROUP, NOON))

    enrolled = [each for each in found if isinstance(each, Enrolled)]
    assert len(enrolled) == len(enrolments)
    (mei_id,) = {each.view.member.id for each in enrolled}
    owners = members.owners([HASHER.key(each) for each in (MEI_PHONE, MEI_EMAIL, MEI_LINE)])
    assert owners == [mei_id] * 3
    final = use.get(mei_id, GROUP)
    assert {held.identity for held in final.member.identities} == {MEI_PHONE, MEI_EMAIL, MEI_LINE}
    assert set(final.brands) == {"maru", "sora"}
    assert sum(each.is_new for each in enrolled) == 2


def a_line(brand: str, day: int) -> ConsentChange:
    at = NOON + timedelta(days=day)
    return ConsentChange(
        ConsentKey(MessageChannel.LINE, brand, "service"), Consent(day % 2 == 0, "app", at, at, LATER, "maru")
    )


def read_all(store: MemberStore, member: MemberId, brands: set[str] | None, limit: int) -> list[ConsentChange]:
    found: list[ConsentChange] = []
    after = None
    while True:
        page = store.consent_history(member, brands, limit=limit, after=after)
        found += page.items
        after = page.next_cursor
        if after is None:
            return found
        assert len(page.items) == limit


def test_what_is_written_beside_a_record_is_refused_where_that_has_changed(table: AnyTable) -> None:
    """E25: also where it was erased."""
    store, member = members_on(table), mei()
    before = replace(member, version=1)
    table.commit([store.save(before)])
    other = store.bind(PHONE_KEY, member.id)
    with pytest.raises(StaleReadError):
        table.commit([store.unchanged(replace(before, version=2)), other])
    table.commit([store.unchanged(before), other])
    assert store.owners([PHONE_KEY]) == [member.id]

"""A person wants to be forgotten (M4, E25)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from huitou.erasing.model import Erasure
from huitou.kernel.errors import MemberMovedError
from huitou.kernel.ids import Digest, MemberId
from huitou.members.identity import line_identity
from huitou.merging.model import Merge
from huitou.merging.service import merge_id
from huitou.points.decisions import PlaceHold, decide
from huitou.points.membership import MemberErasedError, MemberNotFoundError
from huitou.points.wallet import Cause
from tests.erasing import MEI_SAYS, NEXT_DAY, SAID, Forgetting
from tests.ledger import order
from tests.members import MEI_PHONE
from tests.purchases import NOON, SOON, bill


@pytest.fixture
def people() -> Forgetting:
    return Forgetting()


def test_nothing_that_tells_who_they_were_is_left(people: Forgetting) -> None:
    """E25: neither in the record nor in any other item."""
    mei = people.mei()
    people.talk_about(mei)
    people.erase(mei)
    assert people.contradictions(mei) == []
    kept = repr(people.shop.everything())
    assert not [word for word in MEI_SAYS if word in kept]
    assert people.record(mei).identities == ()
    assert people.shop.states.load(mei).record.birthday is None


def test_remaining_points_expire_and_entries_stay(people: Forgetting) -> None:
    """E25: held points too; pseudonymous and balanced."""
    mei = people.mei()
    key, wallet = Digest("H" * 26), people.shop.wallet(mei)
    hold = PlaceHold(key, 4, "maru", NEXT_DAY + timedelta(days=1), Cause("hold", key))
    people.shop.table.commit(
        people.shop.wallets.save(wallet, decide(wallet, hold, people.shop.programs.active(), NOON + 2 * SOON))
    )
    people.erase(mei)
    entries = people.entries(mei, "points")
    assert [entry.type.value for entry in entries] == ["earn", "hold", "release", "expire"]
    assert entries[-1].reason == "erasure"
    assert people.shop.wallet(mei).lots == ()
    assert people.contradictions(mei) == []


def test_events_that_name_them_are_refused(people: Forgetting) -> None:
    """E25: 410."""
    mei = people.mei()
    people.erase(mei)
    with pytest.raises(MemberErasedError):
        people.shop.sell(bill("A-2", occurred_at=NEXT_DAY + SOON), mei)
    with pytest.raises(MemberErasedError):
        people.enrolment.get(mei, "group")


def test_a_brand_that_they_never_joined_learns_nothing(people: Forgetting) -> None:
    """E31."""
    mei = people.mei()
    people.erase(mei)
    with pytest.raises(MemberNotFoundError):
        people.enrolment.get(mei, "sora")


def test_who_enrols_again_is_somebody_new(people: Forgetting) -> None:
    """E25."""
    mei = people.mei()
    people.erase(mei)
    again = people.enrol(MEI_PHONE, brand="maru", now=NEXT_DAY + SOON)
    assert again != mei
    assert people.shop.points(again, now=NEXT_DAY + 2 * SOON) == 0


def test_erasing_again_gives_the_first_answer(people: Forgetting) -> None:
    """E14: the member is its identity; of a message that waited, the dispatcher has made an end."""
    mei = people.mei()
    people.talk_about(mei)
    assert not people.erase(mei).replayed
    people.end_what_waits(mei)
    before = people.shop.everything()
    assert people.erase(mei).replayed
    assert people.shop.everything() == before


def test_those_who_were_merged_into_them_are_forgotten_too(people: Forgetting) -> None:
    """E15, E25: with the record as it was before."""
    other = people.mei()
    mei = people.enrol(line_identity("1650000000", "U77"), brand="maru", now=NOON)
    people.merge(mei, other, NOON + 2 * SOON)
    with pytest.raises(MemberMovedError):
        people.erase(other)
    people.erase(mei)
    kept = repr(people.shop.everything())
    assert not [word for word in (*MEI_SAYS, "U77") if word in kept]


def test_a_restored_table_forgets_again(people: Forgetting) -> None:
    """E25: the list of erasures is replayed."""
    mei = people.mei()
    people.listed.add(Erasure(mei, "asked for it", "staff-7", None, NEXT_DAY))
    gone = MemberId("01JMEMBERMEM0000000000N0NE")
    people.listed.add(Erasure(gone, "asked for it", "staff-7", None, NEXT_DAY))
    assert people.erasures.replay() == 1
    kept = repr(people.shop.everything())
    assert not [word for word in MEI_SAYS if word in kept]


def test_the_words_of_a_merge_go_too(people: Forgetting) -> None:
    """E15, E25: the merge itself stays."""
    mei, other = people.mei(), people.enrol(line_identity("1650000000", "U77"), brand="maru", now=NOON)
    merge = Merge(merge_id("M-1"), mei, other, SAID, "staff-7", SAID, NOON + 2 * SOON)
    people.use.merge(merge)
    people.erase(mei)
    kept = people.use.get(merge.id)
    assert (kept.absorbed, kept.reason, kept.client_reference) == (other, "", None)
    with pytest.raises(MemberErasedError):
        people.use.reverse(merge.id, NEXT_DAY + SOON)


def test_a_repeated_command_of_theirs_is_refused_too(people: Forgetting) -> None:
    """E14, E25: what was destroyed is not answered again."""
    mei = people.mei()
    spent = order("R-1", 5, member=mei)
    people.shop.ledger.use.redeem(spent, presented=True, now=NOON + SOON)
    people.erase(mei)
    with pytest.raises(MemberErasedError):
        people.shop.ledger.use.redeem(spent, presented=True, now=NEXT_DAY + SOON)

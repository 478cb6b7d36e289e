"""A person wants to be forgotten (M4, E25)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from huitou.erasing.model import Erasure
from huitou.erasing.service import Erased, Erasures
from huitou.kernel.errors import MemberMovedError
from huitou.kernel.ids import Digest, MemberId
from huitou.members.identity import line_identity
from huitou.members.model import ConsentChannel, ConsentKey, Profile
from huitou.members.service import Word
from huitou.merging.model import Merge
from huitou.merging.service import merge_id
from huitou.points.decisions import PlaceHold, decide
from huitou.points.membership import MemberErasedError, MemberNotFoundError
from huitou.points.wallet import Cause
from huitou.program.model import GROUP
from huitou.purchases.refunds import LineAsked
from huitou.purchases.standing import MemberFacts
from huitou.simulator.memory_erasing import MemoryErasures, MemoryTraces
from huitou.standing.model import Grant
from huitou.standing.service import Tiers
from tests.builders import document, program
from tests.ledger import order
from tests.members import HASHER, MEI_EMAIL, MEI_PHONE
from tests.merging import TIERS, TwoRecords
from tests.purchases import NOON, SOON, Shop, bill, booking, bread, return_of

NEXT_DAY = NOON + timedelta(days=1)
SAID = "for Mei's birthday"
MEI_SAYS = (SAID, "王小美", "mei@example.com", "0912345678", "912345678", "a table for her birthday", "at the till")
"""Words that tell who Mei is."""


class Forgetting(TwoRecords):
    """Also erasures."""

    def __init__(self) -> None:
        super().__init__(Shop(program(document(tiers=TIERS))))
        self.erasures = Erasures(
            erasures=MemoryErasures(self.shop.table),
            traces=MemoryTraces(self.shop.table),
            members=self.members,
            wallets=self.shop.wallets,
            standings=self.shop.standings,
            programs=self.shop.programs,
            hasher=HASHER,
            commit=self.shop.table.commit,
            pause=lambda _: None,
        )

    def erase(self, member: MemberId) -> Erased:
        return self.erasures.erase(Erasure(member, "asked for it", "staff-7", None, NEXT_DAY))

    def mei(self) -> MemberId:
        """With everything that may be known of somebody."""
        profile = Profile(name="王小美", birthday=date(1990, 3, 4))
        mei = self.enrol(MEI_PHONE, MEI_EMAIL, brand="maru", now=NOON, profile=profile)
        about = ConsentKey(ConsentChannel.SMS, "group", "offers")
        self.enrolment.give_consent(mei, about, Word(True, "said at the till"), "group", NOON)
        self.enrolment.tag(mei, "vip", "maru", NOON)
        self.shop.sell(bill("A-1", client_reference=SAID), mei)
        told = {"note": "a table for her birthday"}
        self.shop.visit(booking(member=mei, brand="maru", store="m1", data=told, client_reference=SAID))
        return mei

    def talk_about(self, mei: MemberId) -> None:
        """What staff and clients write beside refunds, points and tiers."""
        sold = self.shop.sell(bill("A-2", bread(3000)), mei).purchase
        self.shop.refund(return_of(sold, "R-1", LineAsked(0, None, 500), reason=SAID, client_reference=SAID))
        use, words = self.shop.ledger.use, {"reason": SAID, "actor": "staff-7", "client_reference": SAID}
        now, lasts = NOON + 2 * SOON, timedelta(days=9)
        use.adjust(order("A", 5, type="adjustment", member=mei, **words), scope=GROUP, now=now)
        ended = use.adjust(order("X", 5, type="expiry", member=mei, **words), scope=GROUP, now=now)
        good = order("C", 0, type="reinstatement", member=mei, entry=ended.entry.id, lasts=lasts, **words)
        use.reinstate(good, scope=GROUP, now=now)
        tiers = Tiers(
            MemberFacts(self.shop.states, self.shop.programs),
            self.shop.standings,
            self.shop.programs,
            self.shop.table.commit,
            lambda _: None,
        )
        tiers.grant(mei, Grant(Digest("G" * 26), "gold", now, None, "maru", SAID, "staff-7"), now)


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
    """E14: the member is its identity."""
    mei = people.mei()
    people.talk_about(mei)
    assert not people.erase(mei).replayed
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
    people.erasures._erasures.add(Erasure(mei, "asked for it", "staff-7", None, NEXT_DAY))
    gone = MemberId("01JMEMBERMEM0000000000N0NE")
    people.erasures._erasures.add(Erasure(gone, "asked for it", "staff-7", None, NEXT_DAY))
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

"""M39: who knows somebody's telephone number, and holds addresses of their own, does not come to see what other brands
know of that person: whatever they claim, in which order, and however many codes they read at their own addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from huitou.kernel.errors import DomainError
from huitou.kernel.ids import MemberId
from huitou.members.identity import Identity, email_identity, phone_identity
from tests.members import HASHER, proven, said
from tests.verifying import CodeOffice, another

MEIS = phone_identity("0912-345-678")
OWN = (phone_identity("0955-666-777"), email_identity("stranger@example.com"))
NAME = "王小美"
Step = Callable[["Stranger"], object]


class Stranger:
    """At Sora's app, which asks for codes as it should and hears what they type. Mei is a member of Maru's."""

    def __init__(self) -> None:
        self.office = CodeOffice()
        self.mei = self.office.meet(name=NAME)
        self.seen = {self.mei}

    def enrols(self, *own: Identity, reads: bool, knows: bool) -> None:
        """With addresses that they hold, proven or not, and with Mei's number, which they cannot prove."""
        presented = [proven(each) if reads else said(each) for each in own]
        if knows:
            presented.append(said(MEIS))
        if presented:
            self.seen.add(self.office.join("sora", *presented))

    def adds(self, whom: MemberId, own: Identity, *, reads: bool) -> None:
        presented = proven(own) if reads else said(own)
        self.office.enrolment.add_identity(whom, presented, "sora", self.office.now)

    def proves(self, whom: MemberId, own: Identity) -> None:
        """By a code that comes to an address of theirs."""
        verification, code = self.office.sent(whom, own, "sora")
        self.office.say(verification, code, "sora")

    def guesses(self, whom: MemberId) -> None:
        """At a code that comes to Mei's telephone."""
        verification, code = self.office.sent(whom, MEIS, "sora")
        self.office.say(verification, another(code), "sora")

    def removes(self, whom: MemberId, named: Identity) -> None:
        self.office.enrolment.remove_identity(whom, str(HASHER.key(named)), "sora")


WHOM = st.integers(0, 2)
ADDRESS = st.sampled_from(OWN)


def _of(number: int, stranger: Stranger) -> MemberId:
    """Mei first, then who else they came to know."""
    known = [stranger.mei, *sorted(stranger.seen - {stranger.mei})]
    return known[number % len(known)]


STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda own, reads, knows: lambda who: who.enrols(*own, reads=reads, knows=knows),
        st.lists(ADDRESS, unique=True, max_size=2),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(lambda n, own, reads: lambda who: who.adds(_of(n, who), own, reads=reads), WHOM, ADDRESS, st.booleans()),
    st.builds(lambda n, own: lambda who: who.proves(_of(n, who), own), WHOM, ADDRESS),
    st.builds(lambda n: lambda who: who.guesses(_of(n, who)), WHOM),
    st.builds(lambda n, named: lambda who: who.removes(_of(n, who), named), WHOM, st.sampled_from([*OWN, MEIS])),
)


@settings(max_examples=150)
@given(st.lists(STEPS, max_size=12))
def test_nothing_that_a_stranger_can_do_opens_the_record(steps: list[Step]) -> None:
    stranger = Stranger()
    office = stranger.office
    for step in steps:
        office.now += timedelta(minutes=30)
        try:
            step(stranger)
        except DomainError:
            continue
    for member in stranger.seen:
        try:
            seen = office.enrolment.get(member, "sora").member
        except DomainError:
            continue
        assert seen.profile.name != NAME
        assert not (member == stranger.mei and seen.is_proven_to("sora"))
    assert office.enrolment.get(stranger.mei, "maru").member.profile.name == NAME
    assert office.enrolment.look_up(MEIS, "maru").member.id == stranger.mei

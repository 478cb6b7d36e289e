"""Enrolment in any order and with any overlap: a person is one member, or the contradiction is said."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from huitou.members.identity import Identity, card_identity
from huitou.members.model import Member
from huitou.members.service import IdentitiesOfDifferentMembersError
from tests.members import NOON, MembersInMemory, an_enrolment

CARDS = [card_identity(f"CARD{number}") for number in range(6)]
BRANDS = st.sampled_from(["maru", "sora"])
SIGHTINGS = st.lists(st.tuples(st.lists(st.sampled_from(CARDS), min_size=1, max_size=4), BRANDS))


@given(SIGHTINGS)
def test_every_identity_leads_to_one_member_and_back(sightings: list[tuple[list[Identity], str]]) -> None:
    """M1: after any story, the look-ups and the records say the same, and nobody shares an identity."""
    huitou, model = MembersInMemory(), Grouping()
    for cards, brand in sightings:
        try:
            member = huitou.use.enrol(an_enrolment(*cards, brand=brand), brand, NOON).view.member
        except IdentitiesOfDifferentMembersError:
            assert model.groups_of(cards) > 1
        else:
            assert model.groups_of(cards) <= 1
            model.join(cards)
            assert {huitou.directory.find(card) for card in cards} == {member.id}
    held = {each.identity: member.id for member in huitou.members() for each in member.identities}
    assert held == {card: huitou.directory.find(card) for card in model.known()}
    assert len(huitou.members()) == model.count()


@given(st.permutations(CARDS[:4]), st.data())
def test_a_chain_of_sightings_meets_in_one_member(cards: Sequence[Identity], data: st.DataObject) -> None:
    """M1: each sighting shares an identity with an earlier one, in whatever order its identities are named."""
    huitou = MembersInMemory()
    for known in range(1, len(cards)):
        earlier = data.draw(st.lists(st.sampled_from(cards[:known]), min_size=1))
        huitou.enrol(*data.draw(st.permutations([*earlier, cards[known]])))
    assert len({huitou.directory.find(card) for card in cards}) == 1
    assert len(huitou.members()) == 1


@given(SIGHTINGS)
def test_a_story_told_twice_changes_nothing(sightings: list[tuple[list[Identity], str]]) -> None:
    """E14: enrolment has an identity of its own."""
    huitou = MembersInMemory()

    def tell() -> list[Member]:
        for cards, brand in sightings:
            try:
                huitou.use.enrol(an_enrolment(*cards, brand=brand), brand, NOON)
            except IdentitiesOfDifferentMembersError:
                continue
        return sorted(huitou.members(), key=lambda member: member.id)

    assert tell() == tell()


class Grouping:
    """The model: sets of identities that were seen together."""

    def __init__(self) -> None:
        self._groups: list[set[Identity]] = []

    def groups_of(self, cards: Sequence[Identity]) -> int:
        return sum(not group.isdisjoint(cards) for group in self._groups)

    def join(self, cards: Sequence[Identity]) -> None:
        group = next((group for group in self._groups if not group.isdisjoint(cards)), None)
        if group is None:
            self._groups.append(set(cards))
        else:
            group.update(cards)

    def known(self) -> set[Identity]:
        return set().union(*self._groups)

    def count(self) -> int:
        return len(self._groups)

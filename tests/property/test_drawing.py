"""E27: in whichever order members come, merge and share addresses, an arm is drawn once and never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitou.campaigns.drawing import Draws, draw, untold
from huitou.campaigns.model import Draw
from huitou.campaigns.ports import DrawId
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId
from huitou.kernel.shares import is_in_share
from huitou.members.identity import Identity, IdentityHasher, IdentityKey, email_identity, phone_identity
from huitou.members.model import Claim, HeldIdentity, Member, Profile
from huitou.program.model import GROUP
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_draws import MemoryDraws
from tests.outbox import NOON

SCOPE: Final = "miss-you"
MEMBERS: Final = [MemberId(f"01JNSM3VF0R6T8C1W5PJ4X000{number}") for number in range(6)]
PHONES: Final = [phone_identity(f"0912-345-67{number}") for number in range(3)]
MAILBOXES: Final = [email_identity(f"m{number}@example.com") for number in range(3)]
ADDRESSES: Final = [*PHONES, *MAILBOXES]
WHO, WHERE = st.integers(0, len(MEMBERS) - 1), st.integers(0, len(ADDRESSES) - 1)
DEEDS = st.one_of(
    st.tuples(st.just("turn"), WHO, WHO),
    st.tuples(st.just("both"), WHO, WHO),
    st.tuples(st.just("gain"), WHO, WHERE),
    st.tuples(st.just("lose"), WHO, WHERE),
    st.tuples(st.just("merge"), WHO, WHO),
)
Name = MemberId | IdentityKey


class Story:
    """Some members, where they can be reached, who became whom, and which names were ever seen together."""

    def __init__(self, percent: int) -> None:
        self.percents: Mapping[str, int] = {SCOPE: percent}
        self.table = MemoryTable()
        self.store = MemoryDraws(self.table)
        self.hasher = IdentityHasher(lambda: "a secret of the tests")
        self.draws = Draws(self.store, self.hasher)
        self.reached: dict[MemberId, set[Identity]] = {member: set() for member in MEMBERS}
        self.survivor = {member: member for member in MEMBERS}
        self.arms: dict[Name, bool | None] = {}
        self.clusters: list[frozenset[Name]] = []

    def deed(self, what: str, first: int, second: int) -> None:
        member = MEMBERS[first]
        match what:
            case "gain":
                self.reached[self.survivor[member]].add(ADDRESSES[second])
            case "lose":
                self.reached[self.survivor[member]].discard(ADDRESSES[second])
            case "merge":
                self._merge(self.survivor[member], self.survivor[MEMBERS[second]])
            case "turn":
                self._turn(member)
            case "both":
                self._both(member, MEMBERS[second])
        self._look()

    def _merge(self, mine: MemberId, theirs: MemberId) -> None:
        self.reached[mine] |= self.reached[theirs]
        self.survivor = {each: mine if whose == theirs else whose for each, whose in self.survivor.items()}

    def _turn(self, member: MemberId) -> None:
        draws, writes = self._asked(member)
        self.table.commit(writes)
        self._seen(member, draws[SCOPE])

    def _both(self, first: MemberId, second: MemberId) -> None:
        """Two workers who read before either of them writes."""
        (mine, my_writes), (_, their_writes) = self._asked(first), self._asked(second)
        is_new = {name for name in self._names(first) & self._names(second) if name not in self.arms}
        self.table.commit(my_writes)
        self._seen(first, mine[SCOPE])
        try:
            self.table.commit(their_writes)
        except StaleReadError:
            assert is_new
        else:
            assert not is_new
        self._turn(second)

    def _asked(self, member: MemberId) -> tuple[Mapping[str, Draw], Sequence[Write]]:
        draws, writes = self.draws.of(member, self._person(member), self._record(member), self.percents)
        return draws, writes

    def _person(self, member: MemberId) -> set[MemberId]:
        return {each for each, whose in self.survivor.items() if whose == self.survivor[member]}

    def _names(self, member: MemberId) -> frozenset[Name]:
        addresses = self.reached[self.survivor[member]]
        return frozenset((*self._person(member), *map(self.hasher.key, addresses)))

    def _record(self, member: MemberId) -> Member:
        """A mailbox as a contact, the rest as identities."""
        whose = self.survivor[member]
        mailbox = next((each.value for each in MAILBOXES if each in self.reached[whose]), None)
        held = [each for each in ADDRESSES if each in self.reached[whose] and each.value != mailbox]
        identities = tuple(HeldIdentity(each, (Claim(GROUP, NOON),), anchored=True) for each in held)
        return Member(whose, 1, NOON, GROUP, Profile(contact_email=mailbox), {}, identities, {}, {})

    def _seen(self, member: MemberId, found: Draw) -> None:
        names = self._names(member)
        kept = {name: self._kept(name) for name in names}
        assert kept[member] == found
        if untold(found) is None:
            assert {each.held_out for each in kept.values() if each} == {False}
        joined = [each for each in self.clusters if each & names]
        self.clusters = [each for each in self.clusters if not each & names] + [names.union(*joined)]

    def _kept(self, name: Name) -> Draw | None:
        found = self.store.load([DrawId(SCOPE, name)])[0]
        return found.draw if found else None

    def _look(self) -> None:
        for cluster in self.clusters:
            kept = {name: found for name in cluster if (found := self._kept(name))}
            assert kept.keys() == cluster
            if not any(each.apart for each in kept.values()):
                assert len({each.held_out for each in kept.values()}) == 1
                assert not all(each.follows for each in kept.values())
            for name, found in kept.items():
                assert self.arms.setdefault(name, found.held_out) == found.held_out


@given(deeds=st.lists(DEEDS, max_size=30), percent=st.sampled_from([10, 50]))
def test_an_arm_is_drawn_once_for_a_cluster_and_never_changes(deeds: list[tuple[str, int, int]], percent: int) -> None:
    """What is seen together has one arm, or says that it has two; who is told shares no name with who is held out."""
    story = Story(percent)
    for deed in deeds:
        story.deed(*deed)


@given(
    homes=st.lists(st.sets(st.sampled_from(ADDRESSES), max_size=2), min_size=6, max_size=6),
    order=st.permutations(range(6)),
)
def test_of_a_cluster_whoever_comes_first_counts(homes: list[set[Identity]], order: list[int]) -> None:
    """In whichever order: of those who share an address, one leads, until some come who join two clusters."""
    story = Story(50)
    for member, addresses in zip(MEMBERS, homes, strict=True):
        story.reached[member] = set(addresses)
    met: list[set[Identity]] = []
    for number in order:
        story.deed("turn", number, number)
        touched = [each for each in met if each & homes[number]]
        found = story._kept(MEMBERS[number])
        assert found is not None
        assert found.follows is bool(touched)
        met = [each for each in met if not each & homes[number]] + [homes[number].union(*touched)]


@given(turns=st.lists(st.tuples(WHO, st.sets(st.sampled_from(ADDRESSES), max_size=3)), max_size=30))
def test_an_address_counts_each_member_once_and_is_no_name_beyond_so_many(
    turns: list[tuple[int, set[Identity]]],
) -> None:
    """However often they come, and lose and get it again; who comes when it is none neither follows nor marks."""
    story, met = Story(50), {address: set[int]() for address in ADDRESSES}
    with pytest.MonkeyPatch.context() as limit:
        limit.setattr("huitou.campaigns.drawing.MOST_MEMBERS", 2)
        for who, addresses in turns:
            member, before = MEMBERS[who], story._kept(MEMBERS[who])
            story.reached[member] = addresses
            for address in addresses:
                if len(met[address]) < 3:
                    met[address].add(who)
            names = {story.hasher.key(address) for address in addresses if len(met[address]) < 3}
            others = [found for name in names if (found := story._kept(name))]
            draws, writes = story._asked(member)
            assert draws[SCOPE] == draw(before, others, is_in_share(member, SCOPE, 50))
            story.table.commit(writes)
            kept = story.store.load([DrawId(SCOPE, story.hasher.key(address)) for address in ADDRESSES])
            assert [each.members if each else 0 for each in kept] == [len(met[address]) for address in ADDRESSES]


DRAWN = st.none() | st.builds(Draw, st.booleans(), st.booleans(), st.booleans())


@given(own=DRAWN, others=st.lists(DRAWN, max_size=4), by_hash=st.booleans())
def test_one_s_own_arm_stays_and_those_of_others_only_keep_back(
    own: Draw | None, others: list[Draw | None], by_hash: bool
) -> None:
    found = draw(own, others, by_hash)
    known = [each for each in (own, *others) if each]
    if own:
        assert found[:2] == own[:2]
        assert own.apart <= found.apart
    if not known:
        assert found == Draw(by_hash)
    if any(each.held_out or each.apart for each in known):
        assert untold(found) is not None
    assert draw(found, others, not by_hash) == found

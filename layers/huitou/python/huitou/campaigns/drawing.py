"""Who is told nothing, for comparison (E27): drawn once for an address cluster, and kept.

The idea: a cluster goes by names, those of its members and of the phones and mailboxes that their records hold, and a
draw is kept under each of them. Whoever comes first draws. Whoever comes later and shares one of the names finds what
was drawn and follows, and it is kept under their other names too. All of that is written with the step that asked, each
new name on condition that nobody has it: of two who race, one is overtaken, reads again and follows the other.

An address that more than a handful go by is no name: it is a till's dummy, or an office's, and would make hundreds one
cluster. So each address counts the members who come by while they have it.

An arm never changes. Where both arms come together later, by a merge or by an address that is shared only then, all
names that are seen together are marked; whoever meets a mark is told nothing, and counts in neither arm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from huitou.campaigns.model import Draw, TurnOutcome
from huitou.campaigns.ports import DrawId, DrawStore, Kept, News
from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId
from huitou.kernel.shares import is_in_share
from huitou.members.identity import Identity, IdentityHasher, IdentityKey, IdentityKind
from huitou.members.model import Member
from huitou.pressure.model import Manners
from huitou.program.campaigns import Campaign, CampaignId
from huitou.suppressions.model import destination
from huitou.templates.model import TemplateKind

EVERYTHING: Final = "*"
"""What is drawn for all campaigns of the programme together; none is called so."""
MOST_ADDRESSES: Final = 30
"""Of a member, so many count, since all are written in one transaction: hardly anybody has as many, but by merges."""
MOST_MEMBERS: Final = 8
"""By whom an address is a name: more than live together. Beyond, nobody follows by it, and no mark spreads."""


def holdouts(campaign: Campaign, manners: Manners) -> Mapping[str, int]:
    """How many percent are left out of what ``campaign`` does, by what they are drawn for."""
    shares = {campaign.id: campaign.holdout_percent, EVERYTHING: manners.holdout_percent}
    return {scope: percent for scope, percent in shares.items() if percent}


def draw(own: Draw | None, others: Iterable[Draw | None], by_hash: bool) -> Draw:
    """What holds for a member, from what is kept under their ``own`` name and the ``others``."""
    known = [each for each in (own, *others) if each is not None]
    if not known:
        return Draw(by_hash)
    arms = {each.held_out for each in known}
    held_out, follows = own[:2] if own else (any(arms), True)
    return Draw(held_out, follows, apart=len(arms) > 1 or any(each.apart for each in known))


def together(campaign: CampaignId, draws: Mapping[str, Draw]) -> Draw | None:
    """What a journey through the campaign has of them; None: nothing."""
    nothing = Draw(None)
    own, of_all = draws.get(campaign, nothing), draws.get(EVERYTHING, nothing)
    found = own._replace(of_all=bool(of_all.held_out), apart_of_all=of_all.apart)
    return None if found == nothing else found


def untold(draw: Draw | None, kind: TemplateKind = TemplateKind.MARKETING) -> TurnOutcome | None:
    """Why a member is told nothing who could be; None: they are told. What was drawn for all campaigns keeps back
    marketing alone.
    """
    if draw is None:
        return None
    is_marketing = kind is TemplateKind.MARKETING
    if draw.of_all and is_marketing:
        return TurnOutcome.HELD_OUT_OF_ALL
    if draw.held_out:
        return TurnOutcome.HELD_OUT
    is_apart = draw.apart or (draw.apart_of_all and is_marketing)
    return TurnOutcome.SHARED_ADDRESS if is_apart else None


def addresses_of(record: Member) -> frozenset[Identity]:
    """The phones and mailboxes by which somebody might be reached, now or after a proof."""
    profile = record.profile
    contacts = ((MessageChannel.SMS, profile.contact_phone), (MessageChannel.EMAIL, profile.contact_email))
    held = (each.identity for each in record.identities)
    return frozenset(
        (
            *(destination(channel, to) for channel, to in contacts if to),
            *(each for each in held if each.kind in {IdentityKind.PHONE, IdentityKind.EMAIL}),
        )
    )


def initials(address: IdentityKey) -> str:
    """By which a member's own addresses are told apart, of thirty nearly always; of millions, thousands have the same,
    so that nobody who was erased is found by one (E25).
    """
    return address.digest[:2]


def is_name(kept: Kept | None, *, joins: bool) -> bool:
    """Whether an address is one, for a member who is counted there, or ``joins``."""
    return kept is None or kept.members + joins <= MOST_MEMBERS


class Draws:
    """The use case. Addresses are known by their keyed digests alone (E25), those of suppressions."""

    def __init__(self, store: DrawStore, hasher: IdentityHasher) -> None:
        self._store = store
        self._hasher = hasher

    def of(
        self, member: MemberId, others: Iterable[MemberId], record: Member, percents: Mapping[str, int]
    ) -> tuple[Mapping[str, Draw], Sequence[Write]]:
        """What was drawn for ``member``, by what for, and what is written with the step that asked; one read.

        ``others`` are the same person (E15), and ``record`` is of whoever goes on. Where nobody is held out, nothing is
        read.
        """
        if not percents:
            return {}, ()
        person, addresses = (member, *sorted({*others} - {member})), self._addresses(record)
        names: tuple[MemberId | IdentityKey, ...] = (*person, *addresses)
        asked = [DrawId(scope, name) for scope in percents for name in names]
        known = dict(zip(asked, self._store.load(asked), strict=True))
        draws: dict[str, Draw] = {}
        writes: list[Write] = []
        for scope, percent in percents.items():
            people = {name: known[DrawId(scope, name)] for name in person}
            places = {name: known[DrawId(scope, name)] for name in addresses}
            counted = {each for kept in people.values() if kept for each in kept.counted}
            joined = frozenset(name for name in places if initials(name) not in counted)
            seen = [kept for name, kept in places.items() if is_name(kept, joins=name in joined)]
            own, *rest = (each.draw if each else None for each in (*people.values(), *seen))
            draws[scope] = found = draw(own, rest, is_in_share(member, scope, percent))
            writes += self._of_addresses(found, places, joined, scope)
            writes += self._of_person(found, people, _counting(places, joined), scope)
        return draws, writes

    def _addresses(self, record: Member) -> Sequence[IdentityKey]:
        return sorted(map(self._hasher.key, addresses_of(record)))[:MOST_ADDRESSES]

    def _of_person(
        self, found: Draw, people: Mapping[MemberId, Kept | None], counting: frozenset[str], scope: str
    ) -> Iterator[Write]:
        """The first of ``people`` is whose draw it is."""
        for place, (name, before) in enumerate(people.items()):
            drawn = found if place == 0 else found._replace(follows=True)
            counted = counting if place == 0 else frozenset()
            if before is None:
                yield self._store.add(DrawId(scope, name), Kept(drawn, counted=counted))
            elif counted or (found.apart and not before.draw.apart):
                yield self._store.note(DrawId(scope, name), News(found.apart, counted=counted))

    def _of_addresses(
        self,
        found: Draw,
        places: Mapping[IdentityKey, Kept | None],
        joined: frozenset[IdentityKey],
        scope: str,
    ) -> Iterator[Write]:
        for name, before in places.items():
            joins = name in joined
            if before is None:
                yield self._store.add(DrawId(scope, name), Kept(found._replace(follows=True), members=1))
            elif not is_name(before, joins=joins):
                if joins and before.members == MOST_MEMBERS:
                    yield self._store.note(DrawId(scope, name), News(fewer_than=MOST_MEMBERS + 1))
            elif joins or (found.apart and not before.draw.apart):
                yield self._store.note(DrawId(scope, name), News(found.apart, MOST_MEMBERS if joins else None))


def _counting(places: Mapping[IdentityKey, Kept | None], joined: frozenset[IdentityKey]) -> frozenset[str]:
    """The addresses that count one more: those with too many have ceased to."""
    return frozenset(initials(name) for name in joined if is_name(places[name], joins=False))

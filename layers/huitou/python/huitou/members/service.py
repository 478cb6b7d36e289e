"""What callers do with members: enrol, look up, change.

Each use case reads, lets `decisions` decide, and commits on the version it has read; one that was overtaken
decides again (E18). ``brand`` is the scope of the caller's key, `GROUP` for the group's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from huitou.kernel.calendars import local_date
from huitou.kernel.commits import Commit, Write, until_committed
from huitou.kernel.errors import ConflictError, FieldError, InvalidError, PreconditionFailedError
from huitou.kernel.ids import MemberId, new_member_id
from huitou.members import decisions
from huitou.members.decisions import Presented
from huitou.members.identity import Identity, IdentityHasher, IdentityKey, IdentityKind
from huitou.members.model import Member, Profile
from huitou.members.places import UnknownPlaceError, require_brand
from huitou.members.ports import MemberStore
from huitou.members.visibility import seen_by, sees_all
from huitou.points.decisions import Decision, join, touch
from huitou.points.membership import MemberNotFoundError, require_seen
from huitou.points.ports import WalletStore
from huitou.points.wallet import Wallet, open_wallet
from huitou.program.model import GROUP, BrandId, Program
from huitou.program.ports import Programs
from huitou.standing.ports import StandingStore


class IdentitiesOfDifferentMembersError(ConflictError):
    """The identities that were given together are known, but not of one person."""

    code = "identities_of_different_members"
    title = "The identities belong to different members"


class IdentityTakenError(ConflictError):
    """The identity is another member's (M1)."""

    code = "identity_taken"
    title = "The identity belongs to another member"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Somebody at ``brand`` (`GROUP`: at none in particular) with at least one identity."""

    presented: tuple[Presented, ...]
    profile: Profile
    brand: BrandId


@dataclass(frozen=True, slots=True)
class SeenMember:
    """A member as the caller may see them, and the brands joined of which the caller may know."""

    member: Member
    brands: Mapping[BrandId, datetime]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """``is_new``: to the brand enrolled at, whether or not another brand knew the member before."""

    view: SeenMember
    is_new: bool


class Members:
    """The use cases. ``pause`` waits after the n-th time that a decision was overtaken."""

    def __init__(
        self,
        *,
        members: MemberStore,
        wallets: WalletStore,
        standings: StandingStore,
        programs: Programs,
        hasher: IdentityHasher,
        commit: Commit,
        pause: Callable[[int], None],
        new_id: Callable[[], MemberId] = new_member_id,
    ) -> None:
        self._members = members
        self._wallets = wallets
        self._standings = standings
        self._programs = programs
        self._hasher = hasher
        self._commit = commit
        self._pause = pause
        self._new_id = new_id

    def enrol(self, enrolment: Enrolment, viewer: BrandId, now: datetime) -> Enrolled:
        """Finds the member by any of the identities, or creates one; joins them to the brand (M1, E31).

        Raises `IdentitiesOfDifferentMembersError`, `InvalidError`, `decisions.TooManyError`.
        """
        program = self._programs.active()
        require_brand(program, enrolment.brand)
        _require_sensible(program, enrolment.profile, now)
        for each in enrolment.presented:
            _require_known_app(program, each.identity)

        def attempt() -> Enrolled:
            owner = self._owner_of([each.identity for each in enrolment.presented])
            if owner is None:
                return self._create(program, enrolment, viewer, now)
            return self._recognise(owner, enrolment, viewer, now)

        return until_committed(attempt, self._pause)

    def get(self, member_id: MemberId, brand: BrandId) -> SeenMember:
        """Raises `MemberNotFoundError`, also for one who has not joined ``brand`` (E31)."""
        return _view(*self._load(member_id, brand), brand)

    def look_up(self, reference: Identity | MemberId, brand: BrandId) -> SeenMember:
        """As `get`, by an identity or id. Never joins (E31)."""
        if isinstance(reference, str):
            return self.get(reference, brand)
        owner = self._owner_of([reference])
        if owner is None:
            raise MemberNotFoundError
        return self.get(owner, brand)

    def change_profile(
        self, member_id: MemberId, changes: Mapping[str, Any], version: int | None, brand: BrandId, now: datetime
    ) -> SeenMember:
        """Sets the named profile fields; None clears. ``version`` is the one that was read (None: any).

        Raises `MemberNotFoundError`, `PreconditionFailedError`, `decisions.FieldOfAnotherBrandError`,
        `InvalidError`.
        """
        _require_sensible(self._programs.active(), Profile(**changes), now)

        def decide(member: Member) -> Member:
            if version not in {None, member.version}:
                raise PreconditionFailedError("The member has changed since it was read; read it again.")
            return decisions.change_profile(member, changes, brand)

        return self._change(member_id, brand, decide)

    def tag(self, member_id: MemberId, name: str, brand: BrandId, now: datetime) -> SeenMember:
        """Puts ``brand``'s tag on the member. Raises `MemberNotFoundError`, `decisions.TooManyError`."""
        return self._change(member_id, brand, lambda member: decisions.tag(member, name, brand, now))

    def untag(self, member_id: MemberId, name: str, brand: BrandId) -> SeenMember:
        """Takes off ``brand``'s tag, the group's everybody's. Raises `MemberNotFoundError`."""
        return self._change(member_id, brand, lambda member: decisions.untag(member, name, brand))

    def add_identity(self, member_id: MemberId, presented: Presented, brand: BrandId, now: datetime) -> Enrolled:
        """Adds an identity, or a proof to one they have; ``is_new``: to the brand.

        Raises `MemberNotFoundError`, `IdentityTakenError`, `InvalidError`, `decisions.TooManyError`.
        """
        _require_known_app(self._programs.active(), presented.identity)

        def attempt() -> Enrolled:
            added, writes = self.adding(member_id, presented, brand, now)
            if writes:
                self._commit(writes)
            return added

        return until_committed(attempt, self._pause)

    def adding(
        self, member_id: MemberId, presented: Presented, brand: BrandId, now: datetime
    ) -> tuple[Enrolled, Sequence[Write]]:
        """As `add_identity`, with what is to be written, perhaps together with its cause. Raises as that does."""
        member, home = self._load(member_id, brand)
        (owner,) = self._members.owners([self._hasher.key(presented.identity)])
        if owner not in {None, member_id}:
            raise IdentityTakenError("The identity belongs to another member.")
        after = decisions.claim(member, presented, brand, now)
        held = seen_by(member, brand).holding(presented.identity)
        return Enrolled(_view(after, home, brand), is_new=held is None), self._changes(member, after)

    def unchanged(self, member_id: MemberId, brand: BrandId) -> Write:
        """Goes along with what is written about the member beside their record: whom an erasure forgets meanwhile,
        nothing is written about (E25). Raises `MemberNotFoundError`.
        """
        member, _ = self._load(member_id, brand)
        return self._members.unchanged(member)

    def remove_identity(self, member_id: MemberId, identity_id: str, brand: BrandId) -> None:
        """Takes an identity away, or ``brand``'s claim to it.

        Raises `MemberNotFoundError`, `decisions.UnknownIdentityError`, `decisions.LastIdentityError`.
        """
        self._change(
            member_id,
            brand,
            lambda member: decisions.withdraw(member, lambda held: str(self._hasher.key(held)) == identity_id, brand),
        )

    def _owner_of(self, identities: Sequence[Identity]) -> MemberId | None:
        keys = [self._hasher.key(identity) for identity in dict.fromkeys(identities)]
        owners = {owner for owner in self._members.owners(keys) if owner is not None}
        if len(owners) > 1:
            raise IdentitiesOfDifferentMembersError("These identities are known, but not of one member.")
        return owners.pop() if owners else None

    def _create(self, program: Program, enrolment: Enrolment, viewer: BrandId, now: datetime) -> Enrolled:
        brand = enrolment.brand
        member = decisions.enrol(self._new_id(), enrolment.presented, enrolment.profile, brand, now)
        home = join(open_wallet(member.id, program.home_currency, now), brand, now)
        bound = [self._members.bind(self._hasher.key(held.identity), member.id) for held in member.identities]
        born = [self._noted(member)] if member.profile.birthday else []
        self._commit([self._members.save(member), self._wallets.create(home), *bound, *born])
        return Enrolled(_view(member, home, viewer), is_new=True)

    def _recognise(self, owner: MemberId, enrolment: Enrolment, viewer: BrandId, now: datetime) -> Enrolled:
        brand = enrolment.brand
        member, before = self._load(owner, GROUP)
        after = decisions.recognise(member, enrolment.presented, enrolment.profile, brand, now)
        joined = join(before, brand, now)
        writes: list[Write] = []
        if joined is not before:
            writes = self._wallets.save(before, Decision(touch(joined, now), ()))
        self._save(member, after, writes)
        return Enrolled(_view(after, joined, viewer), is_new=joined is not before)

    def _load(self, member_id: MemberId, brand: BrandId) -> tuple[Member, Wallet]:
        home = require_seen(self._wallets.load(member_id, self._programs.active().home_currency), brand)
        member = self._members.load(member_id)
        if member is None:
            raise MemberNotFoundError
        return member, home

    def _change(self, member_id: MemberId, brand: BrandId, decide: Callable[[Member], Member]) -> SeenMember:
        def attempt() -> SeenMember:
            member, home = self._load(member_id, brand)
            after = decide(member)
            self._save(member, after, [])
            return _view(after, home, brand)

        return until_committed(attempt, self._pause)

    def _save(self, before: Member, after: Member, others: Sequence[Write]) -> None:
        """Commits the record if it changed."""
        if writes := [*others, *self._changes(before, after)]:
            self._commit(writes)

    def _changes(self, before: Member, after: Member) -> list[Write]:
        """The record if it changed, with the look-ups of identities that came or went."""
        if after is before:
            return []
        came, gone = _keys(self._hasher, after, before), _keys(self._hasher, before, after)
        return [
            self._members.save(after),
            *(self._members.bind(key, after.id) for key in came),
            *(self._members.release(key, after.id) for key in gone),
            self._noted(after),
        ]

    def _noted(self, member: Member) -> Write:
        """Sales look for the birthday in the standing, not in the record; and whoever knows where the member stands
        learns there that the record is another one by now.
        """
        return self._standings.note_profile(member.id, member.version, member.profile.birthday)


def _keys(hasher: IdentityHasher, member: Member, other: Member) -> list[IdentityKey]:
    """The keys of identities that ``member`` has and ``other`` has not."""
    return [hasher.key(held.identity) for held in member.identities if other.holding(held.identity) is None]


def _view(member: Member, home: Wallet, brand: BrandId) -> SeenMember:
    brands = home.brands if sees_all(member, brand) else {name: at for name, at in home.brands.items() if name == brand}
    return SeenMember(seen_by(member, brand), brands)


def _require_known_app(program: Program, identity: Identity) -> None:
    if identity.kind is IdentityKind.APP and identity.scope not in program.brands:
        raise UnknownPlaceError("The programme has no brand with such an app.")


def _require_sensible(program: Program, profile: Profile, now: datetime) -> None:
    if profile.home_store is not None and profile.home_store not in program.stores:
        raise UnknownPlaceError(
            "The programme has no such store.", errors=[FieldError("/profile/home_store", "Unknown store.")]
        )
    if profile.birthday is not None and profile.birthday > local_date(now, program.zone):
        raise InvalidError(
            "Nobody is born tomorrow.", errors=[FieldError("/profile/birthday", "This day has not come yet.")]
        )

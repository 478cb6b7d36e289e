"""Every change to a member's record: from a record and a command to the record after it.

A decision that changes nothing returns the very same record, version included; so a repeated command writes
nothing. One that changes something counts ``version`` up by one; the store writes it only over the version
before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from huitou.kernel.errors import ConflictError, FieldError, ForbiddenError, NotFoundError
from huitou.kernel.ids import MemberId
from huitou.members.identity import Identity
from huitou.members.model import (
    MOST_BYTES,
    MOST_BYTES_WITH_A_NO,
    MOST_CONSENTS,
    MOST_IDENTITIES,
    MOST_TAGS,
    PROFILE_FIELDS,
    Claim,
    Consent,
    ConsentChange,
    ConsentKey,
    HeldIdentity,
    Member,
    Profile,
    Proof,
    ProofMethod,
    Tag,
)
from huitou.members.visibility import seen_by, sees_all, sees_field
from huitou.program.model import GROUP, BrandId


class LastIdentityError(ConflictError):
    """A member without any identity could never be found again."""

    code = "last_identity"
    title = "The last identity stays"


class UnknownIdentityError(NotFoundError):
    """The member has no such identity, or the brand may not know of it."""

    code = "unknown_identity"
    title = "No such identity"


class FieldOfAnotherBrandError(ForbiddenError):
    """E31: a brand that may not see a field may not change it."""

    code = "field_of_another_brand"
    title = "Another brand set this field"


class TooManyError(ConflictError):
    """The record holds as much of this kind as it may."""

    code = "too_many"
    title = "The member has too many of these"


class ConsentContradictedError(ConflictError):
    """Of one instant, the opposite is on record already."""

    code = "consent_contradicted"
    title = "The opposite was recorded for the same instant"


class Presented(NamedTuple):
    """An identity as a brand brings it: with a proof, or merely said."""

    identity: Identity
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class ConsentDecision:
    """The record after a consent, and the line it adds to the history, if any."""

    member: Member
    change: ConsentChange | None


def enrol(
    member_id: MemberId, presented: Sequence[Presented], profile: Profile, brand: BrandId, now: datetime
) -> Member:
    """A new member. What they were enrolled with is theirs: every identity is anchored, every proof counts."""
    blank = Member(member_id, 0, now, brand, Profile(), {}, (), {}, {})
    return _next(fill(_claimed(blank, presented, brand, now, vouched=True), profile, brand))


def recognise(
    member: Member, presented: Sequence[Presented], profile: Profile, brand: BrandId, now: datetime
) -> Member:
    """A known member enrols again: ``brand``'s claims are added, and what the profile lacks is filled in.

    Enrolment never overwrites a field: it names no version that it has seen, and may be a repetition.
    """
    vouched = any(_is_proof_of(member, each) for each in presented)
    return _changed(member, fill(_claimed(member, presented, brand, now, vouched=vouched), profile, brand))


def claim(member: Member, presented: Presented, brand: BrandId, now: datetime) -> Member:
    """Adds an identity to a member, or ``brand``'s proof to one that they have."""
    return _changed(member, _claimed(member, [presented], brand, now, vouched=False))


def withdraw(member: Member, named: Callable[[Identity], bool], brand: BrandId) -> Member:
    """Takes an identity away; `Member.holding` tells whether it is gone.

    A brand to which the member has proven nothing takes back its own claim only: the identity stays as long as
    another brand stands by it. Raises `UnknownIdentityError`, `LastIdentityError`.
    """
    held = next((held for held in seen_by(member, brand).identities if named(held.identity)), None)
    if held is None:
        raise UnknownIdentityError("The member has no such identity.")
    others = tuple(each for each in member.identities if each.identity != held.identity)
    rest = _claims_left(member, held.identity, brand)
    if rest:
        return _changed(member, _with_identity(member, rest))
    if not others:
        raise LastIdentityError("A member needs at least one identity; add another one first.")
    return _changed(member, replace(member, identities=others))


def change_profile(member: Member, changes: Mapping[str, Any], brand: BrandId) -> Member:
    """Sets the named fields; None clears. Raises `FieldOfAnotherBrandError`, changing nothing."""
    hidden = [name for name in changes if not sees_field(member, name, brand)]
    if hidden:
        errors = [FieldError(f"/profile/{name}", "Another brand set this field.") for name in hidden]
        raise FieldOfAnotherBrandError("The member has to prove to this brand who they are first.", errors=errors)
    news = {name: value for name, value in changes.items() if getattr(member.profile, name) != value}
    setters = {name: setter for name, setter in member.set_by.items() if name not in news}
    setters |= {name: brand for name, value in news.items() if value is not None}
    return _changed(member, replace(member, profile=replace(member.profile, **news), set_by=setters))


def fill(member: Member, profile: Profile, brand: BrandId) -> Member:
    """Sets the fields of ``profile`` that the member has not set yet; the record's version stays."""
    news = {
        name: value
        for name in PROFILE_FIELDS
        if (value := getattr(profile, name)) is not None and getattr(member.profile, name) is None
    }
    setters = {**member.set_by, **dict.fromkeys(news, brand)}
    return replace(member, profile=replace(member.profile, **news), set_by=setters) if news else member


def tag(member: Member, name: str, brand: BrandId, now: datetime) -> Member:
    """Puts ``brand``'s tag on the member; one that is there stays as it is. Raises `TooManyError`."""
    key = Tag(brand, name)
    if key in member.tags:
        return member
    if len(member.tags) >= MOST_TAGS:
        raise TooManyError(f"A member has at most {MOST_TAGS} tags.")
    return _changed(member, replace(member, tags={**member.tags, key: now}))


def untag(member: Member, name: str, brand: BrandId) -> Member:
    """Takes off ``brand``'s tag; the group takes off everybody's."""
    kept = {key: at for key, at in member.tags.items() if key.name != name or brand not in {GROUP, key.brand}}
    return _changed(member, replace(member, tags=kept)) if len(kept) < len(member.tags) else member


def consent(member: Member, key: ConsentKey, given: Consent, at_that_instant: Consent | None) -> ConsentDecision:
    """Records a yes or no.

    The latest word by ``occurred_at`` is in force, in whatever order words arrive; an older one that says
    something else goes into the history only. What says the same as the one in force adds nothing to the history
    and leaves it as it is, confirmed. ``at_that_instant`` is what the history holds for this key and instant,
    which decides what a repetition is. A no finds room where nothing else does (M25).

    Raises `ConsentContradictedError`, `TooManyError`.
    """
    if at_that_instant is not None:
        if at_that_instant.granted != given.granted:
            raise ConsentContradictedError("For this very instant the opposite is on record.")
        return ConsentDecision(member, None)
    current = member.consents.get(key)
    if given.granted and current is None and len(member.consents) >= MOST_CONSENTS:
        raise TooManyError(f"A member has at most {MOST_CONSENTS} consents.")
    most = MOST_BYTES if given.granted else MOST_BYTES_WITH_A_NO
    if current is not None and current.granted == given.granted:
        confirmed = replace(current, confirmed_at=max(current.confirmed_at, given.occurred_at))
        return ConsentDecision(_changed(member, _with_consent(member, key, confirmed), most), None)
    latest = given if current is None or given.occurred_at > current.confirmed_at else current
    return ConsentDecision(_next(_with_consent(member, key, latest), most), ConsentChange(key, given))


def _with_consent(member: Member, key: ConsentKey, in_force: Consent) -> Member:
    return replace(member, consents={**member.consents, key: in_force})


def _claimed(member: Member, presented: Sequence[Presented], brand: BrandId, now: datetime, *, vouched: bool) -> Member:
    """The member with ``brand``'s claims on all that was presented.

    A proof counts if it proves the person to be this member: for an anchored identity, for any that comes
    together with the proof of an anchored one (``vouched``), and where staff stand in for the tie itself.
    """
    for each in presented:
        held = member.holding(each.identity) or HeldIdentity(each.identity, (), anchored=False)
        anchored = held.anchored or vouched or (each.proof is not None and each.proof.method is ProofMethod.STAFF)
        proof = each.proof if anchored else None
        claims = _with_claim(held.claims, Claim(brand, now, proof))
        member = _with_identity(member, replace(held, claims=claims, anchored=anchored))
    if len(member.identities) > MOST_IDENTITIES:
        raise TooManyError(f"A member has at most {MOST_IDENTITIES} identities.")
    return member


def _is_proof_of(member: Member, presented: Presented) -> bool:
    held = member.holding(presented.identity)
    return presented.proof is not None and held is not None and held.anchored


def _with_claim(claims: tuple[Claim, ...], new: Claim) -> tuple[Claim, ...]:
    """A brand's first claim and its first proof are the ones that are kept."""
    own = next((claim for claim in claims if claim.brand == new.brand), None)
    if own is None:
        return (*claims, new)
    return tuple(replace(own, proof=own.proof or new.proof) if claim is own else claim for claim in claims)


def _with_identity(member: Member, held: HeldIdentity) -> Member:
    """Replaces the identity where it stands, or appends it."""
    by_identity = {each.identity: each for each in member.identities} | {held.identity: held}
    return replace(member, identities=tuple(by_identity.values()))


def _claims_left(member: Member, identity: Identity, brand: BrandId) -> HeldIdentity | None:
    """The identity without ``brand``'s claim, if anybody else's is left that ``brand`` cannot overrule."""
    held = member.holding(identity)
    if held is None or sees_all(member, brand):
        return None
    claims = tuple(claim for claim in held.claims if claim.brand != brand)
    return replace(held, claims=claims) if claims else None


def _changed(before: Member, after: Member, most: int = MOST_BYTES) -> Member:
    """The very same record where nothing changed, else the next version."""
    return before if after == before else _next(after, most)


def _next(member: Member, most: int = MOST_BYTES) -> Member:
    """The record as it will be written. Raises `TooManyError` where that is more than can be."""
    if member.weight > most:
        raise TooManyError("The member's record is full; take something away first.")
    return replace(member, version=member.version + 1)

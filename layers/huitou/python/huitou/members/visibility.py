"""What a brand sees of a member (E31, M39).

A brand sees what it or the group put there. Once it has verified an identity of the member, it sees all. The
group sees all. What a brand may not see, it may not change either: it would destroy what it does not know.
"""

from __future__ import annotations

from dataclasses import replace

from huitou.members.model import PROFILE_FIELDS, HeldIdentity, Member
from huitou.program.model import GROUP, BrandId


def sees_all(member: Member, brand: BrandId) -> bool:
    """Whether nothing of the record is hidden from ``brand``."""
    return brand == GROUP or member.is_proven_to(brand)


def sees_field(member: Member, name: str, brand: BrandId) -> bool:
    """Whether ``brand`` may see and change a profile field; one that nobody has set is open to all."""
    return member.set_by.get(name, GROUP) in {GROUP, brand} or sees_all(member, brand)


def seen_by(member: Member, brand: BrandId) -> Member:
    """The record with everything left out that ``brand`` may not see.

    Consents are not personal to the brand that asked for them but to the one they are about: another brand's
    are left out even after a proof, as brands speak to the member each for itself.
    """
    if brand == GROUP:
        return member
    consents = {key: consent for key, consent in member.consents.items() if key.brand in {GROUP, brand}}
    if member.is_proven_to(brand):
        return replace(member, consents=consents)
    hidden = {name: None for name in PROFILE_FIELDS if not sees_field(member, name, brand)}
    return replace(
        member,
        profile=replace(member.profile, **hidden),
        set_by={name: setter for name, setter in member.set_by.items() if name not in hidden},
        identities=tuple(filter(None, (_seen_identity(held, brand) for held in member.identities))),
        tags={tag: at for tag, at in member.tags.items() if tag.brand in {GROUP, brand}},
        consents=consents,
    )


def _seen_identity(held: HeldIdentity, brand: BrandId) -> HeldIdentity | None:
    claims = tuple(claim for claim in held.claims if claim.brand in {GROUP, brand})
    return replace(held, claims=claims) if claims else None

"""What the members' part of the API takes and answers with. How a member is named: `references`."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import unquote

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    model_validator,
)

from huitou.fields import Body, ClientReference, Day, Moment, View
from huitou.kernel.channels import MessageChannel
from huitou.kernel.errors import InvalidError
from huitou.kernel.instants import format_instant
from huitou.kernel.words import LANGUAGE_PATTERN, PURPOSE_PATTERN, TAG_PATTERN
from huitou.members.consents import Word
from huitou.members.decisions import Presented
from huitou.members.identity import IdentityHasher, IdentityKind, normal_email, normal_phone
from huitou.members.model import (
    PROFILE_FIELDS,
    Consent,
    ConsentKey,
    Gender,
    HeldIdentity,
    Profile,
    Proof,
    ProofMethod,
    Tag,
)
from huitou.members.references import IdentityBody, identity_fields
from huitou.members.service import SeenMember
from huitou.program.model import GROUP, BrandId

MOST_PRESENTED = 10
_METHODS: Mapping[ProofMethod, IdentityKind] = {
    ProofMethod.SMS_CODE: IdentityKind.PHONE,
    ProofMethod.EMAIL_CODE: IdentityKind.EMAIL,
    ProofMethod.LINE_LOGIN: IdentityKind.LINE,
}
"""What a method proves; staff can vouch for any identity."""

T = TypeVar("T")


def _said_so(check: Callable[[T], T]) -> Callable[[T], T]:
    """Our refusal as a finding of the validation."""

    def checked(value: T) -> T:
        try:
            return check(value)
        except InvalidError as error:
            raise ValueError(error.detail) from error

    return checked


def _line_of_text(text: str) -> str:
    composed = unicodedata.normalize("NFC", text).strip()
    if not composed or not composed.isprintable():
        raise ValueError("must have printable characters")
    return composed


Text = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_line_of_text)]
Reason = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_line_of_text)]
Phone = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_said_so(normal_phone))]
Email = Annotated[str, Field(min_length=3, max_length=254), AfterValidator(_said_so(normal_email))]
Birthday = Annotated[Day, Field(ge=date(1900, 1, 1))]
Language = Annotated[str, Field(pattern=LANGUAGE_PATTERN, examples=["zh-TW", "en"])]
Place = Annotated[str, Field(min_length=1, max_length=31)]
TagName = Annotated[
    str,
    BeforeValidator(unquote),
    Field(pattern=TAG_PATTERN),
    AfterValidator(lambda name: unicodedata.normalize("NFC", name)),
]
"""A word in any script."""
Purpose = Annotated[str, Field(pattern=PURPOSE_PATTERN, examples=["marketing", "service"])]


class ProofBody(Body):
    """How it was made sure that the person holds the identity."""

    method: ProofMethod
    reason: Reason | None = None
    """Required of staff."""

    @model_validator(mode="after")
    def _staff_say_why(self) -> Self:
        if self.method is ProofMethod.STAFF and self.reason is None:
            raise ValueError("staff give a reason")
        return self


class PresentedIdentityBody(IdentityBody):
    """An identity, merely said or with a proof."""

    proof: ProofBody | None = None

    @model_validator(mode="after")
    def _proof_fits(self) -> Self:
        if self.proof and self.identity.kind is not _METHODS.get(self.proof.method, self.identity.kind):
            raise ValueError(f"{self.proof.method} proves no {self.identity.kind}")
        return self

    def presented(self, now: datetime) -> Presented:
        """Proven now, where there is a proof."""
        return Presented(self.identity, Proof(self.proof.method, now, self.proof.reason) if self.proof else None)


class ProfileBody(Body):
    """What a member says about themselves. In a change, null clears a field and one left out stays."""

    name: Text | None = None
    birthday: Birthday | None = None
    """29 February too."""

    gender: Gender | None = None
    language: Language | None = None
    """BCP 47."""

    home_store: Place | None = None
    contact_phone: Phone | None = None
    """May be shared with others, unlike an identity."""

    contact_email: Email | None = None
    """May be shared with others, unlike an identity."""

    def changes(self) -> dict[str, Any]:
        """The fields that were given, with None for those to clear."""
        return {name: getattr(self, name) for name in PROFILE_FIELDS if name in self.model_fields_set}

    def profile(self) -> Profile:
        return Profile(**{name: getattr(self, name) for name in PROFILE_FIELDS})


class EnrolBody(Body):
    """Somebody to recognise or to enrol."""

    identities: Annotated[list[PresentedIdentityBody], Field(min_length=1, max_length=MOST_PRESENTED)]
    """Any one that is known finds the member; the others are added to them."""

    profile: ProfileBody = ProfileBody()
    """Fills what the member has not said yet; overwrites nothing."""

    brand: Place | None = None
    """Where they enrol: by default the brand of the key."""

    client_reference: ClientReference | None = None


class IdentityAdditionBody(PresentedIdentityBody):
    """An identity to add, or one they have with a proof of it."""

    client_reference: ClientReference | None = None


class ProfileChangeBody(Body):
    """A change of the profile."""

    profile: ProfileBody


class ConsentBody(Body):
    """A yes or no."""

    granted: StrictBool
    source: Reason
    """Where it was said: the app's page, the form at the till, …"""

    occurred_at: Moment | None = None
    """By default now."""

    def word(self) -> Word:
        return Word(self.granted, self.source, self.occurred_at)


class ProfileView(View):
    """What the caller may see of the profile; null: not said, or not to be seen."""

    name: str | None
    birthday: date | None
    gender: Gender | None
    language: str | None
    home_store: str | None
    contact_phone: str | None
    contact_email: str | None


class IdentityClaimView(View):
    """One brand's word for an identity."""

    brand: str
    claimed_at: datetime
    verified_at: datetime | None
    method: ProofMethod | None
    reason: str | None


class IdentityView(View):
    """An identity of the member."""

    identity_id: str
    identity: IdentityBody
    status: Literal["claimed", "verified"]
    claims: list[IdentityClaimView]


class TagView(View):
    """A tag and who set it."""

    tag: str
    set_by: str
    set_at: datetime


class JoinedBrandView(View):
    """A brand that the member joined."""

    brand: str
    joined_at: datetime


class MemberView(View):
    """A member as far as the caller may see them."""

    member_id: str
    enrolled_at: datetime
    profile: ProfileView
    identities: list[IdentityView]
    tags: list[TagView]
    brands: list[JoinedBrandView]


class EnrolledMemberView(MemberView):
    """The member found or enrolled."""

    client_reference: str | None


class AddedIdentityView(IdentityView):
    """The identity as the member has it now."""

    client_reference: str | None


class ConsentView(View):
    """A yes or no about a channel, a brand (or `group`) and a purpose."""

    channel: MessageChannel
    brand: str
    purpose: str
    granted: bool
    source: str
    occurred_at: datetime
    recorded_at: datetime
    recorded_by: str | None
    """Whose key it came by; null for another brand's."""


class ConsentInForceView(ConsentView):
    """The consent in force."""

    confirmed_at: datetime
    """When the member last said so."""


class ConsentList(View):
    """The consents in force."""

    items: list[ConsentInForceView]


class ConsentPage(View):
    """Everything that was said, by channel, brand, purpose and time."""

    items: list[ConsentView]
    next_cursor: str | None


def member_view(seen: SeenMember, hasher: IdentityHasher) -> dict[str, Any]:
    """As `MemberView`."""
    member = seen.member
    profile = {name: getattr(member.profile, name) for name in PROFILE_FIELDS}
    birthday = member.profile.birthday
    return {
        "member_id": member.id,
        "enrolled_at": format_instant(member.enrolled_at),
        "profile": {**profile, "birthday": birthday.isoformat() if birthday else None},
        "identities": [identity_view(held, hasher) for held in member.identities],
        "tags": [tag_view(tag, at) for tag, at in member.tags.items()],
        "brands": [{"brand": brand, "joined_at": format_instant(at)} for brand, at in seen.brands.items()],
    }


def identity_view(held: HeldIdentity, hasher: IdentityHasher) -> dict[str, Any]:
    """As `IdentityView`."""
    claims = [
        {
            "brand": claim.brand,
            "claimed_at": format_instant(claim.at),
            "verified_at": format_instant(claim.proof.at) if claim.proof else None,
            "method": claim.proof.method if claim.proof else None,
            "reason": claim.proof.reason if claim.proof else None,
        }
        for claim in held.claims
    ]
    return {
        "identity_id": str(hasher.key(held.identity)),
        "identity": identity_fields(held.identity),
        "status": "verified" if any(claim.proof for claim in held.claims) else "claimed",
        "claims": claims,
    }


def tag_view(tag: Tag, at: datetime) -> dict[str, Any]:
    """As `TagView`."""
    return {"tag": tag.name, "set_by": tag.brand, "set_at": format_instant(at)}


def consent_view(key: ConsentKey, consent: Consent, viewer: BrandId) -> dict[str, Any]:
    """As `ConsentView`: that another brand recorded a consent to the group is that brand's affair (E31)."""
    by = consent.recorded_by
    return {
        **key._asdict(),
        "granted": consent.granted,
        "source": consent.source,
        "occurred_at": format_instant(consent.occurred_at),
        "recorded_at": format_instant(consent.recorded_at),
        "recorded_by": by if GROUP in {viewer, by} or viewer == by else None,
    }


def consent_in_force_view(key: ConsentKey, consent: Consent, viewer: BrandId) -> dict[str, Any]:
    """As `ConsentInForceView`."""
    return {**consent_view(key, consent, viewer), "confirmed_at": format_instant(consent.confirmed_at)}

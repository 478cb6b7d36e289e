"""A member as one record: profile, identities, tags and the consents in force (M1, M3).

The record is one item, changed by conditional writes on its ``version``, which is also its ``ETag``. Every part
of it remembers the brand that put it there (`GROUP` for the group itself), because a brand sees what it put
there itself and no more, until the member has proven to it who they are (E31, M39); see `visibility`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId
from huitou.members.identity import Identity
from huitou.program.model import BrandId, StoreId

MOST_IDENTITIES = 30
MOST_TAGS = 200
MOST_CONSENTS = 500
"""After which no other yes is taken; a no always is."""
MOST_BYTES = 300_000
"""Of `Member.weight`: a record is one item, which may have 400 kB."""
MOST_BYTES_WITH_A_NO = 400_000
"""The same for who says no: the rest of the item is kept for that."""


class Gender(StrEnum):
    """What the member says; absent where they do not."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class ProofMethod(StrEnum):
    """How a brand made sure that an identity is this person's (M39)."""

    STAFF = "staff"
    SMS_CODE = "sms_code"
    EMAIL_CODE = "email_code"
    LINE_LOGIN = "line_login"


@dataclass(frozen=True, slots=True)
class Profile:
    """What the member says about themselves; None is "not said".

    ``contact_phone`` (E.164) and ``contact_email`` are where to reach them: unlike identities, a family may
    share them (M1). ``birthday`` may be 29 February (E10). ``language`` is a BCP 47 tag.
    """

    name: str | None = None
    birthday: date | None = None
    gender: Gender | None = None
    language: str | None = None
    home_store: StoreId | None = None
    contact_phone: str | None = None
    contact_email: str | None = None


PROFILE_FIELDS = tuple(field.name for field in fields(Profile))


@dataclass(frozen=True, slots=True)
class Proof:
    """That a person holds an identity: how it was made sure of, and when. Staff say why (``reason``)."""

    method: ProofMethod
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One brand's word that an identity is this member's; verified where there is a proof."""

    brand: BrandId
    at: datetime
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class HeldIdentity:
    """An identity of a member, with at most one claim per brand, the first one first.

    ``anchored``: the tie to this member is beyond doubt. It is for what the member was enrolled with and for
    what came together with a proof; not for what somebody merely said beside a known phone number. A proof is
    kept for anchored identities only, or else a stranger's own LINE login would open another one's record.
    """

    identity: Identity
    claims: tuple[Claim, ...]
    anchored: bool

    def claim_of(self, brand: BrandId) -> Claim | None:
        return next((claim for claim in self.claims if claim.brand == brand), None)

    def is_proven_to(self, brand: BrandId) -> bool:
        claim = self.claim_of(brand)
        return claim is not None and claim.proof is not None


class Holder(NamedTuple):
    """Whose an identity is; ``origin`` is who brought it, where they were merged into ``member`` (E15)."""

    member: MemberId
    origin: MemberId | None = None


class Tag(NamedTuple):
    """A word that a brand put on a member; two brands may use the same one without meeting."""

    brand: BrandId
    name: str


class ConsentKey(NamedTuple):
    """What a consent is about: ``brand`` is `GROUP` for all brands at once."""

    channel: MessageChannel
    brand: BrandId
    purpose: str


@dataclass(frozen=True, slots=True)
class Consent:
    """The member's yes or no, when they said it, where (``source``), and through whose key it came.

    ``confirmed_at`` is when they last said the same again: an opposite word of before then is no longer in force,
    although it may arrive later.
    """

    granted: bool
    source: str
    occurred_at: datetime
    confirmed_at: datetime
    recorded_at: datetime
    recorded_by: BrandId


class ConsentChange(NamedTuple):
    """One line of the consent history; there is one per key and instant."""

    key: ConsentKey
    consent: Consent


@dataclass(frozen=True, slots=True)
class Member:
    """The record. ``version`` counts its changes; ``set_by`` names the brand behind each profile field."""

    id: MemberId
    version: int
    enrolled_at: datetime
    enrolled_by: BrandId
    profile: Profile
    set_by: Mapping[str, BrandId]
    identities: tuple[HeldIdentity, ...]
    tags: Mapping[Tag, datetime]
    consents: Mapping[ConsentKey, Consent]

    def holding(self, identity: Identity) -> HeldIdentity | None:
        return next((held for held in self.identities if held.identity == identity), None)

    def is_proven_to(self, brand: BrandId) -> bool:
        """M39: whether ``brand`` has verified an identity of this member."""
        return any(held.is_proven_to(brand) for held in self.identities)

    @property
    def weight(self) -> int:
        """About how many bytes the record takes, rather more than less: its names are longer here than there."""
        return len(repr(self).encode())

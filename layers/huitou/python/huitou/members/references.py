"""How a request names a member: by id, or by one identity. Shared by every part that takes a member."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, PrivateAttr, model_validator

from huitou.fields import Body
from huitou.kernel.ids import MemberId
from huitou.members.identity import (
    DEFAULT_REGION,
    LONGEST_EMAIL,
    LONGEST_NAME,
    Identity,
    IdentityKind,
    InvalidIdentityError,
    app_identity,
    card_identity,
    email_identity,
    external_identity,
    line_identity,
    phone_identity,
)

KINDS = ("phone", "email", "line", "card", "app", "external")

PhoneNumber = Annotated[str, Field(min_length=1, max_length=64, examples=["0912-345-678", "+886912345678"])]
Region = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Mailbox = Annotated[str, Field(min_length=3, max_length=LONGEST_EMAIL, examples=["mei@example.com"])]
ForeignId = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Scope = Annotated[str, Field(min_length=1, max_length=64)]


class LineUserBody(Body):
    """A LINE user."""

    provider: Scope
    """The id of the LINE provider: the same person has another user id with each one."""

    user_id: ForeignId


class AppUserBody(Body):
    """A user of a brand's own app."""

    brand: Scope
    user_id: ForeignId


class PartnerCustomerBody(Body):
    """Somebody as a partner knows them."""

    partner: Scope
    """Your own short name of the delivery platform, the booking service, …"""

    id: ForeignId


class IdentityBody(Body):
    """Exactly one identity."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [kind]} for kind in KINDS]})

    phone: PhoneNumber | None = None
    """In any way of writing; without country code it is a number of `region`."""

    region: Region | None = None
    """ISO 3166; by default TW."""

    email: Mailbox | None = None
    line: LineUserBody | None = None
    card: ForeignId | None = None
    app: AppUserBody | None = None
    external: PartnerCustomerBody | None = None

    _identity: Identity | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        kinds = self._alternatives()
        given = [name for name in kinds if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(kinds)}")
        try:
            self._identity = _identity_in(self)
        except InvalidIdentityError as error:
            raise ValueError(f"{given[0]}: {error.detail}") from error
        return self

    @property
    def identity(self) -> Identity:
        """The identity in normal form."""
        if self._identity is None:
            raise TypeError("This reference is an id.")
        return self._identity

    def _alternatives(self) -> tuple[str, ...]:
        return KINDS


class MemberReference(IdentityBody):
    """A member: by `id`, or by exactly one identity."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [kind]} for kind in ("id", *KINDS)]})

    id: Annotated[str, Field(min_length=1, max_length=64)] | None = None

    @property
    def target(self) -> Identity | MemberId:
        """What to look the member up by."""
        return MemberId(self.id) if self.id is not None else self.identity

    def _alternatives(self) -> tuple[str, ...]:
        return ("id", *KINDS)


def identity_fields(identity: Identity) -> dict[str, Any]:
    """The inverse of `IdentityBody.identity`."""
    match identity.kind:
        case IdentityKind.LINE:
            return {identity.kind: {"provider": identity.scope, "user_id": identity.value}}
        case IdentityKind.APP:
            return {identity.kind: {"brand": identity.scope, "user_id": identity.value}}
        case IdentityKind.EXTERNAL:
            return {identity.kind: {"partner": identity.scope, "id": identity.value}}
        case _:
            return {identity.kind: identity.value}


def _identity_in(body: IdentityBody) -> Identity | None:  # noqa: PLR0911 - one for each kind
    """None for a reference by id. Raises `InvalidIdentityError`."""
    if body.phone is not None:
        return phone_identity(body.phone, body.region or DEFAULT_REGION)
    if body.email is not None:
        return email_identity(body.email)
    if body.line is not None:
        return line_identity(body.line.provider, body.line.user_id)
    if body.card is not None:
        return card_identity(body.card)
    if body.app is not None:
        return app_identity(body.app.brand, body.app.user_id)
    if body.external is not None:
        return external_identity(body.external.partner, body.external.id)
    return None

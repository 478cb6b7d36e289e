"""Keys and callers. A key belongs to one brand or to the group and carries permissions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from huitou.kernel.errors import FieldError, ForbiddenError, InvalidError
from huitou.program.model import GROUP, BrandId

Permission = Literal[
    "members:read",
    "members:write",
    "members:export",
    "purchases:read",
    "purchases:write",
    "points:read",
    "points:write",
    "coupons:read",
    "coupons:write",
    "program:read",
    "program:publish",
    "imports:write",
    "accounts:read",
    "accounts:write",
    "insights:read",
    "insights:write",
    "simulations:read",
    "simulations:write",
    "rebuilds:read",
    "rebuilds:write",
    "counts:write",
    "results:read",
    "results:write",
    "templates:preview",
    "messages:read",
    "messages:write",
    "suppressions:read",
    "suppressions:write",
]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)


class MissingPermissionError(ForbiddenError):
    """The key may not do this at all."""

    code = "missing_permission"
    title = "The key lacks a permission"


class ForeignBrandError(ForbiddenError):
    """The key may do this, but not for that brand."""

    code = "foreign_brand"
    title = "The key belongs to another brand"


class BrandRequiredError(InvalidError):
    """A key of the group acts for a brand, but which?"""

    code = "brand_required"
    title = "The brand is missing"


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a request runs. ``brand`` is `GROUP` for a key of the group."""

    key_id: str
    brand: BrandId
    permissions: frozenset[str]

    @property
    def is_group(self) -> bool:
        return self.brand == GROUP

    def require(self, permission: str) -> None:
        """Raises `MissingPermissionError`."""
        if permission not in self.permissions:
            raise MissingPermissionError(f"This key lacks the permission {permission}.")

    def acts_for(self, brand: BrandId) -> None:
        """The group acts for every brand, a brand for itself. Raises `ForeignBrandError`."""
        if not self.is_group and brand != self.brand:
            raise ForeignBrandError(f"This key cannot act for {brand}.")

    def brand_for(self, brand: BrandId | None) -> BrandId:
        """The brand that a request is about: the key's own unless named. Raises `ForeignBrandError`.

        The group has to name one: `BrandRequiredError`.
        """
        if brand is not None:
            self.acts_for(brand)
            return brand
        if self.is_group:
            raise BrandRequiredError("Name the brand.", errors=[FieldError("/brand", "a key of the group names it")])
        return self.brand


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: the secret itself is shown once, when it is minted, and never stored."""

    id: str
    brand: BrandId
    permissions: frozenset[str]
    secret_hash: str
    """SHA-256 of the secret, hex. The secret is 256 random bits, so nothing slower is needed."""
    label: str
    created_at: datetime
    revoked_at: datetime | None = None

    def caller(self) -> Caller:
        return Caller(self.id, self.brand, self.permissions)

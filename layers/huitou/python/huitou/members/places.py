"""Brands and stores that a request names."""

from __future__ import annotations

from huitou.kernel.errors import FieldError, InvalidError
from huitou.program.model import GROUP, BrandId, Program


class UnknownPlaceError(InvalidError):
    """The programme has no such brand or store."""

    code = "unknown_place"
    title = "Unknown brand or store"


def require_brand(program: Program, brand: BrandId) -> None:
    """A brand of the programme, or the group. Raises `UnknownPlaceError`."""
    if brand != GROUP and brand not in program.brands:
        raise UnknownPlaceError("The programme has no such brand.", errors=[FieldError("/brand", "Unknown brand.")])

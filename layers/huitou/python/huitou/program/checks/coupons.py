"""Coupons: whose they are, and what they cost."""

from __future__ import annotations

from huitou.program.checks.findings import Names, Path, Problems, not_negative
from huitou.program.document import ProgramDocument


def kinds(document: ProgramDocument) -> Problems:
    """The brand that takes them is there, and what they cost can be paid."""
    brands = Names("brand", (brand.id for brand in document.brands))
    for n, coupon in enumerate(document.coupons):
        path: Path = ("coupons", n)
        if coupon.brand is not None:
            yield from brands.check((*path, "brand"), coupon.brand)
        if coupon.cost is not None:
            yield from not_negative((*path, "cost"), coupon.cost, document.money.exponent)

"""Coupons: whose they are, and what they cost."""

from __future__ import annotations

from huitou.program.checks.findings import Names, Path, Problems, at, not_negative
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


def steps(document: ProgramDocument) -> Problems:
    """Coupons that campaigns give are there, and no brand gives away what another one has to pay for."""
    known = Names("coupon", (coupon.id for coupon in document.coupons))
    taken_by = {coupon.id: coupon.brand for coupon in document.coupons if coupon.brand is not None}
    for n, campaign in enumerate(document.campaigns):
        for k, step in enumerate(campaign.steps):
            if step.give_coupon is None:
                continue
            path: Path = ("campaigns", n, "steps", k, "give_coupon")
            yield from known.check(path, step.give_coupon)
            owner = taken_by.get(step.give_coupon)
            if campaign.brand is not None and owner not in {None, campaign.brand}:
                yield at(path, f"{step.give_coupon!r} belongs to the brand {owner!r} alone.")

"""What a version may not change of the one before: wallets, purchases and entries are counted in it, and a sale
may come again for ever (E14).

Everything else may change from one version to the next; what was decided keeps the version that decided it. So may
tiers come and go, and segments: a standing is derived from what the member did, under the tiers and segments of the
version that holds; a purchase keeps those under which it earned. Whoever had a tier that is no more has the one that
their figures are enough for. Only a list is not derived: who is on it was said by the brand whose it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from huitou.kernel.errors import FieldError
from huitou.program.document import ProgramDocument
from huitou.program.document_segments import definition


def breaches(before: ProgramDocument, after: ProgramDocument) -> tuple[FieldError, ...]:
    """Everything in ``after`` that members' points of ``before`` would not survive; empty if there is nothing."""
    return (
        *_money(before, after),
        *_currencies(before, after),
        *_places(before, after),
        *_stores(before, after),
        *_rules(before, after),
        *_segments(before, after),
    )


def _money(before: ProgramDocument, after: ProgramDocument) -> Iterator[FieldError]:
    if after.money != before.money:
        yield FieldError("/money", f"Sales are already kept in {before.money.currency}; this cannot be changed.")
    if after.home_currency != before.home_currency:
        yield FieldError("/home_currency", f"Every member already has a wallet of {before.home_currency!r}.")


def _currencies(before: ProgramDocument, after: ProgramDocument) -> Iterator[FieldError]:
    places = {currency.id: (index, currency) for index, currency in enumerate(after.point_currencies)}
    for old in before.point_currencies:
        if old.id not in places:
            yield FieldError("/point_currencies", f"Members may hold {old.id!r}: keep it; no rule has to earn it.")
            continue
        index, new = places[old.id]
        if new.exponent != old.exponent:
            yield FieldError(f"/point_currencies/{index}/exponent", "Wallets already count with the one before.")
        if new.brand != old.brand:
            yield FieldError(f"/point_currencies/{index}/brand", "Members already hold these points elsewhere.")


def _places(before: ProgramDocument, after: ProgramDocument) -> Iterator[FieldError]:
    for kind, old, new in (
        ("brands", {brand.id for brand in before.brands}, {brand.id for brand in after.brands}),
        ("stores", {store.id for store in before.stores}, {store.id for store in after.stores}),
        ("channels", set(before.channels), set(after.channels)),
    ):
        if gone := sorted(old - new):
            yield FieldError(f"/{kind}", f"Sales of {', '.join(gone[:5])} may still come, or come again: keep them.")


def _stores(before: ProgramDocument, after: ProgramDocument) -> Iterator[FieldError]:
    known = {store.id: store for store in before.stores}
    for index, store in enumerate(after.stores):
        if store.id not in known:
            continue
        old = known[store.id]
        if old.brand != store.brand:
            yield FieldError(f"/stores/{index}/brand", "Its sales are already another brand's; give it a new id.")
        if (old.time_zone or before.time_zone) != (store.time_zone or after.time_zone):
            yield FieldError(f"/stores/{index}/time_zone", "Its receipts are known by their day on the clock before.")


def _rules(before: ProgramDocument, after: ProgramDocument) -> Iterator[FieldError]:
    paid = {rule.id: rule.currency for rule in before.earning}
    for index, rule in enumerate(after.earning):
        old = paid.get(rule.id, rule.currency)
        if old != rule.currency:
            message = f"What this rule paid, its caps and its budget are counted in {old!r}; give it a new id."
            yield FieldError(f"/earning/{index}/currency", message)


def _segments(before: ProgramDocument, after: ProgramDocument) -> Iterator[FieldError]:
    """E31: what one brand knows or has said of members is not shown to another."""
    whose = {each.id: each.brand for each in map(definition, before.segments)}
    for index, new in enumerate(map(definition, after.segments)):
        if whose.get(new.id, new.brand) != new.brand:
            owner = whose[new.id] or "the group"
            yield FieldError(f"/segments/{index}/brand", f"Who is in it is for {owner} to know; give it a new id.")

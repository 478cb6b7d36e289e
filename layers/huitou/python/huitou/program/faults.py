"""Gathering what is wrong with a request under the programme, so that a till's developer sees all of it at once."""

from __future__ import annotations

from huitou.kernel.errors import FieldError, InvalidError
from huitou.kernel.money import InvalidAmountError, parse_amount
from huitou.program.model import BrandId, Program, Store, StoreId


class Faults:
    """What was found so far. Each method reads one thing, and adds a fault where it cannot be."""

    def __init__(self) -> None:
        self._found: list[FieldError] = []

    def add(self, pointer: str, message: str) -> None:
        self._found.append(FieldError(pointer, message))

    def raise_any(self, error: type[InvalidError], detail: str) -> None:
        """Raises ``error`` with all faults, where there are any."""
        if self._found:
            raise error(detail, errors=self._found)

    def store(self, store: StoreId | None, brand: BrandId, program: Program) -> Store | None:
        """The store, at a brand that exists; None where none was named or it is not there."""
        if brand not in program.brands:
            self.add("/brand", "the programme has no such brand")
        found = program.stores.get(store) if store else None
        if store and (found is None or found.brand != brand):
            self.add("/store", "the brand has no such store")
        return found

    def amount(self, pointer: str, text: str, exponent: int) -> int | None:
        """The amount in its smallest unit; None where it is none, or has too many decimals."""
        try:
            return parse_amount(text, exponent)
        except InvalidAmountError as error:
            self.add(pointer, error.detail)
            return None

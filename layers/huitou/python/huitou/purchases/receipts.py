"""What makes a sale the same sale (E14): its receipt; without a till, its order; without either, a key.

The identity is a value; its digest is the key of the item that proves it, so that a sale happens once, for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from huitou.kernel.ids import Digest, digest_of
from huitou.program.model import BrandId, StoreId


@dataclass(frozen=True, slots=True)
class TillReceipt:
    """A till's receipt: its number is unique for a terminal and business date."""

    brand: BrandId
    store: StoreId
    terminal: str
    number: str
    business_date: date

    @property
    def digest(self) -> Digest:
        return digest_of(("till", self.brand, self.store, self.terminal, self.number, self.business_date.isoformat()))


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a channel without tills."""

    brand: BrandId
    channel: str
    order_id: str

    @property
    def digest(self) -> Digest:
        return digest_of(("order", self.brand, self.channel, self.order_id))


@dataclass(frozen=True, slots=True)
class KeyedSale:
    """A sale with neither: the caller's ``Idempotency-Key`` has to do."""

    brand: BrandId
    key: str

    @property
    def digest(self) -> Digest:
        return digest_of(("key", self.brand, self.key))


Receipt = TillReceipt | Order | KeyedSale


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """A visit, booking or the like, as the system that saw it numbers it."""

    brand: BrandId
    source: str
    event_id: str

    @property
    def digest(self) -> Digest:
        return digest_of(("event", self.brand, self.source, self.event_id))

"""Moving in (M36): what members bring along from another system, points lot by lot, tiers and tags.

A lot is known by the reference that it had there: brought twice, it comes once. Before anything is written, a file can
be held against control totals that the other system gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from huitou.imports.errors import ControlMismatchError
from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.money import format_amount
from huitou.members.identity import Identity
from huitou.points.decisions import BringIn
from huitou.points.wallet import Cause
from huitou.program.model import BrandId, CurrencyId, Program
from huitou.program.tiers import TierId

ACTOR = "import"
"""Whose word an opening is, in the ledger."""


BROUGHT = "brought along from another system"
"""Why a tier was given."""


class OpeningLot(NamedTuple):
    """A lot as another system kept it. ``id`` is the digest of the brand and its reference there."""

    id: Digest
    owner: Identity | MemberId
    currency: CurrencyId
    points: int
    issuer: BrandId
    earned_at: datetime
    active_at: datetime
    expires_at: datetime | None

    def command(self) -> BringIn:
        """What books it."""
        cause = Cause("opening", self.id)
        return BringIn(self.points, self.issuer, self.earned_at, self.active_at, self.expires_at, ACTOR, cause)


class OpeningTier(NamedTuple):
    """A tier as another system had given it: at least this one until ``until``."""

    id: Digest
    owner: Identity | MemberId
    tier: TierId
    until: datetime | None
    brand: BrandId


class OpeningTag(NamedTuple):
    """A tag that ``brand``, or the group, puts on a member, or takes off; of its list's name, it is its list (M16)."""

    owner: Identity | MemberId
    tag: str
    brand: BrandId
    is_set: bool


Opening = OpeningLot | OpeningTier | OpeningTag


@dataclass(frozen=True, slots=True)
class Opened:
    """A lot that was brought: its own marker (E14). ``booked_at`` is when its import was decided."""

    id: Digest
    member: MemberId
    currency: CurrencyId
    points: int
    issuer: BrandId
    earned_at: datetime
    active_at: datetime
    expires_at: datetime | None
    booked_at: datetime

    def content(self) -> Mapping[str, object]:
        """What a repeat must agree in."""
        return {
            "member": self.member,
            "currency": self.currency,
            "points": self.points,
            "brand": self.issuer,
            "earned_at": self.earned_at,
            "active_at": self.active_at,
            "expires_at": self.expires_at,
        }


class OpeningStore(Protocol):
    """Keeps which lots were brought. Reads are consistent."""

    def find(self, opening: Digest) -> Opened | None: ...

    def add(self, opened: Opened) -> Write:
        """Refused with `StaleReadError` if it was brought meanwhile."""
        ...


class LotHead(NamedTuple):
    """What the control totals count of a lot."""

    reference: str
    member: str
    currency: CurrencyId
    points: int


@dataclass(frozen=True, slots=True)
class Control:
    """What the file must come to, as the other system says; None: not said. Points are smallest units."""

    points: Mapping[CurrencyId, int] = field(default_factory=dict)
    members: int | None = None
    lots: int | None = None


class Count:
    """What a file comes to. A reference counts once."""

    def __init__(self) -> None:
        self._references: set[str] = set()
        self._members: set[str] = set()
        self._points: dict[CurrencyId, int] = {}

    def add(self, lot: LotHead) -> None:
        if lot.reference not in self._references:
            self._references.add(lot.reference)
            self._members.add(lot.member)
            self._points[lot.currency] = self._points.get(lot.currency, 0) + lot.points

    def require(self, control: Control, program: Program) -> None:
        """Raises `ControlMismatchError`, which says by how much the file is off."""
        found = []
        for currency in sorted(control.points.keys() | (self._points.keys() if control.points else set())):
            kind = program.currencies.get(currency)
            said, counted = (
                format_amount(each.get(currency, 0), kind.exponent if kind else 0)
                for each in (control.points, self._points)
            )
            found.append((currency, said, counted))
        for name, said_number, number in (
            ("members", control.members, len(self._members)),
            ("lots", control.lots, len(self._references)),
        ):
            if said_number is not None:
                found.append((name, str(said_number), str(number)))
        off = [f"{name}: {counted} instead of {said}" for name, said, counted in found if said != counted]
        if off:
            raise ControlMismatchError(f"The file does not come to the control totals; {', '.join(off)}.")

"""Why an entry is as it is (M12): the entry, the rules that decided it, and for a sale what each line brought."""

from __future__ import annotations

from dataclasses import dataclass

from huitou.kernel.ids import OwnedId, parse_entry_id, parse_id
from huitou.points.circumstances import Circumstances
from huitou.points.explanation import EntryTold, tell
from huitou.points.membership import EntryNotFoundError, MemberNotFoundError, entry_seen_by, seen_home
from huitou.points.phrases import Language
from huitou.points.ports import WalletStore
from huitou.points.wallet import Entry, EntryType
from huitou.program.model import GROUP, BrandId, Program
from huitou.program.ports import Programs
from huitou.purchases.decisions import points_by_line
from huitou.purchases.model import Line, Purchase
from huitou.purchases.ports import PurchaseStore


@dataclass(frozen=True, slots=True)
class Explained:
    """An entry in words. ``lines`` and ``seen`` are those of the sale that earned it; empty for all else."""

    entry: Entry
    told: EntryTold
    program: Program
    """The version that decided it."""
    lines: tuple[tuple[Line, int], ...] = ()
    """Each with the points that it brought."""
    seen: Circumstances | None = None


class Explanations:
    """The use case."""

    def __init__(self, purchases: PurchaseStore, wallets: WalletStore, programs: Programs) -> None:
        self._purchases = purchases
        self._wallets = wallets
        self._programs = programs

    def explain(self, entry_id: str, language: Language, brand: BrandId) -> Explained:
        """The entry as ``brand`` may see it: of what another brand sold, neither rules nor lines (E31).

        Raises `EntryNotFoundError`.
        """
        entry = self._seen_entry(entry_id, brand)
        program = self._programs.version(entry.program_version)
        told = tell(entry, program, language)
        purchase = self._purchase(entry)
        if purchase is None:
            return Explained(entry, told, program)
        points = points_by_line(purchase, program)[entry.currency]
        return Explained(entry, told, program, tuple(zip(purchase.lines, points, strict=True)), purchase.seen)

    def _seen_entry(self, entry_id: str, brand: BrandId) -> Entry:
        member, currency, version = parse_entry_id(entry_id)
        try:
            seen_home(self._wallets, member, self._programs.active().home_currency, brand)
        except MemberNotFoundError as error:
            raise EntryNotFoundError from error
        entry = self._wallets.entry(member, currency, version)
        if entry is None or not self._may_see(entry, brand):
            raise EntryNotFoundError
        return entry_seen_by(entry, brand)

    def _may_see(self, entry: Entry, brand: BrandId) -> bool:
        """Points of one brand are that brand's affair."""
        currency = self._programs.version(entry.program_version).currencies[entry.currency]
        return brand == GROUP or currency.brand in {None, brand}

    def _purchase(self, entry: Entry) -> Purchase | None:
        """The sale that earned it; None where nothing is to be said of it."""
        if entry.type is not EntryType.EARN or not entry.explanation:
            return None
        named = parse_id(entry.cause.id)
        return self._purchases.get(named) if isinstance(named, OwnedId) else None

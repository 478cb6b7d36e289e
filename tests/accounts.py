"""Histories for tests of the money side: several members over some months, told by the ledger's own commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import get_args

from huitou.accounts.movements import Terms
from huitou.kernel.commits import Commit
from huitou.kernel.errors import DomainError
from huitou.kernel.ids import Digest, MemberId
from huitou.points.decisions import Decision, decide
from huitou.points.earning import Earning
from huitou.points.moves import (
    Adjust,
    Capture,
    Command,
    ConvertIn,
    ConvertOut,
    Earn,
    Expire,
    Give,
    GiveBack,
    PlaceHold,
    Receive,
    Redeem,
    Reinstate,
    Release,
    Reverse,
    Send,
    Settle,
    TakeBack,
)
from huitou.points.ports import WalletStore
from huitou.points.wallet import Cause, Entry, EntryType, RuleOutcome, Wallet, open_wallet
from huitou.program.model import Program
from huitou.program.terms import Bearer, Conversion, Cost, Price, RefundPolicy, Settlement, Worth
from tests.builders import OPENED, document, program, rule

MEMBERS = tuple(MemberId(f"01JNSM3VF0R6T8C1W5PJ4X{number:04d}") for number in range(3))
RATE = Conversion("points", "stamps", 10, 3)
WORTH = (
    Worth("points", date(2026, 1, 1), 3, 1),
    Worth("points", date(2026, 2, 10), 7, 3),
    Worth("stamps", date(2026, 1, 1), 1, 2),
)
PRICES = (
    Price("points", "maru", "sora", date(2026, 1, 1), 7, 2),
    Price("points", "maru", "sora", date(2026, 2, 1), 11, 4),
    Price("points", "sora", "maru", date(2026, 3, 1), 1, 1),
)
GROUP_PAYS: Mapping[Cost, Bearer] = dict.fromkeys(get_args(Cost), "group")


def settled_program(
    bearers: Mapping[Cost, Bearer] = GROUP_PAYS,
    *,
    expiry: Mapping[str, object] | None = None,
    pending_days: int = 0,
    courtesy_days: int = 0,
) -> Program:
    """Points and stamps with prices that change in February; the group pays for rule ``double``."""
    ends = expiry or {"type": "rolling_days", "days": 30}
    written = document(
        point_currencies=[
            {"id": "points", "name": "Points", "expiry": ends, "pending_days": pending_days},
            {"id": "stamps", "name": "Stamps", "expiry": {"type": "never"}},
        ],
        earning=[rule(), rule(id="double", name="Double", funded_by="group")],
    )
    terms = Settlement(PRICES, WORTH, bearers)
    return replace(program(written), settlement=terms, courtesy_days=courtesy_days)


@dataclass
class Town:
    """Members who do things, and all entries that this leaves, by member and currency."""

    program: Program
    now: datetime = OPENED
    wallets: dict[tuple[MemberId, str], Wallet] = field(default_factory=dict)
    entries: dict[tuple[MemberId, str], list[Entry]] = field(default_factory=dict)
    undone: dict[str, int] = field(default_factory=dict)
    """Points that were given or taken back, by the entry that they are of."""
    happened: int = 0

    def pass_time(self, span: timedelta) -> None:
        self.now += span

    def wallet(self, member: MemberId, currency: str = "points") -> Wallet:
        return self.wallets.get((member, currency)) or open_wallet(member, currency, OPENED)

    def story(self, member: MemberId, currency: str = "points") -> list[Entry]:
        return self.entries.get((member, currency), [])

    def do(self, member: MemberId, command: Command, currency: str = "points") -> Decision:
        """Carries it out now. Raises what the ledger raises."""
        decision = decide(self.wallet(member, currency), command, self.program, self.now)
        self.wallets[member, currency] = decision.wallet
        self.entries.setdefault((member, currency), []).extend(decision.entries)
        return decision

    def earn(
        self, member: MemberId, points: int, brand: str = "maru", funded: int = 0, late: timedelta = timedelta()
    ) -> Entry:
        """A sale, ``funded`` of whose points the group pays for."""
        cause = self.cause("purchase")
        outcomes = (RuleOutcome("base", 100, points - funded), RuleOutcome("double", 100, funded))
        command = Earn(Earning(points, outcomes), brand, self.now - late, cause)
        return self.do(member, command).entry_for(cause)

    def redeem(self, member: MemberId, points: int, brand: str = "sora") -> Entry:
        cause = self.cause("redemption")
        return self.do(member, Redeem(points, brand, cause)).entry_for(cause)

    def reverse(self, member: MemberId, redemption: Entry, brand: str = "sora") -> Decision:
        already = self.undone.pop(redemption.id, 0)
        self.undone[redemption.id] = -redemption.amount
        since = self._since(redemption)
        return self.do(member, Reverse(redemption, since, brand, self.cause("reversal"), already))

    def give_back(self, member: MemberId, redemption: Entry, points: int, brand: str = "sora") -> Decision:
        already = self.undone.get(redemption.id, 0)
        self.undone[redemption.id] = already + points
        command = GiveBack(redemption, self._since(redemption), points, brand, self.cause("refund"), already)
        return self.do(member, command)

    def refund(self, member: MemberId, sale: Entry, owed: int, policy: RefundPolicy = RefundPolicy.DEBT) -> Decision:
        self.undone[sale.id] = self.undone.get(sale.id, 0) + owed
        lots = frozenset(change.lot.number for change in sale.changes)
        return self.do(member, TakeBack(owed, sale.cause.id, lots, sale.brand, policy, self.cause("refund")))

    def send(self, member: MemberId, points: int, to: MemberId) -> None:
        sent = self.do(member, Send(points, to, "maru", self.cause("transfer"))).entries[-1]
        self.do(to, Receive(sent.changes, member, "maru", sent.cause))

    def convert(self, member: MemberId, points: int) -> None:
        out = self.do(member, ConvertOut(points, RATE, "sora", self.cause("conversion"))).entries[-1]
        self.do(member, ConvertIn(out.changes, RATE, "sora", out.cause), "stamps")

    def adjust(self, member: MemberId, points: int, brand: str = "maru") -> None:
        self.do(member, Adjust(points, brand, "goodwill", "staff", self.cause("adjustment")))

    def give(self, member: MemberId, points: int, brand: str = "maru") -> None:
        """As a campaign does."""
        self.do(member, Give(points, brand, None, self.cause("campaign")))

    def cause(self, kind: str) -> Cause:
        self.happened += 1
        return Cause(kind, f"{kind}-{self.happened}")

    def settle(self) -> None:
        for member, currency in list(self.wallets):
            self.do(member, Settle(), currency)

    def terms(self) -> Terms:
        return Terms(self.program, lambda _: self.program)

    def left(self, entry: Entry) -> int:
        """Of a sale or redemption, what was not undone yet."""
        return abs(entry.amount) - self.undone.get(entry.id, 0)

    def _since(self, redemption: Entry) -> tuple[Entry, ...]:
        return tuple(self.story(redemption.member, redemption.currency)[redemption.version :])


Step = tuple[str, int, int, int]
"""What happens, to whom, and two numbers that say how."""


def lived(only: Program, steps: Sequence[Step]) -> Town:
    """A town after ``steps``; what the ledger refuses does not happen."""
    town = Town(only)
    for step in steps:
        take(town, step)
    return town


def take(town: Town, step: Step) -> None:
    """One step."""
    name, who, number, other = step
    member, brand = MEMBERS[who % len(MEMBERS)], ("maru", "sora")[other % 2]
    try:
        _STEPS[name](town, member, brand, number, other)
    except DomainError:
        return


def _pick(town: Town, member: MemberId, kinds: frozenset[EntryType], number: int) -> Entry | None:
    found = [each for each in town.story(member) if each.type in kinds and town.left(each) > 0]
    return found[number % len(found)] if found else None


def _reverse(town: Town, member: MemberId, brand: str, number: int, _: int) -> None:
    if spent := _pick(town, member, _SPENT, number):
        town.reverse(member, spent, brand)


def _give_back(town: Town, member: MemberId, brand: str, number: int, other: int) -> None:
    if spent := _pick(town, member, _SPENT, number):
        town.give_back(member, spent, max(1, town.left(spent) * (other % 101) // 100), brand)


def _refund(town: Town, member: MemberId, _: str, number: int, other: int) -> None:
    if sale := _pick(town, member, frozenset({EntryType.EARN}), number):
        town.refund(member, sale, max(1, town.left(sale) * (other % 101) // 100), list(RefundPolicy)[number % 3])


def _hold(town: Town, member: MemberId, brand: str, number: int, other: int) -> None:
    ends = town.now + timedelta(hours=1 + other)
    key = Digest(f"hold-{town.happened}")
    town.do(member, PlaceHold(key, number, brand, ends, town.cause("hold")))


def _capture(town: Town, member: MemberId, _: str, number: int, other: int) -> None:
    if holds := town.wallet(member).holds:
        held = holds[number % len(holds)]
        town.do(member, Capture(held.id, max(1, held.points * (other % 101) // 100), town.cause("redemption")))


def _release(town: Town, member: MemberId, _: str, number: int, __: int) -> None:
    if holds := town.wallet(member).holds:
        town.do(member, Release(holds[number % len(holds)].id, town.cause("release")))


def _reinstate(town: Town, member: MemberId, brand: str, number: int, _: int) -> None:
    if expired := _pick(town, member, frozenset({EntryType.EXPIRE}), number):
        town.undone[expired.id] = -expired.amount
        town.do(member, Reinstate(expired, 10, brand, "goodwill", "staff", town.cause("reinstatement")))


_SPENT = frozenset({EntryType.REDEEM, EntryType.CAPTURE})
_STEPS: Mapping[str, Callable[[Town, MemberId, str, int, int], None]] = {
    "wait": lambda town, _, __, number, other: town.pass_time(timedelta(hours=number * (1 + other % 5))),
    "earn": lambda town, member, brand, number, other: _ignore(
        town.earn(member, number, brand, number * (other % 101) // 100, timedelta(days=other % 40))
    ),
    "redeem": lambda town, member, brand, number, _: _ignore(town.redeem(member, number, brand)),
    "reverse": _reverse,
    "give back": _give_back,
    "refund": _refund,
    "hold": _hold,
    "capture": _capture,
    "release": _release,
    "send": lambda town, member, _, number, other: town.send(member, number, MEMBERS[other % len(MEMBERS)]),
    "convert": lambda town, member, _, number, __: town.convert(member, number),
    "adjust": lambda town, member, brand, number, other: town.adjust(member, number if other % 3 else -number, brand),
    "give": lambda town, member, brand, number, _: town.give(member, number, brand),
    "expire": lambda town, member, brand, number, _: _ignore(
        town.do(member, Expire(brand, "closed", "staff", town.cause("closing"), points=number))
    ),
    "reinstate": _reinstate,
}
STEPS = tuple(_STEPS)


def _ignore(_: object) -> None:
    """A step answers nothing."""


PRICES_WRITTEN: Mapping[str, object] = {
    "prices": [
        {
            "currency": "points",
            "issuer": "maru",
            "honoured_by": "sora",
            "since": "2026-01-01",
            "points": "7",
            "money": "2",
        }
    ],
    "worth": [{"currency": "points", "since": "2026-01-01", "points": "4", "money": "1"}],
}
"""As a programme document has them."""


def keep(town: Town, wallets: WalletStore, commit: Commit) -> None:
    """Stores what happened, as the functions would have: the home wallets came with the enrolment."""
    for (member, currency), wallet in town.wallets.items():
        before = open_wallet(member, currency, OPENED)
        if currency == "points":
            commit([wallets.create(before)])
            before = wallets.load_all(member)[currency]
        stored = replace(wallet, version=wallet.version + before.version, home=before.home)
        commit(wallets.save(before, Decision(stored, tuple(town.entries[member, currency]))))

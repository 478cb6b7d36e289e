"""Where worked examples are played: the use cases over stores in memory, told what to do in plain words.

Nothing is worked out here. A step is handed to the use case that it names, and what the ledger then says is written
down in words to compare.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from huitou.kernel.errors import DomainError
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.pages import all_items
from huitou.members.directory import FoundMember
from huitou.members.model import Profile
from huitou.merging.service import merge_id
from huitou.points.commands import PointsCommand, command_id
from huitou.points.holds import Holds
from huitou.points.journeys import Journeys
from huitou.points.service import Points
from huitou.points.wallet import EXCLUDED, OUTDONE, Entry, EntryType, Lot, RuleOutcome, Wallet
from huitou.program.model import GROUP
from huitou.purchases.model import Line, Payment, PointsPaid, Purchase, VisitType
from huitou.purchases.quoting import Quote, Quotes
from huitou.purchases.receipts import SourceEvent
from huitou.purchases.refunds import LineAsked, Refund
from huitou.purchases.service import Recorded
from huitou.purchases.standing import MemberFacts
from huitou.standing.model import Grant
from huitou.standing.service import Tiers, grant_id
from tests.examples.programs import merged, program_of
from tests.ledger import order
from tests.members import MEI_EMAIL, MEI_PHONE
from tests.merging import TwoRecords
from tests.purchases import Shop, at_once, bill, booking, return_of
from tests.soundness import discrepancies

IDENTITIES = {"mei": MEI_PHONE, "lin": MEI_EMAIL}
CATEGORIES = {"bread", "tea"}
"""Articles that are of a category of the same name; others have none."""
PIECE = 1000
"""Quantities are in thousandths."""

Step = Mapping[str, Any]


class Stage:
    """Mei and Lin, who joined at Maru, under ``document``. Mei acts where a step names nobody."""

    def __init__(self, document: Mapping[str, Any], enrolled: str | None, birthday: str | None) -> None:
        program = program_of(document)
        self.program = program
        self.document = document
        self.shop = shop = Shop(program)
        self.people = people = TwoRecords(shop)
        shared = (shop.wallets, shop.ledger.commands, shop.programs, shop.table.commit, _no_pause)
        self.points, self.holds, self.journeys = Points(*shared), Holds(*shared), Journeys(*shared)
        stores = (shop.states, shop.wallets, shop.ledger.commands, shop.budgets, shop.programs)
        self.quotes = Quotes(*stores, segments=shop.judged)
        facts = MemberFacts(shop.states, shop.programs)
        self.tiers = Tiers(facts, shop.standings, shop.programs, shop.table.commit, _no_pause)
        self.recorded: dict[str, Recorded] = {}
        self.last_sale: Recorded | None = None
        self.last_quote: Quote | None = None
        self.last_refund: Refund | None = None
        self._seen: dict[tuple[MemberId, str], int] = {}
        when = self.instant(enrolled or "2026-01-01 09:00")
        born = Profile(birthday=date.fromisoformat(birthday)) if birthday else None
        self.members = {
            "mei": people.enrol(IDENTITIES["mei"], brand="maru", now=when, profile=born),
            "lin": people.enrol(IDENTITIES["lin"], brand="maru", now=when),
        }
        self.names = {member: name for name, member in self.members.items()}

    # --- what is done ---

    def do(self, verb: str, step: Step, now: datetime) -> None:
        """Carries out a step. Raises `DomainError` where it is refused."""
        if verb:
            VERBS[verb](self, step[verb], step, now)
        else:
            self.tick(now)

    def tick(self, now: datetime) -> None:
        """The member clock comes by."""
        for wallet in self.shop.table.all(Wallet):
            self.points.settle(wallet.member, wallet.currency, now)

    def buy(self, lines: Any, step: Step, now: datetime) -> None:
        sale = self._bill(lines, step, now)
        buyer = None if step.get("member") == "nobody" else self._found(step)
        self.last_sale = self.shop.sell(sale, buyer, now=self._arrival(step, now))
        self.recorded[str(sale.number)] = self.last_sale

    def _bill(self, lines: Any, step: Step, now: datetime) -> Purchase:
        store = self.program.stores[step.get("store", "m1")]
        points = step.get("with_points")
        hold = self._named(step["held_as"], step) if "held_as" in step else None
        bought = [_line(sku, what) for sku, what in lines.items()]
        paid = tuple(Payment(method, amount) for method, amount in step.get("paid", {}).items())
        return bill(
            step.get("receipt", f"at {now.isoformat()} {step.get('member', '')}"),
            *bought,
            brand=store.brand,
            store=store.id,
            channel=step.get("channel", "store"),
            occurred_at=now,
            received_at=self._arrival(step, now),
            payments=paid,
            paid=PointsPaid("points", points, hold=hold) if points else None,
        )

    def refund(self, receipt: str, step: Step, now: datetime) -> None:
        """``lines`` says how many pieces of what come back; without it, all that is left does."""
        lines = [LineAsked(None, sku, int(pieces) * PIECE) for sku, pieces in step.get("lines", {}).items()]
        sold_at = self.instant(step["sold"]) if "sold" in step else None
        known = self.recorded.get(receipt)
        sale = known.purchase if known else self._bill({}, {"receipt": receipt}, sold_at or now)
        back = return_of(sale, step.get("as", f"R {now.isoformat()}"), *lines, occurred_at=now)
        self.last_refund = self.shop.refund(back, now=now).refund

    def claim(self, receipt: str, step: Step, now: datetime) -> None:
        """``total`` is what the receipt is said to come to, if it is not what it does."""
        sale = self.recorded[receipt].purchase
        self.last_sale = self.shop.claim(sale, self._member(step), now=now, total=step.get("total"))
        self.recorded[receipt] = self.last_sale

    def quote(self, lines: Any, step: Step, now: datetime) -> None:
        self.last_quote = self.quotes.quote(self._bill(lines, step, now), self._found(step), now)

    def merge(self, name: str, _: Step, now: datetime) -> None:
        """Mei and who is named turn out to be one."""
        self.people.merge(self.members["mei"], self.members[name], now, key=f"with {name}")

    def unmerge(self, name: str, _: Step, now: datetime) -> None:
        """They turn out to be two."""
        self.people.use.reverse(merge_id(f"with {name}"), now)

    def move(self, receipt: str, step: Step, now: datetime) -> None:
        """The sale was another member's."""
        self.shop.move(self.recorded[receipt].purchase.id, self.members[step["to"]], now=now)

    def visit(self, store: str, step: Step, now: datetime) -> None:
        brand = self.program.stores[store].brand
        source = SourceEvent(brand, "door", now.isoformat()).digest
        been = booking(
            source=source,
            type=VisitType.VISIT,
            member=self._member(step),
            brand=brand,
            store=store,
            occurred_at=now,
            received_at=self._arrival(step, now),
        )
        self.shop.visit(been)

    def redeem(self, points: int, step: Step, now: datetime) -> None:
        identity_of = self._found(step).identity_of
        self.points.redeem(
            self._order("redemption", points, step, now), presented=True, now=now, identity_of=identity_of
        )

    def reverse(self, name: str, step: Step, now: datetime) -> None:
        self.points.reverse(self._named(name, step), brand=_brand(step), now=now)

    def hold(self, points: int, step: Step, now: datetime) -> None:
        lasts = timedelta(minutes=step.get("minutes", 60))
        self.holds.place(self._order("hold", points, step, now, lasts=lasts), presented=True, now=now)

    def capture(self, name: str, step: Step, now: datetime) -> None:
        self.holds.capture(self._named(name, step), step.get("points"), brand=_brand(step), now=now)

    def release(self, name: str, step: Step, now: datetime) -> None:
        self.holds.release(self._named(name, step), brand=_brand(step), now=now)

    def give(self, points: int, step: Step, now: datetime) -> None:
        order = self._order("transfer", points, step, now, recipient=self.members[step["to"]])
        self.journeys.transfer(order, scope=GROUP, now=now)

    def convert(self, points: int, step: Step, now: datetime) -> None:
        order = self._order("conversion", points, step, now, target=step["to"])
        self.journeys.convert(order, scope=GROUP, now=now)

    def adjust(self, points: str, step: Step, now: datetime) -> None:
        order = self._order("adjustment", int(points), step, now, reason="goodwill", actor="staff-7")
        self.points.adjust(order, scope=GROUP, now=now)

    def end(self, points: int, step: Step, now: datetime) -> None:
        order = self._order("expiry", points, step, now, reason="mistake", actor="staff-7")
        self.points.adjust(order, scope=GROUP, now=now)

    def reinstate(self, days: int, step: Step, now: datetime) -> None:
        currency = step.get("currency", "points")
        ended = [each for each in self._entries(self._member(step), currency) if each.type is EntryType.EXPIRE]
        order = self._order("reinstatement", 0, step, now, reason="illness", actor="staff-7", entry=ended[-1].id)
        self.points.reinstate(replace(order, lasts=timedelta(days=days)), scope=GROUP, now=now)

    def grant(self, tier: str, step: Step, now: datetime) -> None:
        until = self.instant(step["until"]) if "until" in step else None
        given = Grant(grant_id("maru", now.isoformat()), tier, now, until, "maru", "a good friend", "staff-7")
        self.tiers.grant(self._member(step), given, now)

    def publish(self, changes: Any, _: Step, now: datetime) -> None:
        self.program = program_of(merged(self.document, changes), self.program.version + 1)
        self.shop.programs.publish(self.program, now)

    def at_once(self, steps: Sequence[Step], _: Step, now: datetime) -> None:
        """Each in its own thread; the first refusal is the answer."""
        named = [{"receipt": f"at-once-{n}", "as": f"at-once-{n}", **step} for n, step in enumerate(steps)]
        for answer in at_once([partial(self._do_one, step, now) for step in named]):
            if isinstance(answer, DomainError):
                raise answer

    def _do_one(self, step: Step, now: datetime) -> None:
        self.do(next(verb for verb in VERBS if verb in step), step, now)

    def _order(self, kind: Any, points: int, step: Step, now: datetime, **changes: Any) -> PointsCommand:
        return order(
            step.get("as", f"{kind} {now.isoformat()}"),
            points,
            type=kind,
            **{
                "member": self._member(step),
                "currency": step.get("currency", "points"),
                "brand": _brand(step),
                "store": None,
                "booked_at": now,
                **changes,
            },
        )

    def _found(self, step: Step) -> FoundMember:
        """Who is meant, by the identity of a ``card`` where one is shown."""
        if "card" in step:
            return self.people.by(IDENTITIES[step["card"]])
        return FoundMember(self._member(step), presented=True)

    def _member(self, step: Step) -> MemberId:
        return self.members[step.get("member", "mei")]

    def _named(self, name: str, step: Step) -> Digest:
        return command_id(_brand(step), name)

    def _arrival(self, step: Step, now: datetime) -> datetime:
        return self.instant(step["arrived"]) if "arrived" in step else now

    def _entries(self, member: MemberId, currency: str) -> list[Entry]:
        return list(all_items(lambda after: self.shop.wallets.entries(member, currency, after=after)))

    def _lot(self, lot: Lot, now: datetime) -> str:
        since = f" from {self.shown(lot.active_at)}" if lot.active_at > now else ""
        until = f" until {self.shown(lot.expires_at)}" if lot.expires_at else ""
        return f"{lot.remaining}{since}{until}"

    # --- what came of it ---

    def news(self) -> list[Entry]:
        """The entries that were written since it was last asked."""
        fresh: list[Entry] = []
        for wallet in sorted(
            self.shop.table.all(Wallet), key=lambda each: (self.names[each.member] != "mei", each.currency)
        ):
            key = (wallet.member, wallet.currency)
            entries = [each for each in self._entries(*key) if each.version > self._seen.get(key, 0)]
            self._seen[key] = max([self._seen.get(key, 0), *(each.version for each in entries)])
            fresh += entries
        return fresh

    def said(self, entry: Entry) -> str:
        """An entry in words: ``earn +10``; what is not Mei's, or not of the home currency, says so."""
        words = f"{entry.type} {entry.amount:+d}"
        if entry.type is EntryType.ACTIVATE:
            words = f"{entry.type} {entry.amount}"
        words += f", waived {entry.waived}" if entry.waived else ""
        words += f", owes {entry.debt:+d}" if entry.debt else ""
        words += f" {entry.currency}" if entry.currency != self.program.home_currency else ""
        name = self.names[entry.member]
        return words if name == "mei" else f"{name}: {words}"

    def balance(self, step: Step, now: datetime) -> dict[str, int]:
        view = self.points.view(self._member(step), step.get("currency"), at=None, as_of=None, brand=GROUP, now=now)
        return dict(view.balance._asdict())

    def lots(self, step: Step, now: datetime) -> list[str]:
        """``40 until 2026-04-01 00:00``: by number, as the programme's clocks show it."""
        view = self.points.view(self._member(step), step.get("currency"), at=None, as_of=None, brand=GROUP, now=now)
        return [self._lot(lot, now) for lot in view.lots if lot.remaining]

    def tier(self, step: Step, now: datetime) -> dict[str, Any]:
        """The tier ``is``, its next ``review`` and the end of its ``grace``, and what is ``missing`` for the next."""
        outlook = self.tiers.view(self._member(step), GROUP, now)
        ahead = outlook.prospect
        return {
            "is": outlook.interval.tier,
            "because": outlook.interval.cause.value,
            "review": self.shown(ahead.review_at if ahead else None),
            "grace": self.shown(ahead.grace_until if ahead else None),
            "progress": ahead and ahead.progress,
            "missing": ahead and ahead.next and ahead.next.missing,
            "warned": self.shown(ahead.warned_at if ahead else None),
        }

    def returns(self) -> dict[str, Any]:
        """What the till hands out for the latest refund, and what became of it."""
        refund = self.last_refund
        return {"money": refund.money, "points": refund.points, "state": refund.status.value} if refund else {}

    def offers(self) -> dict[str, Any]:
        """What the latest quote says: what the sale earns, the most points that can pay, and what these are worth."""
        if self.last_quote is None:
            return {}
        (points,) = self.last_quote.payable
        return {
            "earns": sum(each.amount for each in self.last_quote.entries),
            "most": points.most,
            "money": points.money,
        }

    def outcomes(self, entries: Sequence[Entry]) -> dict[str, str]:
        """What each rule said: ``+10``, ``+5, cut 3 by day`` or ``no: weekdays``."""
        return {each.rule: _outcome(each) for entry in entries for each in entry.explanation}

    def contradictions(self) -> list[str]:
        """E13: what does not add up, in any wallet."""
        return [
            said
            for wallet in self.shop.table.all(Wallet)
            for said in discrepancies(
                wallet, self._entries(wallet.member, wallet.currency), lambda _: self.program.zone
            )
        ]

    def instant(self, text: str) -> datetime:
        """As the programme's clocks show it, where no offset is given."""
        written = datetime.fromisoformat(text)
        local = written if written.tzinfo else written.replace(tzinfo=self.program.zone)
        return local.astimezone(UTC)

    def shown(self, instant: datetime | None) -> str:
        return instant.astimezone(self.program.zone).strftime("%Y-%m-%d %H:%M") if instant else "never"


def _brand(step: Step) -> str:
    return str(step.get("brand", "maru"))


def _line(sku: str, what: Any) -> Line:
    """``1000`` is the amount of one piece, ``3 x 100`` of three."""
    pieces, _, price = str(what).rpartition(" x ")
    quantity = int(pieces or 1)
    return Line(sku, sku if sku in CATEGORIES else None, quantity * PIECE, quantity * int(price), 0)


def _outcome(outcome: RuleOutcome) -> str:
    said = f"no: {outcome.failed}" if outcome.failed else f"{outcome.points:+d}"
    if outcome.failed in {EXCLUDED, OUTDONE}:
        said = f"{said} by {outcome.found}"
    return f"{said}, cut {outcome.cut} by {outcome.cut_by}" if outcome.cut_by else said


def _no_pause(_: int) -> None:
    """Races are lost in no time here."""


VERBS: Mapping[str, Callable[[Stage, Any, Step, datetime], None]] = {
    "buy": Stage.buy,
    "claim": Stage.claim,
    "quote": Stage.quote,
    "refund": Stage.refund,
    "move": Stage.move,
    "visit": Stage.visit,
    "redeem": Stage.redeem,
    "reverse": Stage.reverse,
    "hold": Stage.hold,
    "capture": Stage.capture,
    "release": Stage.release,
    "give": Stage.give,
    "convert": Stage.convert,
    "adjust": Stage.adjust,
    "end": Stage.end,
    "reinstate": Stage.reinstate,
    "grant": Stage.grant,
    "publish": Stage.publish,
    "merge": Stage.merge,
    "unmerge": Stage.unmerge,
    "at_once": Stage.at_once,
}
"""What a step can do; one that does none of it lets the clock come by."""

"""Erasures for tests: Mei with everything that may be known of somebody, over stores in memory or any others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from huitou.erasing.model import Erasure
from huitou.erasing.ports import ErasureStore, Traces
from huitou.erasing.service import Erased, Erasures
from huitou.erasing.store import TableErasures, TableTraces
from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import Digest, MemberId, digest_of
from huitou.members.consents import Word
from huitou.members.model import ConsentKey, Profile
from huitou.outbox.decisions import suppress
from huitou.outbox.dispatching import ERASED
from huitou.program.model import GROUP
from huitou.purchases.refunds import LineAsked
from huitou.purchases.standing import MemberFacts
from huitou.rewards.decisions import use
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_erasing import MemoryErasures, MemoryTraces
from huitou.standing.model import Grant
from huitou.standing.service import Tiers
from huitou.verifying.model import Verification
from tests.builders import document, program
from tests.coupons import coupon, coupons_on, used
from tests.ledger import order
from tests.members import HASHER, MEI_EMAIL, MEI_PHONE
from tests.merging import TIERS, TwoRecords
from tests.outbox import outbox_on, planned, verifications_on
from tests.purchases import NOON, SOON, Shop, bill, booking, bread, return_of

NEXT_DAY = NOON + timedelta(days=1)
SAID = "for Mei's birthday"
PROVEN = digest_of(["her mailbox"])
LED_TO = "name=Mei"
MEI_SAYS = (
    SAID,
    PROVEN,
    LED_TO,
    "王小美",
    "mei@example.com",
    "0912345678",
    "912345678",
    "a table for her birthday",
    "at the till",
    "2345678ABC",
)
"""What tells who Mei is."""


class Forgetting(TwoRecords):
    """Also erasures."""

    def __init__(self, table: Any = None, kind: type[Shop] = Shop) -> None:
        super().__init__(kind(program(document(tiers=TIERS)), table))
        self.listed, traces = _stores(self.shop.table)
        self.erasures = Erasures(
            erasures=self.listed,
            traces=traces,
            members=self.members,
            wallets=self.shop.wallets,
            standings=self.shop.standings,
            programs=self.shop.programs,
            hasher=HASHER,
            commit=self.shop.table.commit,
            pause=lambda _: None,
        )

    def erase(self, member: MemberId) -> Erased:
        return self.erasures.erase(Erasure(member, "asked for it", "staff-7", None, NEXT_DAY))

    def end_what_waits(self, member: MemberId) -> None:
        """As the dispatcher ends what was planned for who is forgotten."""
        outbox = outbox_on(self.shop.table)
        for message in outbox.of_members([member], None, after=None, limit=9).items:
            if message.due_at:
                self.shop.table.commit([outbox.save(message, suppress(message, ERASED, NEXT_DAY))])

    def mei(self) -> MemberId:
        """With everything that may be known of somebody."""
        profile = Profile(name="王小美", birthday=date(1990, 3, 4))
        mei = self.enrol(MEI_PHONE, MEI_EMAIL, brand="maru", now=NOON, profile=profile)
        about = ConsentKey(MessageChannel.SMS, "group", "offers")
        self.consents.give(mei, about, Word(True, "said at the till"), "group", NOON)
        self.enrolment.tag(mei, "vip", "maru", NOON)
        self.shop.sell(bill("A-1", client_reference=SAID), mei)
        told = {"note": "a table for her birthday"}
        message = replace(
            planned(),
            id=planned().id._replace(member=mei),
            client_reference=SAID,
            proves=PROVEN,
            targets=(f"https://huitou.example/for?{LED_TO}",),
        )
        self.shop.table.commit(outbox_on(self.shop.table).add(message))
        given = coupon(id=coupon().id._replace(member=mei))
        self.shop.table.commit(coupons_on(self.shop.table).add(use(given, used("K-1", client_reference=SAID))))
        verification = Verification(message.id, MEI_EMAIL, "maru", NOON)
        self.shop.table.commit([verifications_on(self.shop.table).save(verification)])
        self.shop.visit(booking(member=mei, brand="maru", store="m1", data=told, client_reference=SAID))
        return mei

    def talk_about(self, mei: MemberId) -> None:
        """What staff and clients write beside refunds, points and tiers."""
        sold = self.shop.sell(bill("A-2", bread(3000)), mei).purchase
        self.shop.refund(return_of(sold, "R-1", LineAsked(0, None, 500), reason=SAID, client_reference=SAID))
        use, words = self.shop.ledger.use, {"reason": SAID, "actor": "staff-7", "client_reference": SAID}
        now, lasts = NOON + 2 * SOON, timedelta(days=9)
        use.adjust(order("A", 5, type="adjustment", member=mei, **words), scope=GROUP, now=now)
        ended = use.adjust(order("X", 5, type="expiry", member=mei, **words), scope=GROUP, now=now)
        good = order("C", 0, type="reinstatement", member=mei, entry=ended.entry.id, lasts=lasts, **words)
        use.reinstate(good, scope=GROUP, now=now)
        tiers = Tiers(
            MemberFacts(self.shop.states, self.shop.programs),
            self.shop.standings,
            self.shop.programs,
            self.shop.table.commit,
            lambda _: None,
        )
        tiers.grant(mei, Grant(Digest("G" * 26), "gold", now, None, "maru", SAID, "staff-7"), now)


def _stores(table: Any) -> tuple[ErasureStore, Traces]:
    if isinstance(table, MemoryTable):
        return MemoryErasures(table), MemoryTraces(table)
    return TableErasures(table), TableTraces(table)

"""E18, E14: what happens when the table fails, or when many want the same member at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from huitou.kernel.commits import ATTEMPTS, Commit, StaleReadError, Write
from huitou.kernel.errors import ContentionError, UnavailableError
from huitou.kernel.ids import MemberId
from huitou.members.directory import FoundMember
from huitou.points.decisions import MOST_SETTLED, Decision
from huitou.points.wallet import Entry
from huitou.program.document import MOST_CURRENCIES
from huitou.purchases.service import AlreadyClaimedError, Purchases, Recorded
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_budgets import MemoryBudgets
from huitou.simulator.memory_points import MemoryWallets
from tests.builders import MEI, document, lot, program, rule
from tests.builders import wallet as a_wallet
from tests.purchases import LIN, NOON, Shop, at_once, bill, booking, bread

TILLS = 10


class Failing:
    """A commit that fails as ``plan`` says, then works: ``before`` or ``after`` the write really happened."""

    def __init__(self, commit: Commit, *plan: str) -> None:
        self._commit = commit
        self._plan = list(plan)

    def __call__(self, writes: Sequence[Write]) -> None:
        fault = self._plan.pop(0) if self._plan else "none"
        if fault == "stale":
            raise StaleReadError("Another change of the same item is under way.")
        if fault != "before":
            self._commit(writes)
        if fault != "none":
            raise UnavailableError("The table did not answer in time.")


def shop(*plan: str) -> Shop:
    table = MemoryTable()
    opened = Shop(table=table, commit=Failing(table.commit, *plan))
    opened.enrol(MEI)
    opened.enrol(LIN)
    return opened


Call = Callable[[Shop], object]
COMMANDS: dict[str, Call] = {
    "a sale": lambda huitou: huitou.sell(bill()).purchase,
    "a sale to nobody": lambda huitou: huitou.sell(bill(), None).purchase,
    "a visit": lambda huitou: huitou.visit(booking()).visit,
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_write_that_did_not_happen_changes_nothing_and_may_be_repeated(command: Call) -> None:
    """E14: 503, and the same call again does it once."""
    huitou, untroubled = shop("before"), shop()
    kept = huitou.everything()

    with pytest.raises(UnavailableError):
        command(huitou)

    assert huitou.everything() == kept
    assert command(huitou) == command(untroubled)
    assert huitou.everything() == untroubled.everything()


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_write_that_happened_without_an_answer_is_found_and_answered(command: Call) -> None:
    """E14: the caller gets its answer at once, and nothing happens twice."""
    huitou, untroubled = shop("after"), shop()

    assert command(huitou) == command(untroubled)
    assert huitou.everything() == untroubled.everything()


@pytest.mark.parametrize("fault", ["before", "after", "stale"])
def test_a_claim_survives_the_same_faults(fault: str) -> None:
    """E14, M40."""
    huitou = shop("none", fault)
    huitou.sell(bill(), None)

    if fault == "before":
        with pytest.raises(UnavailableError):
            huitou.claim(bill())
    huitou.claim(bill())

    assert huitou.claim(bill()).replayed
    assert huitou.points() == 10
    assert huitou.ledger.contradictions() == []


class Lagging(MemoryWallets):
    """Shows an entry only when it is asked for a second time: a transaction's items may appear one by one."""

    asked = 0

    def entry(self, member: MemberId, currency: str, version: int) -> Entry | None:
        self.asked += 1
        return super().entry(member, currency, version) if self.asked > 1 else None


def test_a_purchase_that_is_being_written_is_read_again() -> None:
    """E14, E18: who repeats the sale in that very moment waits for its answer; who only reads is told to come back."""
    huitou = shop()
    first = huitou.sell(bill())

    def lagging() -> Purchases:
        table = huitou.table
        return Purchases(
            huitou.purchases,
            Lagging(table),
            huitou.programs,
            table.commit,
            lambda _: None,
            budgets=MemoryBudgets(table),
            states=huitou.states,
            standings=huitou.standings,
            commands=huitou.ledger.commands,
            refunds=huitou.refunds_kept,
            segments=huitou.judged,
        )

    again = lagging().record(bill(), FoundMember(MEI, presented=True), bill().received_at)

    assert again == replace(first, replayed=True)
    with pytest.raises(ContentionError):
        lagging().get(first.purchase.id, "maru")


def test_a_sale_after_a_long_silence_of_the_clock_books_all_that_fell_due() -> None:
    """E18, E5: more than one commit can hold is booked in several, the sale in the last of them."""
    year = {"id": "points", "name": "Points", "expiry": {"type": "rolling_days", "days": 365}}
    huitou = Shop(program(document(point_currencies=[year], earning=[rule()])))
    huitou.enrol()
    for day in range(120):
        huitou.sell(bill(f"A-{day}", occurred_at=NOON + timedelta(days=day)))

    recorded = huitou.sell(bill("B-1", occurred_at=NOON + timedelta(days=500)))

    assert [(entry.amount, entry.balance.spendable) for entry in recorded.entries] == [(10, 10)]
    assert [kind for kind, _ in huitou.ledger.story()] == ["earn"] * 120 + ["expire"] * 120 + ["earn"]
    assert huitou.ledger.contradictions() == []


def test_who_is_overtaken_decides_again() -> None:
    """E18: a lost race is no error."""
    huitou = shop(*["stale"] * (ATTEMPTS - 1))

    assert not huitou.sell(bill()).replayed
    assert huitou.points() == 10


def test_who_is_always_overtaken_is_told_to_come_back() -> None:
    """E18: nothing lost, nothing done."""
    huitou = shop(*["stale"] * ATTEMPTS)
    kept = huitou.everything()

    with pytest.raises(ContentionError):
        huitou.sell(bill())

    assert huitou.everything() == kept


def crowded() -> Shop:
    """A shop whose table takes its time, so that all read before one writes."""
    table = MemoryTable()

    def slow(writes: Sequence[Write]) -> None:
        time.sleep(0.002)
        table.commit(writes)

    opened = Shop(table=table, commit=slow)
    opened.enrol(MEI)
    opened.enrol(LIN)
    return opened


def test_ten_tills_sell_to_one_member_at_once() -> None:
    """E18: all succeed, nothing is lost."""
    huitou = crowded()
    bills = [bill(f"A-{till}", bread(1000 + till * 100)) for till in range(TILLS)]

    answers = at_once([lambda sold=sold: huitou.sell(sold) for sold in bills])  # type: ignore[misc]

    assert all(isinstance(answer, Recorded) and not answer.replayed for answer in answers)
    assert huitou.points() == sum(10 + till for till in range(TILLS))
    assert [entry.version for entry in huitou.ledger.entries()] == list(range(2, TILLS + 2))
    assert huitou.ledger.contradictions() == []


def test_one_receipt_from_ten_tills_at_once_earns_once() -> None:
    """E14, E18: one first answer, nine replays, all alike."""
    huitou = crowded()

    answers = at_once([lambda: huitou.sell(bill())] * TILLS)

    recorded = [answer for answer in answers if isinstance(answer, Recorded)]
    assert sorted(answer.replayed for answer in recorded) == [False] + [True] * (TILLS - 1)
    assert len({answer.purchase.id for answer in recorded}) == 1
    assert huitou.points() == 10


def test_one_receipt_claimed_by_two_at_once_is_somebodys_once() -> None:
    """M40, E18."""
    huitou = crowded()
    huitou.sell(bill(), None)

    members = [MEI, LIN] * (TILLS // 2)
    answers = at_once([lambda member=member: huitou.claim(bill(), member) for member in members])  # type: ignore[misc]

    recorded = [answer for answer in answers if isinstance(answer, Recorded)]
    assert len(recorded) == TILLS // 2
    assert len({answer.purchase.member for answer in recorded}) == 1
    assert all(isinstance(answer, Recorded | AlreadyClaimedError) for answer in answers)
    assert huitou.points(MEI, now=NOON.replace(hour=23)) + huitou.points(LIN, now=NOON.replace(hour=23)) == 10


def test_a_sale_that_changes_many_wallets_books_in_parts_what_fell_due_in_all_of_them() -> None:
    """A commit holds all wallets of a sale, so what is overdue in them counts together."""
    kinds = [f"stamps-{number}" for number in range(MOST_CURRENCIES - 2)]
    endless = [{"id": kind, "name": "Stamps", "expiry": {"type": "never"}} for kind in kinds]
    rules = [rule(id=kind, currency=kind) for kind in kinds]
    huitou = Shop(program(document(point_currencies=[*document()["point_currencies"], *endless], earning=rules)))
    huitou.enrol(MEI)
    daily = tuple(lot(number, expires_at=NOON - timedelta(days=number)) for number in range(1, MOST_SETTLED + 1))
    for kind in kinds:
        opened = a_wallet(*daily, currency=kind, version=1, brands={})
        huitou.table.commit(huitou.wallets.save(replace(opened, version=0), Decision(opened, ())))

    huitou.sell(bill())

    assert [huitou.points(currency=kind) for kind in kinds] == [10] * len(kinds)

"""What `WalletStore` promises, and the ledger over it, on every kind of table (E13, E14, E16, E18)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.facts import Fact
from huitou.kernel.ids import digest_of
from huitou.platform.pauses import pause
from huitou.points.decisions import Adjust, Decision, InsufficientPointsError, decide, join, touch
from huitou.points.wallet import Balance, Cause, Debt, Hold, LotChange
from tests.builders import MEI, OPENED, at, lot, wallet
from tests.contract.conftest import SideBySide
from tests.contract.targets import AnyTable
from tests.ledger import Ledger, points_program

NOON = at("2026-03-02 12:00")
LATER = NOON + timedelta(hours=1)
EXPIRY = {"type": "rolling_days", "days": 90}


@pytest.fixture
def ledger(table: AnyTable) -> Ledger:
    """A member with an empty wallet."""
    opened = Ledger(points_program(EXPIRY, pending_days=1), table, pause=pause)
    opened.open()
    return opened


def test_a_wallet_is_loaded_as_it_was_saved(ledger: Ledger) -> None:
    """With pending, endless, sliding lots, brands and the latest activity."""
    lots = (
        lot(1),
        lot(2, expires_at=at("2026-04-02 00:00"), sliding_days=30),
        lot(3, active_at=at("2026-03-09 00:00"), expires_at=at("2026-06-08 00:00"), pending=True, issuer="sora"),
    )
    saved = wallet(*lots, version=2, last_activity=NOON, recorded_at=LATER)

    ledger.commit(ledger.wallets.save(ledger.wallet(), Decision(saved, ())))

    assert ledger.wallet() == saved


def test_holds_debts_counters_and_facts_are_loaded_as_they_were_saved(ledger: Ledger) -> None:
    saved = wallet(
        lot(1),
        version=2,
        holds=(
            Hold(digest_of(["h"]), "maru", (LotChange(-5, lot(1)), LotChange(-100, lot(2, 0))), LATER),
            Hold(digest_of(["i"]), "sora", (LotChange(-7, lot(2, 0, sliding_days=30, expires_at=LATER)),), LATER),
        ),
        debts=(Debt(f"{MEI}-01JPURCHASE", "maru", 50), Debt(f"{MEI}-01JPURCHASF", "sora", 3)),
        counters={"double/d2026-03-02": 40, "double/l": 0},
        bought={"maru": 2, "sora": 1},
        unseen=(Fact(NOON, NOON, 1200, 1, 12), Fact(NOON, LATER, -1200, -1, -12)),
        folds=3,
        earned_since=40,
    )

    ledger.commit(ledger.wallets.save(ledger.wallet(), Decision(saved, ())))

    assert ledger.wallet() == saved


def test_no_wallet_is_there_before_it_is_opened(ledger: Ledger) -> None:
    assert ledger.wallets.load(MEI, "beans") is None
    assert set(ledger.wallets.load_all(MEI)) == {"points"}
    assert ledger.wallets.load_all(MEI[:-1] + "Z") == {}  # type: ignore[arg-type]


def test_a_wallet_is_opened_once(ledger: Ledger) -> None:
    with pytest.raises(StaleReadError):
        ledger.open()


def test_all_wallets_of_a_member_come_in_one_read(ledger: Ledger) -> None:
    ledger.earn(5, NOON)
    ledger.earn(7, NOON, currency="beans", brand="sora")

    wallets = ledger.wallets.load_all(MEI)

    assert {currency: sum(lot.remaining for lot in each.lots) for currency, each in wallets.items()} == {
        "points": 5,
        "beans": 7,
    }


def test_a_save_over_a_newer_wallet_is_refused(ledger: Ledger) -> None:
    """E18: and writes nothing, neither wallet nor entries."""
    before = ledger.wallet()
    ledger.earn(5, NOON)
    command = Adjust(9, "maru", "goodwill", "staff-7", Cause("adjustment", "a"))

    with pytest.raises(StaleReadError):
        ledger.commit(ledger.wallets.save(before, decide(before, command, ledger.program, NOON)))

    assert ledger.story() == [("earn", 5)]


def test_a_fact_that_moves_no_points_makes_a_version_without_an_entry(ledger: Ledger) -> None:
    before = ledger.wallet()

    ledger.commit(ledger.wallets.save(before, Decision(touch(join(before, "kaze", NOON), NOON), ())))

    assert ledger.wallet().version == before.version + 1
    assert ledger.wallet().brands["kaze"] == NOON
    assert ledger.entries() == []


def test_entries_come_back_as_they_were_booked(ledger: Ledger) -> None:
    """M12: with lots, cause, explanation, reason and actor."""
    booked = [*ledger.earn(50, NOON).entries, ledger.adjust(5, LATER).entry]

    assert ledger.entries() == booked
    assert ledger.wallets.entry(MEI, "points", booked[1].version) == booked[1]
    assert ledger.wallets.entry(MEI, "points", 99) is None


def test_entries_are_paged_in_both_directions(ledger: Ledger) -> None:
    for number in range(5):
        ledger.earn(number, NOON + timedelta(minutes=number))
    versions = [entry.version for entry in ledger.entries()]

    for newest_first in (False, True):
        seen: list[int] = []
        after = None
        while True:
            page = ledger.wallets.entries(MEI, "points", after=after, limit=2, newest_first=newest_first)
            seen += [entry.version for entry in page.items]
            after = page.next_cursor
            if after is None:
                break
        assert seen == (versions[::-1] if newest_first else versions)


@pytest.mark.parametrize("lots", [21, 70])
def test_more_lots_than_an_item_holds_come_back_whole(ledger: Ledger, lots: int) -> None:
    for number in range(lots):
        ledger.earn(10, NOON + timedelta(minutes=number))
    spending = at("2026-03-04 12:00")

    ledger.redeem(10 * lots - 25, spending)

    assert [(each.number, each.remaining) for each in ledger.wallet().lots] == [
        (lots - 2, 5),
        (lots - 1, 10),
        (lots, 10),
    ]
    assert ledger.contradictions() == []


def test_the_past_is_read_from_entries(ledger: Ledger) -> None:
    ledger.earn(50, NOON)
    spending = at("2026-03-04 12:00")
    ledger.redeem(20, spending)

    assert ledger.balance(spending, NOON) == Balance(0, 50)
    assert ledger.balance(spending, at("2026-03-03 00:00")) == Balance(50, 0)
    assert ledger.balance(spending) == Balance(30, 0)


def test_forty_redemptions_against_a_balance_for_fourteen_leave_fourteen(
    ledger: Ledger, side_by_side: SideBySide
) -> None:
    """E18: nothing lost, never below zero."""
    ledger.earn(14 * 7 + 3, NOON)
    spending = at("2026-03-04 12:00")

    booked = side_by_side(40, lambda number: ledger.redeem(7, spending, f"key {number}"))

    assert [type(each) for each in booked if isinstance(each, Exception)] == [InsufficientPointsError] * 26
    assert ledger.balance(spending) == Balance(3, 0)
    assert ledger.contradictions() == []


def test_first_uses_of_a_currency_side_by_side_open_one_wallet(ledger: Ledger, side_by_side: SideBySide) -> None:
    outcomes = side_by_side(6, lambda number: ledger.earn(5, OPENED + timedelta(minutes=number), currency="beans"))

    assert [each for each in outcomes if isinstance(each, Exception)] == []
    assert ledger.wallet("beans").balance(NOON) == Balance(30, 0)
    assert ledger.contradictions("beans") == []

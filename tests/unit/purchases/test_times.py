"""E20, E32: what counts is when it happened, within the limits of clocks and of the programme."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from huitou.points.wallet import Balance
from huitou.program.acceptance import CLOCK_SKEW, InFutureError, TooLateError
from tests.builders import at, document, program, rule
from tests.purchases import NOON, SOON, Shop, bill, booking

MOMENT = timedelta(milliseconds=1)
LIMIT = timedelta(days=30)


def shop(**changes: object) -> Shop:
    opened = Shop(program(document(late_limit_days=LIMIT.days, **changes)))
    opened.enrol()
    return opened


def currency(**changes: object) -> dict[str, object]:
    return {"id": "points", "name": "Points", "expiry": {"type": "never"}, **changes}


def test_a_sale_a_little_ahead_of_us_happened_now() -> None:
    """E32: up to 5 minutes ahead a till's clock is wrong, and ours counts."""
    huitou = shop()

    recorded = huitou.sell(bill(), now=NOON - CLOCK_SKEW)

    assert recorded.purchase.occurred_at == NOON - CLOCK_SKEW
    assert [entry.effective_at for entry in recorded.entries] == [NOON - CLOCK_SKEW]


def test_a_sale_that_was_clamped_is_the_same_sale_when_it_comes_again() -> None:
    """E32, E14: the receipt is the identity, not the time that we took for it."""
    huitou = shop()
    first = huitou.sell(bill(), now=NOON - CLOCK_SKEW)

    assert huitou.sell(bill(), now=NOON + SOON).purchase == first.purchase


def test_a_sale_further_ahead_is_refused() -> None:
    """E32."""
    huitou = shop()
    kept = huitou.everything()

    with pytest.raises(InFutureError):
        huitou.sell(bill(), now=NOON - CLOCK_SKEW - MOMENT)

    assert huitou.everything() == kept


@pytest.mark.parametrize(("late", "taken"), [(LIMIT, True), (LIMIT + MOMENT, False)])
def test_a_late_sale_is_taken_up_to_the_limit_of_the_programme(late: timedelta, *, taken: bool) -> None:
    """E32: beyond it, import is the way."""
    huitou = shop()

    if taken:
        assert huitou.sell(bill(), now=NOON + late).purchase.occurred_at == NOON
    else:
        with pytest.raises(TooLateError):
            huitou.sell(bill(), now=NOON + late)


@pytest.mark.parametrize("to_nobody", [True, False])
def test_sales_to_nobody_keep_the_same_limits(*, to_nobody: bool) -> None:
    """E32, M40."""
    huitou = shop()
    member = None if to_nobody else huitou.wallet().member

    with pytest.raises(TooLateError):
        huitou.sell(bill(), member, now=NOON + 2 * LIMIT)
    with pytest.raises(InFutureError):
        huitou.sell(bill(), member, now=NOON - LIMIT)


def test_a_late_sale_earns_by_the_clock_of_the_sale() -> None:
    """E20, E9: a Monday's bonus is for what was sold on Monday, at the store, whenever we hear of it."""
    monday = rule(id="monday", name="Monday", when={"weekdays": ["mon"], "hours": {"from": "11:00", "to": "13:00"}})
    huitou = shop(earning=[rule(), monday])

    (late,) = huitou.sell(bill(), now=NOON + timedelta(days=3)).entries

    assert late.amount == 20
    assert (late.effective_at, late.recorded_at) == (NOON, NOON + timedelta(days=3))


def test_a_late_sale_is_paid_by_the_programme_of_its_day() -> None:
    """E20, M12: what was promised at the till holds although another version is in force when we hear of it."""
    huitou = shop()
    huitou.programs.publish(program(document(earning=[rule(points="7")]), version=2), NOON + timedelta(days=1))

    late = huitou.sell(bill("A-1"), now=NOON + timedelta(days=2))
    prompt = huitou.sell(bill("A-2", occurred_at=NOON + timedelta(days=2)))

    assert [(sale.purchase.program_version, sale.entries[0].amount) for sale in (late, prompt)] == [(1, 10), (2, 70)]
    assert [sale.entries[0].program_version for sale in (late, prompt)] == [1, 2]


def test_a_store_that_the_programme_of_the_day_did_not_know_is_paid_by_the_one_in_force() -> None:
    """E20: a store that opened before anybody told the programme."""
    huitou = shop()
    stores = [*document()["stores"], {"id": "m9", "brand": "maru", "name": "Maru Ximen", "region": "north"}]
    huitou.programs.publish(program(document(stores=stores), version=2), NOON + timedelta(days=1))

    late = huitou.sell(bill("A-1", store="m9"), now=NOON + timedelta(days=2))

    assert (late.purchase.program_version, late.entries[0].amount) == (2, 10)


def test_points_of_a_late_sale_end_as_if_we_had_known_at_once() -> None:
    """E20, E9: through the 10th local day after the sale, not after its arrival."""
    huitou = shop(point_currencies=[currency(expiry={"type": "rolling_days", "days": 10})])

    huitou.sell(bill(), now=NOON + timedelta(days=9))

    (lot,) = huitou.wallet().lots
    assert (lot.active_at, lot.expires_at) == (NOON, at("2026-03-13 00:00"))


def test_points_of_a_late_sale_that_are_over_are_earned_and_expire_at_once() -> None:
    """E20: two entries, each with its own time, and nothing to spend."""
    huitou = shop(point_currencies=[currency(expiry={"type": "rolling_days", "days": 10})])

    recorded = huitou.sell(bill(), now=NOON + timedelta(days=20))

    booked = [(entry.type.value, entry.amount, entry.effective_at) for entry in huitou.ledger.entries()]
    assert booked == [("earn", 10, NOON), ("expire", -10, at("2026-03-13 00:00"))]
    assert [entry.type.value for entry in recorded.entries] == ["earn"]
    assert huitou.ledger.contradictions() == []


@pytest.mark.parametrize(
    ("arrived", "spendable", "pending"), [(NOON + timedelta(days=6), 0, 10), (NOON + timedelta(days=8), 10, 0)]
)
def test_the_cooling_off_of_a_late_sale_began_with_the_sale(arrived: datetime, spendable: int, pending: int) -> None:
    """M8, E20: pending for seven local days from the sale; what of it is over, is over."""
    huitou = shop(point_currencies=[currency(pending_days=7)])

    huitou.sell(bill(), now=arrived)

    assert huitou.wallet().balance(arrived) == Balance(spendable, pending)
    assert huitou.ledger.contradictions() == []


def test_a_late_sale_does_not_change_what_was_decided_before_it() -> None:
    """E7, E20: entries are added, never touched."""
    huitou = shop()
    huitou.sell(bill("A-2", occurred_at=NOON + timedelta(days=2)))
    before = huitou.ledger.entries()

    huitou.sell(bill("A-1"), now=NOON + timedelta(days=3))

    assert huitou.ledger.entries()[: len(before)] == before


def test_visits_keep_the_same_limits() -> None:
    """E32."""
    huitou = shop()

    with pytest.raises(InFutureError):
        huitou.visit(booking(), now=NOON - CLOCK_SKEW - MOMENT)
    with pytest.raises(TooLateError):
        huitou.visit(booking(), now=NOON + LIMIT + MOMENT)
    assert huitou.visit(booking(), now=NOON - SOON).visit.occurred_at == NOON - SOON

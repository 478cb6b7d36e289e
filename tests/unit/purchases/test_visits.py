"""Visits, bookings, check-ins and partner events: as idempotent as purchases (E14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.errors import ContentReusedError
from huitou.points.membership import MemberNotFoundError
from huitou.purchases.model import VisitType
from huitou.purchases.receipts import SourceEvent
from tests.builders import MEI, document, program
from tests.ledger import points_program
from tests.purchases import LIN, NOON, Shop, bill, booking

MONTHLY = {"id": "points", "name": "Points", "expiry": {"type": "rolling_days", "days": 30}}
LEAVES = {"id": "leaves", "name": "Leaves", "expiry": {"type": "sliding", "days": 30}}
BEANS = {"id": "beans", "name": "Beans", "brand": "sora", "expiry": {"type": "sliding", "days": 30}}
DAYS = timedelta(days=40)
"""Longer than points live by themselves."""


def shop() -> Shop:
    opened = Shop()
    opened.enrol(MEI)
    opened.enrol(LIN)
    return opened


def test_a_visit_is_kept_and_numbers_the_members_facts() -> None:
    """M5: it moves no points."""
    huitou = shop()
    before = huitou.wallet()

    seen = huitou.visit(booking())

    assert seen.visit == booking()
    assert huitou.wallet().version == before.version + 1
    assert huitou.ledger.entries() == []
    assert huitou.ledger.contradictions() == []


@pytest.mark.parametrize(
    ("kind", "alive"), [("visit", True), ("check_in", True), ("booking", False), ("partner", False)]
)
def test_who_was_there_keeps_sliding_points_alive(kind: str, alive: bool) -> None:
    """E5: a visit is an activity like a purchase; a booking alone is none."""
    huitou = Shop(points_program({"type": "sliding", "days": 30}))
    huitou.enrol(MEI)
    huitou.ledger.earn(50, NOON)

    later = NOON + timedelta(days=20)
    huitou.visit(replace(booking(), type=VisitType(kind), occurred_at=later), now=later)

    assert huitou.wallet().balance(NOON + timedelta(days=40)).spendable == (50 if alive else 0)
    assert huitou.ledger.contradictions() == []


@pytest.mark.parametrize(("brand", "alive"), [("maru", ["leaves"]), ("sora", ["beans", "leaves"])])
@pytest.mark.parametrize("activity", ["visit", "purchase", "redemption"])
def test_all_points_that_slide_follow_what_the_member_does(activity: str, brand: str, alive: list[str]) -> None:
    """E5: points of the group whatever happens anywhere, points of one brand what happens there."""
    huitou = Shop(program(document(point_currencies=[MONTHLY, LEAVES, BEANS])))
    huitou.enrol(MEI)
    for currency in ("points", "leaves", "beans"):
        huitou.ledger.earn(50, NOON, currency=currency)
    later, store = NOON + timedelta(days=20), {"maru": "m1", "sora": "s1"}[brand]

    if activity == "visit":
        visit = booking(type=VisitType.VISIT, brand=brand, store=store, occurred_at=later)
        huitou.visit(visit, now=later)
    elif activity == "purchase":
        bought = huitou.sell(bill(brand=brand, store=store, occurred_at=later))
        assert [entry.currency for entry in bought.entries] == ["points"]
    else:
        huitou.ledger.redeem(1, later, brand=brand, store=store)

    assert [name for name in ("beans", "leaves") if huitou.points(currency=name, now=NOON + DAYS)] == alive
    for currency in ("points", "leaves", "beans"):
        assert huitou.ledger.contradictions(currency) == []
        visits = [entry for entry in huitou.ledger.entries(currency) if entry.type == "visit"]
        assert len(visits) == (currency in alive)


def test_the_same_visit_again_is_a_replay() -> None:
    """E14: also years later."""
    huitou = shop()
    first = huitou.visit(booking())
    kept = huitou.everything()

    for now in (None, NOON + timedelta(days=1000)):
        again = huitou.visit(booking(), now=now)
        assert (again.visit, again.replayed) == (first.visit, True)
    assert huitou.everything() == kept


@pytest.mark.parametrize(
    "changes", [{"occurred_at": NOON - timedelta(hours=1)}, {"client_reference": "another"}], ids=["time", "reference"]
)
def test_what_is_not_content_may_differ(changes: dict[str, Any]) -> None:
    """E14."""
    huitou = shop()
    huitou.visit(booking())

    assert huitou.visit(replace(booking(), **changes)).replayed


@pytest.mark.parametrize(
    ("field", "value"),
    [("type", VisitType.CHECK_IN), ("member", LIN), ("store", None), ("data", {"guests": "2"})],
)
def test_other_content_is_refused_and_named(field: str, value: Any) -> None:
    """E14."""
    huitou = shop()
    huitou.visit(booking())
    kept = huitou.everything()

    with pytest.raises(ContentReusedError) as refusal:
        huitou.visit(replace(booking(), **{field: value}))

    assert [error.pointer for error in refusal.value.errors] == [f"/{field}"]
    assert huitou.everything() == kept


def test_a_visit_of_nobody_is_refused() -> None:
    """M5: an event without a member tells nothing."""
    with pytest.raises(MemberNotFoundError):
        Shop().visit(booking())


def test_brand_source_and_number_name_an_event_together() -> None:
    """E14: two systems may count alike."""
    named = {
        SourceEvent("sora", "tables", "1").digest,
        SourceEvent("maru", "tables", "1").digest,
        SourceEvent("sora", "taxi", "1").digest,
        SourceEvent("sora", "tables", "2").digest,
        SourceEvent("sora", "table", "s1").digest,
    }

    assert len(named) == 5


def test_the_id_of_a_visit_names_no_purchase() -> None:
    """E14: receipts and events share their shelf, not their names."""
    huitou = shop()
    huitou.visit(booking())

    assert huitou.purchases.find(booking().source) is None
    assert huitou.purchases.get(booking().id) is None

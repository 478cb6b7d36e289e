"""The money side (M13): what is owed for points, what became of them, and months that are closed for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import httpx
import pytest

from huitou.accounts.statements import next_month
from tests.e2e.calls import (
    Body,
    buy,
    created,
    enrol,
    found,
    keyed,
    now,
    redemption,
    refusal,
    sale,
    unique,
)
from tests.e2e.jobs import account, imported, ndjson
from tests.e2e.platform import Platform

FIRST_MONTH = "2025-01"
"""The first one that is closed here; on a stack that is used again, some are closed already."""


def total(rows: Sequence[Body], column: str, **where: str) -> Decimal:
    """The sum of a column over the rows that say so."""
    fitting = (row for row in rows if all(row[name] == value for name, value in where.items()))
    return sum((Decimal(row[column]) for row in fitting), Decimal(0))


# --- what is open ---


def test_liability_grows_by_what_is_earned_and_falls_by_what_is_spent(api: httpx.Client) -> None:
    """M13: counted over all members from entries alone; a past instant always reads the same."""
    before = account(api, "liability")
    member = enrol(api)
    buy(api, member, "5000")
    created(api.post("/v1/redemptions", json=redemption(member, "20", brand="sora"), headers=keyed()))
    after, again = account(api, "liability"), account(api, "liability", at=before["at"])
    open_points, open_before = (total(each["liability"], "spendable", currency="points") for each in (after, before))
    assert open_points - open_before == 30
    assert again["liability"] == before["liability"]
    assert total(after["liability"], "worth") == Decimal(after["worth"])


def test_all_that_was_issued_is_somewhere(api: httpx.Client) -> None:
    """M13, E13: per brand and month in which points began."""
    buy(api, enrol(api), "1000")
    rows = account(api, "breakage")["breakage"]
    assert total(rows, "issued", currency="points", issuer="maru") >= 10
    for row in rows:
        came = Decimal(row["issued"]) + Decimal(row["received"])
        went = ("redeemed", "expired", "taken_back", "repaid", "adjusted", "sent", "open")
        assert came == sum(Decimal(row[name]) for name in went), row


def test_points_spent_at_another_brand_are_owed_to_it_by_the_one_that_gave_them(api: httpx.Client) -> None:
    """M13: in the month that still runs; balances sum to zero."""
    month = f"{now():%Y-%m}"
    member = enrol(api)
    buy(api, member, "5000")
    before = account(api, "settlement", month=month)["settlement"]
    created(api.post("/v1/redemptions", json=redemption(member, "20", brand="sora"), headers=keyed()))
    after = account(api, "settlement", month=month)["settlement"]
    owed, owed_before = (
        total(each["lines"], "amount", payer="maru", payee="sora", reason="redemption") for each in (after, before)
    )
    assert owed - owed_before == 20
    assert total(after["balances"], "amount") == 0


# --- closing ---


@dataclass(frozen=True)
class Closing:
    """The first open month, with a gift that the group pays for, and how it was closed."""

    month: str
    report: Body
    closed: Body

    @property
    def path(self) -> str:
        return f"/v1/settlements/{self.month}"


def bring_a_gift(api: httpx.Client, month: str) -> None:
    """Somebody bought gift-1 for 1000 in that month: 100 leaves, worth 33. It comes by a file, today."""
    line = {"sku": "gift-1", "category": "bread", "amount": "1000"}
    card = {"card": unique("G-")}
    rows = [
        {"type": "member", "brand": "maru", "identities": [card]},
        {"type": "purchase", **sale(card, lines=[line], occurred_at=f"{month}-15T12:00:00+08:00")},
    ]
    assert imported(api, ndjson(rows))["counts"]["recorded"] == 1


def first_open_month(api: httpx.Client) -> str:
    month = FIRST_MONTH
    while api.get(f"/v1/settlements/{month}").is_success:
        month = next_month(month)
    return month


@pytest.fixture(scope="module")
def closing(api: httpx.Client) -> Closing:
    month = first_open_month(api)
    bring_a_gift(api, month)
    report = account(api, "settlement", month=month)
    order = {"account_id": report["account_id"], "reason": "checked with the books"}
    return Closing(month, report, found(api.post(f"/v1/settlements/{month}/close", json=order)))


def test_a_month_is_closed_as_its_report_shows_it(api: httpx.Client, closing: Closing) -> None:
    """M13: what the group funds it pays the brand; balances sum to zero."""
    (line,) = [each for each in closing.closed["lines"] if each["month"] == closing.month]
    assert (line["payer"], line["payee"], line["reason"]) == ("group", "maru", "campaign")
    assert (line["points"], line["amount"], line["late"]) == ("100", "33", False)
    assert total(closing.closed["balances"], "amount") == 0
    statement = {name: closing.closed[name] for name in ("month", "lines", "balances")}
    assert statement == closing.report["settlement"]
    assert (closing.closed["reason"], closing.closed["replayed"]) == ("checked with the books", False)


def test_closing_again_with_the_same_report_changes_nothing(
    api: httpx.Client, platform: Platform, closing: Closing
) -> None:
    """E14."""
    with platform.unchanged():
        again = found(api.post(f"{closing.path}/close", json={"account_id": closing.report["account_id"]}))
    assert again == {**closing.closed, "replayed": True}


def test_what_comes_late_goes_into_the_next_month_and_the_closed_one_stays(
    api: httpx.Client, platform: Platform, closing: Closing
) -> None:
    """M13: nothing is lost, nothing is told twice."""
    read = found(api.get(closing.path))
    bring_a_gift(api, closing.month)
    assert found(api.get(closing.path)) == read
    following = account(api, "settlement", month=next_month(closing.month))
    (line,) = following["settlement"]["lines"]
    assert (line["month"], line["late"], line["points"]) == (closing.month, True, "100")
    assert line["amount"] in {"33", "34"}  # rounded on the sum of all months
    refusal(
        api.post("/v1/accounts", json={"type": "settlement", "month": closing.month}, headers=keyed()),
        409,
        "month_closed",
    )
    with platform.unchanged():
        other = api.post(f"{closing.path}/close", json={"account_id": following["account_id"]})
        refusal(other, 422, "settlement_mismatch")


def test_months_are_closed_one_after_the_other_and_when_they_are_over(
    api: httpx.Client, platform: Platform, closing: Closing
) -> None:
    """M13."""
    running, later = f"{now():%Y-%m}", next_month(next_month(closing.month))
    reports = {month: account(api, "settlement", month=month)["account_id"] for month in (running, later)}
    with platform.unchanged():
        early = api.post(f"/v1/settlements/{running}/close", json={"account_id": reports[running]})
        refusal(early, 409, "month_not_over")
        skipping = api.post(f"/v1/settlements/{later}/close", json={"account_id": reports[later]})
        assert refusal(skipping, 409, "earlier_month_open")["next"] == next_month(closing.month)


def test_a_brand_does_not_see_what_the_others_owe(maru: httpx.Client, closing: Closing) -> None:
    """E31."""
    refusal(maru.get(closing.path), 403, "foreign_brand")
    refusal(maru.get(f"/v1/accounts/{closing.report['account_id']}"), 403, "foreign_brand")
    refusal(maru.post("/v1/accounts", json={"type": "liability"}, headers=keyed()), 403, "foreign_brand")

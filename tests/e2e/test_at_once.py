"""Many calls for one member at the same moment (E18): nothing lost, nothing twice, never below zero."""

from __future__ import annotations

from collections import Counter
from functools import partial

import httpx
import pytest

from tests.e2e.calls import (
    Body,
    a_phone,
    at_once,
    buy,
    created,
    enrol,
    enrolment,
    entries,
    found,
    keyed,
    redemption,
    refusal,
    sale,
    spendable,
)
from tests.e2e.platform import eventually


@pytest.fixture(scope="module", autouse=True)
def warm(api: httpx.Client) -> None:
    """As many processes of each function as may run have begun, so that no test waits for them."""
    member = enrol(api)

    def all_answer(path: str) -> bool:
        try:
            return all(answer.is_success for answer in at_once([partial(api.get, path)] * 12))
        except httpx.TimeoutException:  # while as many processes begin at once
            return False

    for part in ("", "/wallet", "/purchases"):
        assert eventually(partial(all_answer, f"/v1/members/{member}{part}"), seconds=240)


def test_forty_redemptions_against_a_balance_that_covers_fourteen(api: httpx.Client) -> None:
    """E18: exactly fourteen succeed, the others are told that the points do not suffice, and the rest is right."""
    member = enrol(api)
    buy(api, member, "14300")
    order = redemption(member, "10")
    answers = at_once([partial(api.post, "/v1/redemptions", json=order, headers=keyed()) for _ in range(40)])
    assert Counter(answer.status_code for answer in answers) == {201: 14, 409: 26}
    for answer in answers:
        if answer.status_code == 409:
            assert refusal(answer, 409, "insufficient_points")["spendable"] == "3"
    assert spendable(api, member) == "3"
    redeemed = [entry for entry in entries(api, member) if entry["type"] == "redeem"]
    assert len({entry["cause"]["id"] for entry in redeemed}) == len(redeemed) == 14


def test_ten_purchases_of_one_member_all_succeed(api: httpx.Client) -> None:
    """E18: after retries inside, not by the caller."""
    member = enrol(api)
    bills = [sale(member, f"{number}00") for number in range(1, 11)]
    answers = at_once([partial(api.post, "/v1/purchases", json=bill) for bill in bills])
    assert [answer.status_code for answer in answers] == [201] * 10
    assert spendable(api, member) == "55"
    told = entries(api, member)
    assert sorted(int(entry["points"]) for entry in told) == list(range(1, 11))
    assert len({entry["version"] for entry in told}) == 10


def test_two_racing_enrolments_with_one_phone_give_one_member(api: httpx.Client) -> None:
    """M1: the phone has one owner, whoever came first."""
    for _ in range(3):
        body = enrolment(identities=[{"phone": a_phone()}])
        first, second = at_once([partial(api.post, "/v1/members", json=body)] * 2)
        assert sorted([first.status_code, second.status_code]) == [200, 201]
        assert first.json()["member_id"] == second.json()["member_id"]


def test_twenty_deliveries_of_one_receipt_earn_once(api: httpx.Client) -> None:
    """E14, E21: one is the first, all others get its answer."""
    member = enrol(api)
    bill = sale(member, "700")
    answers = at_once([partial(api.post, "/v1/purchases", json=bill, headers=keyed()) for _ in range(20)])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
    assert len({_without(answer.json(), "replayed") for answer in answers}) == 1
    assert spendable(api, member) == "7"
    assert len(entries(api, member)) == 1


def test_of_racing_claims_of_one_receipt_one_wins(api: httpx.Client) -> None:
    """M40: a receipt is somebody's once."""
    bill = sale(amount="800")
    created(api.post("/v1/purchases", json=bill))
    receipt = {name: bill[name] for name in ("brand", "store", "terminal", "receipt", "occurred_at", "total")}
    members = [enrol(api) for _ in range(5)]
    answers = at_once(
        [partial(api.post, "/v1/purchases/claims", json={**receipt, "member": {"id": each}}) for each in members]
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 4}
    for answer in answers:
        if answer.status_code == 409:
            refusal(answer, 409, "already_claimed")
    assert sorted(spendable(api, member) for member in members) == ["0"] * 4 + ["8"]


def test_of_racing_reversals_one_gives_the_points_back(api: httpx.Client) -> None:
    """E16: also in the same millisecond."""
    member = enrol(api)
    buy(api, member, "2000")
    redeemed = created(api.post("/v1/redemptions", json=redemption(member, "20"), headers=keyed()))
    path = f"/v1/redemptions/{redeemed['redemption_id']}/reversal"
    answers = at_once([partial(api.post, path)] * 8)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 7}
    assert spendable(api, member) == "20"


def test_one_key_sent_at_once_redeems_once(api: httpx.Client) -> None:
    """E14: a till that sends again before it was answered."""
    member = enrol(api)
    buy(api, member, "2000")
    call = partial(api.post, "/v1/redemptions", json=redemption(member, "5"), headers=keyed())
    answers = at_once([call] * 8)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 7}
    assert spendable(api, member) == "15"
    identifier = answers[0].json()["redemption_id"]
    assert found(api.get(f"/v1/redemptions/{identifier}"))["points"] == "5"


def _without(body: Body, field: str) -> str:
    return str({name: value for name, value in body.items() if name != field})

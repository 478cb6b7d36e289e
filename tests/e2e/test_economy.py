"""What else points do, over HTTP: come back with a refund, pay at the till, go to others; tiers, merges."""

from __future__ import annotations

import time

import httpx

from tests.e2e.calls import (
    Body,
    a_phone,
    buy,
    created,
    enrol,
    entries,
    found,
    keyed,
    pointers,
    redemption,
    refund_of,
    refusal,
    sale,
    spendable,
    wallet,
)


def two_lines(member: str) -> Body:
    """Bread for 700 and tea for 300, which is 10 points and 30 leaves."""
    lines = [
        {"sku": "bread-1", "category": "bread", "quantity": "2", "amount": "700"},
        {"sku": "tea-1", "category": "tea", "amount": "300"},
    ]
    return sale(member, lines=lines)


def test_a_refund_by_line_and_then_of_the_rest_leaves_nothing(api: httpx.Client) -> None:
    """E1, E2: half of the bread, then all; each refund once, however often it is sent."""
    member = enrol(api)
    bill = two_lines(member)
    created(api.post("/v1/purchases", json=bill))
    part = refund_of(bill, {"line": 0, "quantity": "1"})
    first = created(api.post("/v1/refunds", json=part))
    assert (first["money_to_return"], spendable(api, member)) == ("350", "6")
    assert found(api.post("/v1/refunds", json=part))["replayed"]
    rest = created(api.post("/v1/refunds", json=refund_of(bill)))
    assert (rest["money_to_return"], spendable(api, member)) == ("650", "0")
    assert spendable(api, member, currency="leaves") == "0"
    refusal(api.post("/v1/refunds", json=refund_of(bill)), 409, "already_refunded")


def test_points_already_spent_are_owed_until_they_are_earned(api: httpx.Client) -> None:
    """E1: owed = taken + waived + debt; while there is debt nothing can be spent, and what comes repays first."""
    member = enrol(api)
    bill = sale(member)
    created(api.post("/v1/purchases", json=bill))
    created(api.post("/v1/redemptions", json=redemption(member, "5"), headers=keyed()))
    created(api.post("/v1/refunds", json=refund_of(bill)))
    assert (wallet(api, member)["spendable"], wallet(api, member)["debt"]) == ("0", "5")
    buy(api, member, "300")
    refusal(api.post("/v1/redemptions", json=redemption(member, "5"), headers=keyed()), 409, "outstanding_debt")
    buy(api, member, "1000")
    assert (wallet(api, member)["spendable"], wallet(api, member)["debt"]) == ("8", "0")


def test_a_refund_may_come_before_its_sale(api: httpx.Client) -> None:
    """E19: it waits, takes nothing by itself, and nets when the sale arrives."""
    member = enrol(api)
    bill = sale(member)
    waiting = api.post("/v1/refunds", json=refund_of(bill))
    assert (waiting.status_code, waiting.json()["status"]) == (202, "waiting")
    created(api.post("/v1/purchases", json=bill))
    assert spendable(api, member) == "0"


def test_points_held_at_a_till_are_captured_in_part_and_the_rest_comes_back(api: httpx.Client) -> None:
    """M9, E17."""
    member = enrol(api)
    buy(api, member, "4000")
    held = created(api.post("/v1/holds", json=redemption(member, "30"), headers=keyed()))
    assert (wallet(api, member)["spendable"], wallet(api, member)["held"]) == ("10", "30")
    created(api.post(f"/v1/holds/{held['hold_id']}/capture", json={"points": "20"}))
    assert (wallet(api, member)["spendable"], wallet(api, member)["held"]) == ("20", "0")
    refusal(api.post(f"/v1/holds/{held['hold_id']}/capture", json={"points": "25"}), 409, "same_identity_other_content")


def test_a_purchase_paid_in_part_with_points_earns_on_the_rest_and_is_refunded_in_both(api: httpx.Client) -> None:
    """E3: two figures; nothing is earned on what points paid."""
    member = enrol(api)
    buy(api, member, "10000")
    bill = sale(member, redemption={"points": "100"})
    basket = {field: bill[field] for field in ("member", "brand", "store", "currency", "lines", "total")}
    (offer,) = found(api.post("/v1/quotes", json=basket))["payable"]
    assert (offer["currency"], offer["maximum"]) == ("points", "100")
    paid = created(api.post("/v1/purchases", json=bill))
    assert spendable(api, member) == "9"
    assert paid["redemption"]["points"] == "100"
    back = created(api.post("/v1/refunds", json=refund_of(bill)))
    assert (back["money_to_return"], back["points_to_return"]) == ("900", "100")
    assert spendable(api, member) == "100"


def test_points_go_to_a_friend_and_leaves_become_points(api: httpx.Client) -> None:
    """M6, M11, E11: what does not convert evenly stays."""
    giver, friend = enrol(api), enrol(api)
    created(api.post("/v1/purchases", json=two_lines(giver)))
    gift = {"from": {"id": giver}, "to": {"id": friend}, "points": "4", "brand": "maru"}
    created(api.post("/v1/transfers", json=gift, headers=keyed()))
    assert (spendable(api, giver), spendable(api, friend)) == ("6", "4")
    change = {"member": {"id": giver}, "from": "leaves", "to": "points", "points": "29", "brand": "maru"}
    created(api.post("/v1/conversions", json=change, headers=keyed()))
    assert (spendable(api, giver), spendable(api, giver, currency="leaves")) == ("15", "3")


def test_a_sale_lifts_to_gold_and_the_next_one_is_sold_as_gold(api: httpx.Client) -> None:
    """M15, E7."""
    member = enrol(api)
    assert created(api.post("/v1/purchases", json=sale(member, "50000")))["tier"] == "basic"
    assert found(api.get(f"/v1/members/{member}/tier"))["tier"]["id"] == "gold"
    time.sleep(1.1)
    assert created(api.post("/v1/purchases", json=sale(member, "100")))["tier"] == "gold"


def test_every_entry_can_be_explained_in_both_languages(api: httpx.Client) -> None:
    """M12."""
    member = enrol(api)
    buy(api, member, "1000")
    entry = entries(api, member)[-1]["entry_id"]
    chinese = found(api.get(f"/v1/entries/{entry}/explanation", params={"language": "zh-TW"}))
    english = found(api.get(f"/v1/entries/{entry}/explanation", params={"language": "en"}))
    assert "10" in chinese["text"]
    assert "10" in english["text"]
    assert chinese["text"] != english["text"]


def test_two_cards_of_one_person_become_one_and_two_again(api: httpx.Client) -> None:
    """M2, E15: what was bought since with the other's number goes with it, and is refunded there."""
    phone = a_phone()
    mei, lin = enrol(api), enrol(api, identities=[{"phone": phone}])
    buy(api, mei, "1000")
    buy(api, lin, "500")
    order = {"survivor": mei, "absorbed": lin, "reason": "One person with two cards", "actor": "staff-7"}
    merge = created(api.post("/v1/merges", json=order, headers=keyed()))
    assert spendable(api, mei) == spendable(api, lin) == "15"
    bill = sale({"phone": phone}, "300")
    since = created(api.post("/v1/purchases", json=bill))
    assert (since["member_id"], spendable(api, mei)) == (lin, "18")
    undone = created(api.post(f"/v1/merges/{merge['merge_id']}/reversal", json={"reason": "No", "actor": "staff-7"}))
    assert undone["points"] == [{"currency": "points", "came": "5", "earned": "3", "returned": "8", "kept": "0"}]
    assert (spendable(api, mei), spendable(api, lin)) == ("10", "8")
    refund = created(api.post("/v1/refunds", json=refund_of(bill)))
    assert (refund["member_id"], spendable(api, mei), spendable(api, lin)) == (lin, "10", "5")


def test_the_survivor_answers_for_what_the_other_card_did(api: httpx.Client) -> None:
    """E14, E15, E25: its redemption is known and reversed, its sale refunded; erased, both names answer 410."""
    mei, lin = enrol(api), enrol(api)
    bill = sale(lin)
    created(api.post("/v1/purchases", json=bill))
    spending, key = redemption(lin, "6"), keyed()
    spent = created(api.post("/v1/redemptions", json=spending, headers=key))
    order = {"survivor": mei, "absorbed": lin, "reason": "The same person", "actor": "staff-7"}
    created(api.post("/v1/merges", json=order, headers=keyed()))

    again = found(api.post("/v1/redemptions", json=spending, headers=key))
    assert (again["redemption_id"], again["replayed"], spendable(api, mei)) == (spent["redemption_id"], True, "4")
    reversal = f"/v1/redemptions/{spent['redemption_id']}/reversal"
    created(api.post(reversal))
    assert (found(api.post(reversal))["replayed"], spendable(api, lin)) == (True, "10")
    refund = refund_of(bill)
    created(api.post("/v1/refunds", json=refund))
    assert (found(api.post("/v1/refunds", json=refund))["replayed"], spendable(api, mei)) == (True, "0")

    api.post(f"/v1/members/{lin}/erasure", json={"reason": "By request", "actor": "dpo"}).raise_for_status()
    for name in (mei, lin):
        refusal(api.get(f"/v1/members/{name}"), 410, "member_erased")
        refusal(
            api.post("/v1/redemptions", json={**spending, "member": {"id": name}}, headers=key), 410, "member_erased"
        )


def test_who_is_erased_is_gone(api: httpx.Client) -> None:
    """E25."""
    member = enrol(api)
    bill = sale(member)
    created(api.post("/v1/purchases", json=bill))
    api.post(f"/v1/members/{member}/erasure", json={"reason": "By request", "actor": "dpo"}).raise_for_status()
    refusal(api.get(f"/v1/members/{member}"), 410, "member_erased")
    refusal(api.post("/v1/purchases", json=sale(member)), 410, "member_erased")


def test_a_tier_given_by_hand_counts_from_the_next_sale(api: httpx.Client, maru: httpx.Client) -> None:
    """M15: once per key, with who gave it and why; one below the first is none to give."""
    member, key = enrol(api), keyed()
    gift = {"tier": "gold", "reason": "Gold at our partner hotel", "actor": "staff-7"}
    given = created(maru.post(f"/v1/members/{member}/tier", json=gift, headers=key))
    assert (given["brand"], given["standing"]["tier"]["id"]) == ("maru", "gold")
    again = found(maru.post(f"/v1/members/{member}/tier", json=gift, headers=key))
    assert (again["grant_id"], again["granted_at"], again["replayed"]) == (given["grant_id"], given["granted_at"], True)
    other = maru.post(f"/v1/members/{member}/tier", json={**gift, "reason": "x"}, headers=key)
    assert pointers(refusal(other, 409, "same_identity_other_content")) == ["/reason"]
    refusal(
        maru.post(f"/v1/members/{member}/tier", json={**gift, "tier": "basic"}, headers=keyed()), 422, "unknown_tier"
    )

    time.sleep(1.1)
    assert buy(api, member, "100")["tier"] == "gold"
    latest, first = found(api.get(f"/v1/members/{member}/tier/history"))["items"]
    told = [latest[name] for name in ("tier", "cause", "reason", "actor")]
    assert told == ["gold", "grant", gift["reason"], "staff-7"]
    assert (first["tier"], first["until"]) == ("basic", latest["since"])

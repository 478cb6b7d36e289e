"""The main job, over HTTP: somebody enrols, buys, sees why they got their points, spends them, changes their mind."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

import httpx
import pytest

from tests.e2e.calls import (
    DAY,
    Body,
    a_phone,
    buy,
    created,
    enrol,
    enrolment,
    entries,
    found,
    keyed,
    now,
    pointers,
    redemption,
    refusal,
    sale,
    spendable,
    unique,
    wallet,
)


@dataclass(frozen=True)
class Story:
    """A member who bought for 1,250, spent 5 of the 12 points and got them back; each request with its answer."""

    member: str
    sale: Body
    purchase: Body
    order: Body
    key: str
    redeemed: Body
    reversed: Body


@pytest.fixture(scope="module")
def story(api: httpx.Client) -> Story:
    phone = a_phone()
    member = enrol(api, identities=[{"phone": phone}])
    bill = sale({"phone": phone}, "1250", client_reference="till-1/77")
    purchase = created(api.post("/v1/purchases", json=bill))
    order, key = redemption(member, "5", client_reference="bill-78"), unique("key-")
    redeemed = created(api.post("/v1/redemptions", json=order, headers=keyed(key)))
    back = created(api.post(f"/v1/redemptions/{redeemed['redemption_id']}/reversal"))
    return Story(member, bill, purchase, order, key, redeemed, back)


def test_a_purchase_answers_with_its_points_and_why(story: Story) -> None:
    """M12: which rules were considered, which fired, on what."""
    assert story.purchase["member_id"] == story.member
    assert story.purchase["client_reference"] == "till-1/77"
    assert story.purchase["balances"] == {"points": {"spendable": "12", "pending": "0", "held": "0", "debt": "0"}}
    (entry,) = story.purchase["entries"]
    assert (entry["type"], entry["points"], entry["brand"]) == ("earn", "12", "maru")
    (base, beans) = entry["explanation"], entry["explanation"][1:]
    assert base[0] == {"rule": "base", "name": "Base", "fired": True, "base": "1250", "points": "12"}
    assert beans == []


def test_the_wallet_shows_the_lot_with_its_end(api: httpx.Client, story: Story) -> None:
    """M5, M8: the lot is good for 90 days."""
    seen = wallet(api, story.member)
    assert (seen["spendable"], seen["pending"]) == ("12", "0")
    (lot,) = seen["lots"]
    assert (lot["points"], lot["issuer"]) == ("12", "maru")
    assert lot["active_at"] == story.purchase["occurred_at"]
    assert seen["next_change_at"] == lot["expires_at"]


def test_spending_and_giving_back_leave_every_point_where_it_was(story: Story) -> None:
    """M9: a redemption and its reversal."""
    assert (story.redeemed["points"], story.redeemed["balance"]["spendable"]) == ("5", "7")
    assert story.redeemed["client_reference"] == "bill-78"
    assert not story.redeemed["reversed"]
    assert (story.reversed["reversed"], story.reversed["balance"]["spendable"]) == (True, "12")


def test_the_entries_tell_the_whole_story(api: httpx.Client, story: Story) -> None:
    """E13: in order, without a gap, each with what it left."""
    told = entries(api, story.member)
    assert [(entry["type"], entry["points"], entry["balance"]["spendable"]) for entry in told] == [
        ("earn", "12", "12"),
        ("redeem", "-5", "7"),
        ("reverse", "5", "12"),
    ]
    versions = [entry["version"] for entry in told]
    assert versions == list(range(versions[0], versions[0] + 3))
    assert told[0]["cause"] == {"type": "purchase", "id": story.purchase["purchase_id"]}
    assert told[1]["cause"] == {"type": "redemption", "id": story.redeemed["redemption_id"]}


def test_the_balance_is_known_at_any_instant(api: httpx.Client, story: Story) -> None:
    """M5: `at` asks by what counted then, `as_of` by what was known then."""
    bought, spent, _ = entries(api, story.member)
    assert spendable(api, story.member, at=spent["effective_at"]) == "7"
    assert spendable(api, story.member, at=bought["effective_at"]) == "12"
    assert spendable(api, story.member, at=(now() - DAY).isoformat()) == "0"
    assert spendable(api, story.member, at=(now() + 89 * DAY).isoformat()) == "12"
    assert spendable(api, story.member, at=(now() + 92 * DAY).isoformat()) == "0"
    assert spendable(api, story.member, as_of=spent["recorded_at"]) == "7"
    assert spendable(api, story.member, as_of=bought["recorded_at"]) == "12"


def test_the_same_receipt_again_gives_the_first_answer(api: httpx.Client, story: Story) -> None:
    """E14: also under another number format and key, with the lines in another order."""
    rewritten = {**story.sale, "total": "1250.00", "member": {"id": story.member}}
    for again in (story.sale, rewritten):
        answer = found(api.post("/v1/purchases", json=again, headers=keyed()))
        assert answer == {**story.purchase, "replayed": True}
    assert spendable(api, story.member) == "12"


def test_the_same_receipt_with_other_content_is_refused(api: httpx.Client, story: Story) -> None:
    """E14: naming what differs; nothing is changed."""
    other = {**story.sale, "lines": [{"sku": "bread-1", "category": "bread", "amount": "9999"}], "total": "9999"}
    problem = refusal(api.post("/v1/purchases", json=other), 409, "same_identity_other_content")
    assert pointers(problem) == ["/lines", "/total"]
    assert spendable(api, story.member) == "12"


def test_the_same_redemption_again_gives_the_first_answer(api: httpx.Client, story: Story) -> None:
    """E14: with the points it took then, although it was reversed since."""
    answer = found(api.post("/v1/redemptions", json=story.order, headers=keyed(story.key)))
    assert answer == {**story.redeemed, "replayed": True, "reversed": True}
    other = {**story.order, "points": "6"}
    problem = refusal(
        api.post("/v1/redemptions", json=other, headers=keyed(story.key)), 409, "same_identity_other_content"
    )
    assert pointers(problem) == ["/points"]
    assert spendable(api, story.member) == "12"


def test_the_same_reversal_again_gives_the_first_answer(api: httpx.Client, story: Story) -> None:
    """E16: points come back once."""
    again = found(api.post(f"/v1/redemptions/{story.redeemed['redemption_id']}/reversal"))
    assert again == {**story.reversed, "replayed": True}
    assert spendable(api, story.member) == "12"


def test_what_was_recorded_can_be_read_by_its_id(api: httpx.Client, story: Story) -> None:
    """Ids locate what they name."""
    purchase = found(api.get(f"/v1/purchases/{story.purchase['purchase_id']}"))
    assert purchase["lines"] == [
        {
            "sku": "bread-1",
            "category": "bread",
            "quantity": "1.000",
            "amount": "1250",
            "discount": "0",
            "returned": "0.000",
        }
    ]
    assert purchase["entries"] == story.purchase["entries"]
    (listed,) = found(api.get(f"/v1/members/{story.member}/purchases"))["items"]
    assert listed["purchase_id"] == story.purchase["purchase_id"]
    redeemed = found(api.get(f"/v1/redemptions/{story.redeemed['redemption_id']}"))
    assert redeemed == {**story.redeemed, "replayed": True, "reversed": True}


def test_staff_give_and_take_points_with_a_reason(api: httpx.Client) -> None:
    """M11: once per key; never below zero."""
    member, key = enrol(api), unique("key-")
    gift = {"member": {"id": member}, "points": "30", "brand": "maru", "reason": "broken cup", "actor": "staff-7"}
    given = created(api.post("/v1/adjustments", json=gift, headers=keyed(key)))
    assert found(api.post("/v1/adjustments", json=gift, headers=keyed(key))) == {**given, "replayed": True}
    created(api.post("/v1/adjustments", json={**gift, "points": "-10"}, headers=keyed()))
    too_much = api.post("/v1/adjustments", json={**gift, "points": "-21"}, headers=keyed())
    assert refusal(too_much, 409, "insufficient_points")["spendable"] == "20"
    assert [(entry["points"], entry["reason"], entry["actor"]) for entry in entries(api, member)] == [
        ("30", "broken cup", "staff-7"),
        ("-10", "broken cup", "staff-7"),
    ]


def test_pages_of_entries_follow_one_another(api: httpx.Client) -> None:
    """E33: `next_cursor` leads through all of them, once."""
    member = enrol(api)
    for _ in range(5):
        buy(api, member, "100")
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = found(api.get(f"/v1/members/{member}/entries", params=query))
        seen += [entry["version"] for entry in page["items"]]
        cursor = page["next_cursor"]
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 5


def test_enrolling_again_finds_the_same_member(api: httpx.Client) -> None:
    """M1: by any of the identities, in any way of writing."""
    phone = a_phone()
    first = api.post("/v1/members", json=enrolment(identities=[{"phone": phone}]))
    found_at = urljoin(str(first.url), first.headers["location"])
    assert found(api.get(found_at))["member_id"] == created(first)["member_id"]
    international = f"+886 {phone[1:].replace('-', ' ')}"
    again = api.post("/v1/members", json=enrolment(identities=[{"phone": international}, {"card": unique("C-")}]))
    assert found(again)["member_id"] == created(first)["member_id"]
    assert len(again.json()["identities"]) == 2

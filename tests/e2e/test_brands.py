"""What a brand sees and may do (E31), and what people keep about a member: profile, tags, consents."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.e2e.calls import (
    NAME,
    Body,
    a_phone,
    ago,
    an_email,
    buy,
    created,
    enrol,
    enrolment,
    entries,
    found,
    keyed,
    pointers,
    redemption,
    refusal,
    sale,
    sora_sale,
    spendable,
    unique,
)

NOBODY = "01JQZZZZZZZZZZZZZZZZZZZZZZ"
"""An id of the right form that no member has."""


def _requests(member: str) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """One call of each kind about a member."""
    path = f"/v1/members/{member}"
    gift = {"member": {"id": member}, "points": "1", "brand": "sora", "reason": "x", "actor": "x"}
    visit = {"type": "visit", "source": "door", "event_id": "V-1", "member": {"id": member}, "occurred_at": ago()}
    return {
        "member": ("GET", path, {}),
        "look-up": ("POST", "/v1/members/lookup", {"json": {"id": member}}),
        "wallet": ("GET", f"{path}/wallet", {}),
        "past wallet": ("GET", f"{path}/wallet", {"params": {"at": ago(days=1)}}),
        "entries": ("GET", f"{path}/entries", {}),
        "purchases": ("GET", f"{path}/purchases", {}),
        "consents": ("GET", f"{path}/consents", {}),
        "history": ("GET", f"{path}/consents/history", {}),
        "profile": ("PATCH", path, {"json": {"profile": {"name": "x"}}, "headers": {"If-Match": "*"}}),
        "identity": ("POST", f"{path}/identities", {"json": {"card": unique("C")}}),
        "tag": ("PUT", f"{path}/tags/vip", {}),
        "untag": ("DELETE", f"{path}/tags/vip", {}),
        "consent": ("PUT", f"{path}/consents/sms/sora/marketing", {"json": {"granted": True, "source": "app"}}),
        "purchase": ("POST", "/v1/purchases", {"json": sora_sale(member)}),
        "visit": ("POST", "/v1/events", {"json": visit}),
        "redemption": ("POST", "/v1/redemptions", {"json": redemption(member, "1", brand="sora"), "headers": keyed()}),
        "adjustment": ("POST", "/v1/adjustments", {"json": gift, "headers": keyed()}),
    }


@pytest.mark.parametrize("kind", list(_requests(NOBODY)))
def test_a_member_of_another_brand_is_answered_like_one_that_does_not_exist(
    api: httpx.Client, sora: httpx.Client, kind: str
) -> None:
    """E31: byte for byte, except for the id of the request."""
    member = enrol(api)
    answers = []
    for each in (member, NOBODY):
        method, path, request = _requests(each)[kind]
        answer = sora.request(method, path, **request)
        problem = refusal(answer, 404, "member_not_found")
        headers = {name: value for name, value in answer.headers.items() if name != "date" and "request" not in name}
        answers.append((answer.content.replace(problem["request_id"].encode(), b""), headers))
    assert answers[0] == answers[1]


def test_showing_the_card_at_a_brand_joins_it(api: httpx.Client, sora: httpx.Client) -> None:
    """E31: in the same transaction; a look-up does not."""
    phone = a_phone()
    member = enrol(api, identities=[{"phone": phone}])
    buy(api, member, "500")
    refusal(sora.post("/v1/members/lookup", json={"phone": phone}), 404, "member_not_found")
    bought = created(sora.post("/v1/purchases", json=sora_sale({"phone": phone}, "700")))
    assert bought["member_id"] == member
    assert spendable(sora, member) == "12"
    assert [each["brand"] for each in found(sora.get(f"/v1/members/{member}"))["brands"]] == ["sora"]


def test_a_brand_sees_the_shared_points_but_not_what_another_sold(
    api: httpx.Client, maru: httpx.Client, sora: httpx.Client
) -> None:
    """E31: the group's wallet, its own purchases."""
    phone = a_phone()
    member = enrol(api, identities=[{"phone": phone}], brand="sora")
    ours = created(sora.post("/v1/purchases", json=sora_sale(member, "100")))
    theirs = created(maru.post("/v1/purchases", json=sale({"phone": phone}, "300")))

    assert spendable(sora, member) == spendable(maru, member) == "4"
    told = entries(sora, member)
    assert [(entry["brand"], entry["points"]) for entry in told] == [("sora", "1"), ("maru", "3")]
    assert told[0]["explanation"] != []
    assert told[1]["explanation"] == []
    listed = found(sora.get(f"/v1/members/{member}/purchases"))["items"]
    assert [each["purchase_id"] for each in listed] == [ours["purchase_id"]]
    refusal(sora.get(f"/v1/purchases/{theirs['purchase_id']}"), 404, "purchase_not_found")
    assert found(maru.get(f"/v1/purchases/{theirs['purchase_id']}"))["total"] == "300"


def test_a_brand_keeps_its_own_points_to_itself(maru: httpx.Client, api: httpx.Client) -> None:
    """M6: beans are sora's."""
    member = enrol(api)
    refusal(maru.get(f"/v1/members/{member}/wallet", params={"currency": "beans"}), 422, "unknown_currency")
    order = redemption(member, "1", currency="beans")
    assert pointers(refusal(maru.post("/v1/redemptions", json=order, headers=keyed()), 422, "invalid_command")) == [
        "/currency"
    ]


def test_a_redemption_is_another_brands_secret(api: httpx.Client, maru: httpx.Client, sora: httpx.Client) -> None:
    """E31: to read and to reverse."""
    member = enrol(api)
    buy(maru, member, "500")
    redeemed = created(maru.post("/v1/redemptions", json=redemption(member, "5"), headers=keyed()))
    path = f"/v1/redemptions/{redeemed['redemption_id']}"
    refusal(sora.get(path), 404, "redemption_not_found")
    refusal(sora.post(f"{path}/reversal"), 404, "redemption_not_found")
    assert spendable(maru, member) == "0"


def test_a_proof_opens_what_another_brand_wrote(api: httpx.Client, maru: httpx.Client, sora: httpx.Client) -> None:
    """M39, E31: before it, a known person looks like a new one, whose name nobody said."""
    phone, email = a_phone(), an_email()
    body = enrolment(identities=[{"phone": phone}, {"email": email}])
    created(maru.post("/v1/members", json=body))
    told = {"identities": [{"phone": phone}], "brand": "sora"}
    unproven = created(sora.post("/v1/members", json=told))
    assert unproven["profile"]["name"] is None
    assert [list(each["identity"]) for each in unproven["identities"]] == [["phone"]]

    proof = {"phone": phone, "proof": {"method": "sms_code"}}
    proven = found(sora.post("/v1/members", json={**told, "identities": [proof]}))
    assert proven["profile"]["name"] == NAME
    assert len(proven["identities"]) == 2


def test_a_profile_is_changed_on_the_version_that_was_read(api: httpx.Client) -> None:
    """E33: `ETag` and `If-Match`."""
    path = f"/v1/members/{enrol(api)}"
    read = api.get(path).headers["etag"]
    change = {"profile": {"language": "zh-TW", "home_store": "m1"}}
    refusal(api.patch(path, json=change), 428, "precondition_required")
    changed = api.patch(path, json=change, headers={"If-Match": read})
    assert found(changed)["profile"]["home_store"] == "m1"
    assert changed.headers["etag"] != read
    refusal(api.patch(path, json=change, headers={"If-Match": read}), 412, "precondition_failed")
    cleared = api.patch(path, json={"profile": {"home_store": None}}, headers={"If-Match": changed.headers["etag"]})
    assert (found(cleared)["profile"]["home_store"], cleared.json()["profile"]["language"]) == (None, "zh-TW")


def test_a_tag_is_its_brands_own(api: httpx.Client, maru: httpx.Client, sora: httpx.Client) -> None:
    """M3: in any script; set twice, it is there once."""
    phone = a_phone()
    member = enrol(api, identities=[{"phone": phone}])
    created(sora.post("/v1/members", json={"identities": [{"phone": phone}]}))
    path = f"/v1/members/{member}"
    first = found(maru.put(f"{path}/tags/常客"))
    assert found(maru.put(f"{path}/tags/常客")) == first
    assert _tags(maru, member) == ["常客"]
    assert _tags(sora, member) == []
    assert _tags(api, member) == ["常客"]
    assert maru.delete(f"{path}/tags/常客").status_code == 204
    assert _tags(api, member) == []


def test_a_consent_is_kept_with_its_history(api: httpx.Client, maru: httpx.Client, sora: httpx.Client) -> None:
    """M3: by channel, brand and purpose; a brand speaks for itself."""
    path = f"/v1/members/{enrol(api)}/consents"
    yes = {"granted": True, "source": "form", "occurred_at": ago(days=2)}
    found(maru.put(f"{path}/sms/maru/marketing", json=yes))
    found(maru.put(f"{path}/sms/maru/marketing", json={"granted": False, "source": "app"}))
    found(api.put(f"{path}/email/group/service", json={"granted": True, "source": "app"}))
    refusal(maru.put(f"{path}/sms/sora/marketing", json=yes), 403, "foreign_brand")
    in_force = {(each["channel"], each["brand"]): each["granted"] for each in found(maru.get(path))["items"]}
    assert in_force == {("sms", "maru"): False, ("email", "group"): True}
    said = found(maru.get(f"{path}/history", params={"limit": "1"}))
    rest = found(maru.get(f"{path}/history", params={"cursor": said["next_cursor"]}))
    assert len(said["items"]) + len(rest["items"]) == 3


def test_an_identity_has_one_owner(api: httpx.Client) -> None:
    """M1: it can be added and taken away; the last one stays."""
    phone, card = a_phone(), unique("C")
    member = enrol(api, identities=[{"phone": phone}])
    other = enrol(api, identities=[{"card": card}])
    path = f"/v1/members/{member}/identities"
    refusal(api.post(path, json={"card": card}), 409, "identity_taken")
    both = [{"phone": phone}, {"card": card}]
    refusal(api.post("/v1/members", json=enrolment(identities=both)), 409, "identities_of_different_members")
    added = created(api.post(path, json={"external": {"partner": "delivery", "id": unique()}}))
    assert found(api.post(path, json=added["identity"]))["identity_id"] == added["identity_id"]
    assert api.delete(f"{path}/{added['identity_id']}").status_code == 204
    (last,) = found(api.get(f"/v1/members/{other}"))["identities"]
    refusal(api.delete(f"/v1/members/{other}/identities/{last['identity_id']}"), 409, "last_identity")


def test_stores_are_listed(reader: httpx.Client) -> None:
    """M3: for everybody with a key."""
    stores = found(reader.get("/v1/stores"))["items"]
    assert [store["store_id"] for store in stores] == ["m1", "s1"]
    assert [store["store_id"] for store in found(reader.get("/v1/stores", params={"brand": "sora"}))["items"]] == ["s1"]


def _tags(client: httpx.Client, member: str) -> list[str]:
    body: Body = found(client.get(f"/v1/members/{member}"))
    return [tag["tag"] for tag in body["tags"]]

"""Who is erased stays forgotten (E25), also when the members table comes back from a backup."""

from __future__ import annotations

import httpx

from tests.e2e.calls import NAME, a_phone, buy, enrol, found, refusal
from tests.e2e.platform import Platform, eventually
from tests.e2e.shell import huitou


def test_after_a_restore_the_erasures_are_carried_out_again(api: httpx.Client, platform: Platform) -> None:
    """E25: the list of them is kept apart from what is restored; replaying it twice is as good as once."""
    phone = a_phone()
    member, other = enrol(api, identities=[{"phone": phone}]), enrol(api)
    buy(api, member, "1000")
    exported = found(api.get(f"/v1/members/{member}/export"))
    assert {each["type"] for each in exported["records"]} == {"member", "tiers", "wallet", "purchase", "entry"}
    assert exported["records"][0]["content"]["profile"]["name"] == NAME
    backup = platform.items_about(member)
    order = {"reason": "By request", "actor": "dpo"}
    assert api.post(f"/v1/members/{member}/erasure", json=order).is_success
    assert eventually(lambda: platform.stands_nowhere(member))
    forgotten = platform.items_about(member)

    platform.restore(member, backup)
    assert found(api.post("/v1/members/lookup", json={"phone": phone}))["member_id"] == member
    for _ in range(2):
        told = huitou({"HUITOU_LOCAL": platform.stack.folder}, "erasures", "replay")
        assert told.endswith(" members are forgotten.\n")

    refusal(api.get(f"/v1/members/{member}"), 410, "member_erased")
    refusal(api.get(f"/v1/members/{member}/export"), 410, "member_erased")
    refusal(api.post("/v1/members/lookup", json={"phone": phone}), 404, "member_not_found")
    assert eventually(lambda: platform.items_about(member) == forgotten)
    assert found(api.get(f"/v1/members/{other}"))["profile"]["name"] == NAME

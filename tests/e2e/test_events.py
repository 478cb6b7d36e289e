"""What happens over HTTPS is told on the group's bus: table, stream, function, bus, a subscriber's queue (M36)."""

from __future__ import annotations

import json

import httpx

from huitou.kernel.ids import new_member_id
from huitou.kernel.instants import to_instant
from huitou.standing.listed import listing
from huitou.standing.position import Membership, MoveCause, Position, Seen
from huitou.standing.store import TablePositions
from tests.e2e.calls import (
    NAME,
    PHONE_PREFIX,
    ago,
    created,
    enrol,
    entries,
    found,
    keyed,
    now,
    redemption,
    sale,
    sora_sale,
)
from tests.e2e.listening import Listening, fits
from tests.e2e.platform import Platform, eventually


def test_a_purchase_is_told_within_seconds(api: httpx.Client, bus: Listening) -> None:
    member = enrol(api)
    purchase = created(api.post("/v1/purchases", json=sale(member, "1000")))

    assert eventually(lambda: "points.earned.v1" in bus.told_of(member))

    (earned,) = bus.told_of(member)["points.earned.v1"]
    (entry,) = entries(api, member)
    assert fits(earned)
    assert (earned["entry_id"], earned["points"]) == (entry["entry_id"], "10")
    assert earned["cause"] == {"type": "purchase", "id": purchase["purchase_id"]}
    assert earned["balance"] == entry["balance"]
    assert earned["expires_at"] == entry["lots"][0]["expires_at"]


def test_joins_and_payments_are_told_and_nobody_is_named(api: httpx.Client, bus: Listening) -> None:
    """E25, E31"""
    member = enrol(api)
    created(api.post("/v1/purchases", json=sora_sale(member, "1000")))
    created(api.post("/v1/redemptions", json=redemption(member, "5"), headers=keyed()))

    wanted = {"member.joined.v1", "points.earned.v1", "points.redeemed.v1"}
    assert eventually(lambda: wanted <= bus.told_of(member).keys())

    told = bus.told_of(member)
    assert [(each["brand"], each["cause"]["type"]) for each in told["member.joined.v1"]] == [
        ("maru", "enrolment"),
        ("sora", "use"),
    ]
    assert all(fits(detail) for details in told.values() for detail in details)
    said = json.dumps(told, ensure_ascii=False)
    assert NAME not in said
    assert PHONE_PREFIX not in said


def test_points_that_end_soon_are_told(api: httpx.Client, bus: Listening) -> None:
    """M8: yesterday's tea brought leaves that end tonight; the sale is known only now."""
    member = enrol(api)
    tea = [{"sku": "tea-1", "category": "tea", "amount": "1000"}]
    created(api.post("/v1/purchases", json=sale(member, "1000", lines=tea, occurred_at=ago(days=1))))

    assert eventually(lambda: "points.expiring.v1" in bus.told_of(member))

    (expiring,) = bus.told_of(member)["points.expiring.v1"]
    (entry,) = entries(api, member, currency="leaves")
    assert fits(expiring)
    assert (expiring["points"], expiring["currency"], expiring["brand"]) == ("100", "leaves", "group")
    assert expiring["expires_at"] == entry["lots"][0]["expires_at"]


def test_where_a_member_stands_is_told_as_it_is_kept(api: httpx.Client, platform: Platform, bus: Listening) -> None:
    """M15, M16: whoever works a position out, its reader of the stream tells the moves."""
    member, at = new_member_id(), to_instant(now())
    version = int(found(api.get("/v1/program"))["version"])
    frequent = Membership("frequent", at, MoveCause.TIME)
    position = Position(member, 1, version, at, Seen(0, 0, 0), tier="gold", memberships=(frequent,))
    table = platform.table()
    table.commit(TablePositions(table).save(None, listing(None, position)))

    assert eventually(lambda: len(bus.told_of(member)) == 2)

    told = bus.told_of(member)
    (moved,), (entered,) = told["tier.changed.v1"], told["segment.entered.v1"]
    assert fits(moved)
    assert fits(entered)
    assert (moved["to_tier"], entered["segment"], entered["cause"]["type"]) == ("gold", "frequent", "time")
    table.commit(TablePositions(table).remove(position, [each.segment for each in position.memberships]))

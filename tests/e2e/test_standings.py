"""Where members stand, on the whole stack: the stream's reader keeps it, time alone changes it (M16, M17)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import format_instant, to_instant
from huitou.purchases.store import TableMemberStates
from huitou.standing.position import Position
from tests.e2e.calls import DAY, PROGRAM, Body, buy, created, enrol, found, now, sale, sora_sale
from tests.e2e.platform import Platform, eventually

SEGMENTS = [
    {"id": "today", "name": "Came within a day", "when": {"purchases": {"at_least": 1, "in": "last 1 days"}}},
    {"id": "english", "name": "Speaks English", "when": {"language": ["en"]}},
    {
        "id": "sora-guests",
        "name": "Were at Sora",
        "brand": "sora",
        "when": {"purchases": {"at_least": 1, "in": "ever"}},
    },
    {
        "id": "missed",
        "name": "Not here for a day",
        "when": {"all": [{"purchases": {"at_least": 1, "in": "ever"}}, {"not": {"segments": ["today"]}}]},
    },
]


@pytest.fixture(scope="module", autouse=True)
def segments(api: httpx.Client) -> Iterator[None]:
    """The programme of the tests, with segments while these run."""
    created(api.post("/v1/program/versions", json={**PROGRAM, "segments": SEGMENTS}))
    yield
    created(api.post("/v1/program/versions", json=PROGRAM))


def kept(platform: Platform, member: str) -> Position | None:
    """The position that is stored."""
    return TableMemberStates(platform.table()).load(MemberId(member)).position


def is_kept_in(platform: Platform, member: str, *segments: str) -> bool:
    """Whether the position that is stored says this."""
    position = kept(platform, member)
    return position is not None and {each.segment for each in position.memberships if not each.until} == set(segments)


def standing(client: httpx.Client, member: str) -> Body:
    """How a member stands now."""
    return found(client.get(f"/v1/members/{member}/standing"))


def segments_of(client: httpx.Client, member: str) -> list[str]:
    """Those that a member is in now."""
    return [each["id"] for each in standing(client, member)["segments"]]


def test_whoever_buys_is_looked_at_by_the_reader_of_the_stream(api: httpx.Client, platform: Platform) -> None:
    """M17: nobody asked where they stand; a purchase and a change of the profile are enough."""
    member = enrol(api)
    buy(api, member, "1000")
    assert eventually(lambda: is_kept_in(platform, member, "today"))

    record = api.get(f"/v1/members/{member}")
    change = {"profile": {"language": "en"}}
    found(api.patch(f"/v1/members/{member}", json=change, headers={"If-Match": record.headers["ETag"]}))
    assert eventually(lambda: is_kept_in(platform, member, "today", "english"))


def test_a_purchase_counts_as_soon_as_it_is_answered(api: httpx.Client, maru: httpx.Client, sora: httpx.Client) -> None:
    """M15, M16, E31: whoever read the stream by then; a brand sees its own segments and the group's."""
    member = enrol(api)
    created(api.post("/v1/purchases", json=sora_sale(member, "50000")))

    assert segments_of(sora, member) == ["sora-guests", "today"]
    assert segments_of(maru, member) == ["today"]
    assert standing(maru, member)["tier"]["id"] == "gold"
    moves = found(api.get(f"/v1/members/{member}/standing/history"))["items"]
    assert [each["to_tier"] for each in moves if each["type"] == "tier.changed"] == ["gold", "basic"]
    assert {each["segment"] for each in moves if each["type"] == "segment.entered"} == {"sora-guests", "today"}


def test_what_time_alone_changes_shows_at_once_and_is_kept_within_a_minute(
    api: httpx.Client, platform: Platform
) -> None:
    """M17: read over HTTP it is there at its instant; the tick and its worker keep it, and nobody else."""
    member, passed = enrol(api), to_instant(now() - DAY + timedelta(seconds=20))
    created(api.post("/v1/purchases", json=sale(member, occurred_at=format_instant(passed))))
    assert eventually(lambda: is_kept_in(platform, member, "today"))
    due = standing(api, member)["next"]
    assert due == {"at": format_instant(passed + DAY), "why": "segment", "segment": "today"}

    seen: Body = {}
    while (seen := standing(api, member))["at"] < due["at"]:
        assert [each["id"] for each in seen["segments"]] == ["today"]
        time.sleep(0.2)
    (missed,) = seen["segments"]
    assert (missed["id"], missed["since"], missed["cause"]) == ("missed", due["at"], "time")

    assert eventually(lambda: is_kept_in(platform, member, "missed"), seconds=60)
    moves = found(api.get(f"/v1/members/{member}/standing/history"))["items"]
    assert [(each["type"], each["segment"], each["at"], each["cause"]) for each in moves[:2]] == [
        ("segment.entered", "missed", due["at"], "time"),
        ("segment.left", "today", due["at"], "time"),
    ]

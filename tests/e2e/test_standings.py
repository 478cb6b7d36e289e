"""Where members stand, on the whole stack: the stream's reader keeps it, time alone changes it (M16, M17)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from http import HTTPStatus

import httpx
import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import format_instant, to_instant
from huitou.standing.position import Position
from huitou.standing.store import TablePositions
from tests.e2e.calls import DAY, NAME, PROGRAM, Body, buy, created, enrol, found, now, sale, sora_sale, unique
from tests.e2e.jobs import count, imported, ndjson
from tests.e2e.listening import Listening, fits
from tests.e2e.platform import Platform, eventually
from tests.e2e.shell import settings_of, typed

SEGMENTS = [
    {"id": "staff", "name": "Staff", "list": True},
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
    {"id": "year", "name": "Here for another year", "when": {"anniversary": {"days_before": 1, "days_after": 1}}},
]
QUIET = {"id": "quiet", "name": "Never bought", "when": {"not": {"purchases": {"at_least": 1, "in": "ever"}}}}


@pytest.fixture(scope="module", autouse=True)
def segments(api: httpx.Client) -> Iterator[None]:
    """The programme of the tests, with segments while these run."""
    created(api.post("/v1/program/versions", json={**PROGRAM, "segments": SEGMENTS}))
    yield
    created(api.post("/v1/program/versions", json=PROGRAM))


def kept(platform: Platform, member: str) -> Position | None:
    """The position that is stored."""
    return platform.states().load(MemberId(member)).position


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


def listed(client: httpx.Client, segment: str) -> list[str]:
    """The members of a segment, page by page."""
    members: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = found(client.get(f"/v1/segments/{segment}/members", params={"limit": 2, **cursor}))
        members += [each["member_id"] for each in page["items"]]
        if page["next_cursor"] is None:
            return members
        cursor = {"cursor": page["next_cursor"]}


def counted(client: httpx.Client, segment: str) -> int:
    """How many members a segment has."""
    found_segment = found(client.get(f"/v1/segments/{segment}"))
    assert found_segment["is_exact"]
    return int(found_segment["members"])


def counts_as_listed(client: httpx.Client, segment: str) -> bool:
    return counted(client, segment) == len(listed(client, segment))


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

    assert set(segments_of(sora, member)) == {"sora-guests", "today"}
    assert segments_of(maru, member) == ["today"]
    assert standing(maru, member)["tier"]["id"] == "gold"
    moves = found(api.get(f"/v1/members/{member}/standing/history"))["items"]
    assert [each["to_tier"] for each in moves if each["type"] == "tier.changed"] == ["gold", "basic"]
    assert {each["segment"] for each in moves if each["type"] == "segment.entered"} == {"sora-guests", "today"}


def test_what_time_alone_changes_shows_at_once_and_is_kept_listed_and_told_within_a_minute(
    api: httpx.Client, platform: Platform, bus: Listening
) -> None:
    """M17: read over HTTP it is there at its instant; the rest follows from the tick and its worker alone."""
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

    told = {("segment.left.v1", "today", due["at"], "time"), ("segment.entered.v1", "missed", due["at"], "time")}
    assert eventually(lambda: told <= moves_told(bus, member), seconds=60)
    assert is_kept_in(platform, member, "missed")
    assert eventually(lambda: platform.listed("missed").get(member) == due["at"], seconds=5)
    assert member not in platform.listed("today")
    moves = found(api.get(f"/v1/members/{member}/standing/history"))["items"]
    assert [(each["type"], each["segment"], each["at"], each["cause"]) for each in moves[:2]] == [
        ("segment.entered", "missed", due["at"], "time"),
        ("segment.left", "today", due["at"], "time"),
    ]


def test_a_segment_that_a_publication_brings_has_its_members_though_they_did_nothing(
    api: httpx.Client, platform: Platform, bus: Listening
) -> None:
    """E20: everybody is looked at, by states that anybody can watch; who is in it, is since the publication."""
    member = enrol(api)
    assert eventually(lambda: kept(platform, member) is not None)
    published = created(api.post("/v1/program/versions", json={**PROGRAM, "segments": [*SEGMENTS, QUIET]}))
    assert published["rebuild"] == "started"

    path = f"/v1/rebuilds/{published['rebuild_id']}"
    assert eventually(lambda: found(api.get(path))["status"] == "completed", seconds=120)
    progress = found(api.get(path))["progress"]
    assert (progress["finished"], progress["done"], progress["failed"]) == (progress["parts"], progress["members"], 0)
    assert progress["moved"] >= 1

    assert is_kept_in(platform, member, "quiet")
    since = published["published_at"]
    assert platform.listed("quiet")[member] == since
    assert eventually(lambda: ("segment.entered.v1", "quiet", since, "program") in moves_told(bus, member))


def test_what_is_kept_and_got_lost_is_worked_out_again_by_a_rebuild_from_a_shell(
    api: httpx.Client, platform: Platform
) -> None:
    """M17: nobody stands anywhere by what is kept alone."""
    member = enrol(api, profile={"name": NAME, "language": "en"})
    assert eventually(lambda: is_in(platform, member, "english"))
    assert eventually(lambda: stays_lost(platform, member))
    assert member not in platform.listed("english")

    told = typed(settings_of(api), "rebuild", "--wait")

    assert re.fullmatch(
        r"[\d,]+ members: [1-9][\d,]* worked out anew, [1-9].* moved; 0 could not be looked at.\n", told
    )
    assert is_in(platform, member, "english")
    assert member in platform.listed("english")


def stays_lost(platform: Platform, member: str) -> bool:
    """Takes away what is kept; False while the reader of the stream keeps it again, who has yet to read something."""
    position, table = kept(platform, member), platform.table()
    if position is not None:
        with suppress(StaleReadError):
            table.commit(TablePositions(table).remove(position, [each.segment for each in position.memberships]))
        time.sleep(2)
    return position is None


def is_in(platform: Platform, member: str, segment: str) -> bool:
    """Whether the position that is stored says at least this."""
    position = kept(platform, member)
    return position is not None and segment in position.segments_at(position.through)


def moves_told(bus: Listening, member: str) -> set[tuple[str, str, str, str]]:
    """What has been told of moves between segments: what, which, when and why; each as its schema promises."""
    told = [event for events in bus.told_of(member).values() for event in events if "segment" in event]
    assert all(map(fits, told))
    return {(each["type"], each["segment"], each["occurred_at"], each["cause"]["type"]) for each in told}


def test_who_is_in_a_segment_is_listed_and_counted_within_seconds(
    api: httpx.Client, maru: httpx.Client, sora: httpx.Client, platform: Platform
) -> None:
    """M16, E31: each brand sees those who joined it; the group sees all."""
    at_maru, at_sora = enrol(api), enrol(api)
    buy(api, at_maru, "1000")
    created(api.post("/v1/purchases", json=sora_sale(at_sora, "1000")))
    assert eventually(lambda: {at_maru, at_sora} <= set(listed(api, "today")))
    assert at_maru in listed(maru, "today")
    assert at_sora in listed(sora, "today")
    assert set(listed(sora, "today")) < set(listed(api, "today"))

    for client in (api, maru, sora):
        assert eventually(partial(counts_as_listed, client, "today"))
    shown = {each["id"] for each in found(maru.get("/v1/segments"))["items"]}
    assert shown >= {"english", "missed", "today"}
    assert "sora-guests" not in shown
    assert maru.get("/v1/segments/sora-guests").status_code == HTTPStatus.NOT_FOUND


def test_a_segment_is_previewed_before_it_is_published(api: httpx.Client, sora: httpx.Client) -> None:
    """M16: the members are asked by their facts, whoever has looked at them; a mistake has its place in the draft."""
    buyers = {enrol(api) for _ in range(3)}
    for member in buyers:
        buy(api, member, "77000")
    enrol(api)
    draft = {"id": "generous", "name": "Generous", "when": {"spend": {"at_least": "77000", "in": "last 1 days"}}}
    told = found(api.post("/v1/segments/preview", json=draft))
    assert buyers <= set(told["examples"])
    assert told["members"]["least"] <= told["members"]["estimate"] <= told["members"]["most"]
    assert told["looked_at"] > told["found"] >= 3

    refused = api.post("/v1/segments/preview", json={**draft, "when": {"spend": {"at_least": "77000", "in": "May"}}})
    assert (refused.status_code, refused.json()["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_segment")
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/when/spend/in"]
    assert sora.post("/v1/segments/preview", json=draft).status_code == HTTPStatus.FORBIDDEN
    assert api.get("/v1/segments/generous").status_code == HTTPStatus.NOT_FOUND


def test_a_segment_is_counted_to_the_last_member_before_it_is_published(api: httpx.Client, sora: httpx.Client) -> None:
    """M16, E14, E31: everybody is asked by the states; nothing is published, and nobody is put anywhere."""
    mark = unique("wanted").lower()
    wanted = [enrol(api) for _ in range(7)]
    for member in wanted:
        found(api.put(f"/v1/members/{member}/tags/{mark}"))
    for member in wanted[:5]:
        buy(api, member, "1000")
    draft = {
        "id": "wanted",
        "name": "Wanted",
        "when": {"all": [{"tags": [mark]}, {"purchases": {"at_least": 1, "in": "last 1 days"}}]},
    }
    version = found(api.get("/v1/program"))["version"]

    told = count(api, draft)
    assert (told["members"], told["is_exact"], told["segment"]) == (5, True, draft)
    assert told["progress"]["done"] == told["progress"]["members"] >= 7
    assert told["program_version"] == version == found(api.get("/v1/program"))["version"]
    assert api.get("/v1/segments/wanted").status_code == HTTPStatus.NOT_FOUND
    assert count(api, {**draft, "when": {"tags": [mark]}})["members"] == 7
    assert sora.get(f"/v1/segments/counts/{told['count_id']}").status_code == HTTPStatus.FORBIDDEN


def test_a_file_puts_members_on_a_list(api: httpx.Client, sora: httpx.Client) -> None:
    """M16, M36: who is on it is looked at as after any change; another brand's file says nothing of it (E31).

    Who comes along in the file with the day on which they enrolled has been a member since.
    """
    member, other = enrol(api, brand="sora"), enrol(api, brand="sora")
    rows = [{"type": "tag", "member": {"id": each}, "tag": "staff"} for each in (member, other)]
    card = {"card": unique("Y-")}
    since = format_instant(now() - 365 * DAY)
    of_old = {"type": "member", "brand": "maru", "identities": [card], "enrolled_at": since, "profile": {"name": NAME}}
    assert imported(api, ndjson([*rows[:1], of_old]))["counts"]["opened"] == 1
    old = found(api.post("/v1/members/lookup", json=card))["member_id"]
    assert ["year" in segments_of(api, each) for each in (old, other)] == [True, False]
    assert imported(sora, ndjson(rows))["counts"]["opened"] == 2
    assert eventually(lambda: listed(api, "staff") == [member])
    assert imported(api, ndjson([{**rows[0], "action": "remove"}]))["counts"]["opened"] == 1
    assert eventually(lambda: listed(api, "staff") == [])

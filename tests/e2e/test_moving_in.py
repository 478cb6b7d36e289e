"""Moving in (M36): the points and tiers of another system, held against its totals before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.e2e.calls import (
    NAME,
    Body,
    ago,
    created,
    entries,
    found,
    keyed,
    pointers,
    redemption,
    refusal,
    unique,
    wallet,
)
from tests.e2e.jobs import imported, ndjson
from tests.e2e.platform import Platform, eventually

IN_A_YEAR = ago(days=-365)
LONG_AGO = {"earned_at": ago(days=200)}


@dataclass(frozen=True)
class Movers:
    """Mei with 250 and 100 points, the second lot without an end; Lin with 40, and a gold card."""

    mei: str = field(default_factory=lambda: unique("MEI-"))
    lin: str = field(default_factory=lambda: unique("LIN-"))

    def rows(self) -> list[Body]:
        lots: list[tuple[str, str, dict[str, Any]]] = [
            (self.mei, "250", {"expires_at": IN_A_YEAR}),
            (self.mei, "100", {}),
            (self.lin, "40", {"expires_at": IN_A_YEAR}),
        ]
        return [
            _member(self.mei),
            _member(self.lin),
            *({**_named(card), "type": "opening", "points": points, **LONG_AGO, **more} for card, points, more in lots),
            {**_named(self.lin), "type": "tier", "tier": "gold", "until": IN_A_YEAR},
        ]


def _member(card: str) -> Body:
    return {"type": "member", "brand": "maru", "identities": [{"card": card}], "profile": {"name": NAME}}


def _named(card: str) -> Body:
    return {"brand": "maru", "member": {"card": card}, "reference": unique("L-")}


def id_of(api: httpx.Client, card: str) -> str:
    return str(found(api.post("/v1/members/lookup", json={"card": card}))["member_id"])


def test_openings_that_come_to_the_control_total_are_booked_lot_by_lot(api: httpx.Client) -> None:
    """M36: with the dates that they had; what ends first is spent first, and the tier counts."""
    movers = Movers()
    control = {"points": {"points": "390"}, "members": 2, "lots": 3}
    done = imported(api, ndjson(movers.rows()), control=control)
    assert (done["status"], done["failure"], done["rejections"]) == ("completed", None, [])
    assert done["counts"] == {"members": 2, "recorded": 0, "known": 0, "rejected": 0, "opened": 4}

    mei, lin = id_of(api, movers.mei), id_of(api, movers.lin)
    lots = wallet(api, mei)["lots"]
    assert sorted((lot["points"], lot["expires_at"], lot["issuer"]) for lot in lots) == [
        ("100", None, "maru"),
        ("250", IN_A_YEAR, "maru"),
    ]
    assert {entry["cause"]["type"] for entry in entries(api, mei)} == {"opening"}
    spent = created(api.post("/v1/redemptions", json=redemption(mei, "260"), headers=keyed()))
    assert [lot["points"] for lot in spent["entry"]["lots"]] == ["-250", "-10"]
    assert found(api.get(f"/v1/members/{lin}/tier"))["tier"]["id"] == "gold"
    assert found(api.get(f"/v1/members/{mei}/tier"))["tier"]["id"] == "basic"


def test_openings_that_do_not_come_to_the_control_total_are_refused_whole(
    api: httpx.Client, platform: Platform
) -> None:
    """M36: the import says by how much it is off; no member, lot or tier is written."""
    movers = Movers()
    assert eventually(platform.rests)
    with platform.unchanged(but="IMPORT#"):
        done = imported(api, ndjson(movers.rows()), control={"points": {"points": "391"}, "members": 3, "lots": 3})
    assert (done["status"], set(done["counts"].values())) == ("failed", {0})
    assert "points: 390 instead of 391, members: 2 instead of 3" in done["failure"]
    refusal(api.post("/v1/members/lookup", json={"card": movers.mei}), 404, "member_not_found")


def test_openings_come_once_whoever_brings_them_again(api: httpx.Client) -> None:
    """E14: by the reference that they had; with other content they are rejected."""
    movers = Movers()
    rows = movers.rows()
    imported(api, ndjson(rows))
    mei = id_of(api, movers.mei)
    before = {**wallet(api, mei), "at": None}
    again = imported(api, ndjson(rows))
    assert (again["counts"]["opened"], again["rejections"]) == (0, [])
    rows[2]["points"] = "251"
    (rejected,) = imported(api, ndjson(rows))["rejections"]
    assert (rejected["line"], rejected["code"]) == (3, "same_identity_other_content")
    assert {**wallet(api, mei), "at": None} == before


def test_a_control_total_of_points_that_there_are_not_is_refused(api: httpx.Client) -> None:
    """E30: at once, with its place."""
    asked = {"format": "ndjson", "control": {"points": {"pebbles": "1"}}}
    problem = refusal(api.post("/v1/imports", json=asked, headers=keyed()), 422, "invalid_row")
    assert pointers(problem) == ["/control/points/pebbles"]

"""The rules change (M34): drafts, comparing, publishing and going back; and sales keep the rules of their time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.calls import (
    PROGRAM,
    Body,
    ago,
    buy,
    created,
    enrol,
    found,
    keyed,
    refund_of,
    refusal,
    sale,
    spendable,
)
from tests.e2e.platform import Platform
from tests.e2e.publishing import hold, wait_until_all_know
from tests.e2e.shell import settings_of, typed

BASE_POINTS = "/earning/base/points"
TWO_LOAVES = [{"sku": "bread-1", "category": "bread", "quantity": "2", "amount": "1000"}]


def changed(points: str = "2", **changes: Any) -> Body:
    """The programme of the tests, with so many points per 100."""
    document = deepcopy(PROGRAM)
    document["earning"][0]["points"] = points
    return {**document, **changes}


def active(api: httpx.Client) -> int:
    return int(found(api.get("/v1/program"))["version"])


@pytest.fixture(scope="module", autouse=True)
def _as_it_was(api: httpx.Client) -> Iterator[None]:
    """The other tests go on with their programme."""
    yield
    hold(api, PROGRAM)


def begun(api: httpx.Client, document: Body, **more: Any) -> tuple[str, Body]:
    """A new draft: where it is, and itself."""
    draft = created(api.post("/v1/program/drafts", json={"document": document, **more}, headers=keyed()))
    return f"/v1/program/drafts/{draft['draft_id']}", draft


def test_a_draft_is_written_checked_compared_and_published(api: httpx.Client) -> None:
    """M34: unfinished at first; what it would change is seen before it holds."""
    before = active(api)
    path, draft = begun(api, {"name": "To be written"})
    assert (draft["revision"], draft["based_on"]) == (1, before)
    assert not found(api.post(f"{path}/validation"))["valid"]
    refusal(api.post(f"{path}/publication"), 422, "invalid_program")

    misspelt = changed()
    misspelt["earning"][1]["when"] = {"brands": ["soar"]}
    put = api.put(path, json={"document": misspelt}, headers={"If-Match": '"1"'})
    assert found(put)["revision"] == 2
    examined = found(api.post(f"{path}/validation"))
    assert {each["pointer"] for each in examined["problems"]} == {"/earning/1/when/brands/0"}

    refusal(api.put(path, json={"document": changed()}, headers={"If-Match": '"1"'}), 412, "precondition_failed")
    found(api.put(path, json={"document": changed()}, headers={"If-Match": '"2"'}))
    assert found(api.post(f"{path}/validation")) == {"valid": True, "count": 0, "problems": []}
    (change,) = found(api.get(f"{path}/diff"))["changes"]
    assert change == {"pointer": BASE_POINTS, "change": "changed", "was": "1", "is": "2"}

    published = created(api.post(f"{path}/publication"))
    assert (published["version"], active(api)) == (before + 1, before + 1)
    assert found(api.post(f"{path}/publication")) == {**published, "replayed": True}
    assert found(api.get(path))["published_as"] == before + 1
    refusal(api.put(path, json={"document": changed("3")}, headers={"If-Match": '"4"'}), 409, "draft_published")


def test_nobody_publishes_over_what_they_have_not_seen(api: httpx.Client, platform: Platform) -> None:
    """M34: whose draft is based on a version that holds no more looks at it again."""
    path, draft = begun(api, changed("4"))
    created(api.post("/v1/program/versions", json=changed("5")))
    with platform.unchanged():
        refusal(api.post(f"{path}/publication"), 412, "precondition_failed")
    seen = {"document": changed("4"), "based_on": active(api)}
    found(api.put(path, json=seen, headers={"If-Match": f'"{draft["revision"]}"'}))
    created(api.post(f"{path}/publication"))


def test_a_draft_can_be_discarded(api: httpx.Client) -> None:
    path, _ = begun(api, {"name": "Never mind"})
    assert api.delete(path, headers={"If-Match": '"1"'}).status_code == 204
    refusal(api.get(path), 404, "not_found")
    assert path.rpartition("/")[2] not in [each["draft_id"] for each in found(api.get("/v1/program/drafts"))["items"]]


def test_a_brand_may_not_change_the_rules(api: httpx.Client, maru: httpx.Client, platform: Platform) -> None:
    """E31: nor look at what the group is writing."""
    path, _ = begun(api, changed("6"))
    with platform.unchanged():
        refusal(maru.get(path), 403, "foreign_brand")
        refusal(maru.post(f"{path}/publication"), 403, "foreign_brand")
        refusal(maru.post("/v1/program/versions", json=changed("6")), 403, "foreign_brand")
        refusal(maru.post("/v1/program/rollback", json={"version": 1, "reason": "x"}), 403, "foreign_brand")


def test_sales_and_their_refunds_keep_the_rules_of_their_time(api: httpx.Client) -> None:
    """E2, M34: whatever is published since, also when the sale itself comes late."""
    hold(api, PROGRAM)
    member = enrol(api)
    first, offline, second = sale(member, lines=TWO_LOAVES), sale(member), sale(member)
    bought = created(api.post("/v1/purchases", json=first))
    version = hold(api, changed("3"))
    tripled = created(api.post("/v1/purchases", json={**second, "occurred_at": ago(seconds=1)}))
    late = created(api.post("/v1/purchases", json=offline))
    sold = [(each["program_version"], each["entries"][0]["points"]) for each in (bought, tripled, late)]
    assert sold == [(version - 1, "10"), (version, "30"), (version - 1, "10")]

    created(api.post("/v1/refunds", json=refund_of(first, {"line": 0, "quantity": "1"})))
    assert spendable(api, member) == "45"
    back = created(api.post("/v1/program/rollback", json={"version": version - 1, "reason": "Too dear"}))
    assert (back["version"], back["restores"], back["reason"]) == (version + 1, version - 1, "Too dear")
    wait_until_all_know()
    created(api.post("/v1/refunds", json=refund_of({**second, "occurred_at": tripled["occurred_at"]})))
    assert spendable(api, member) == "15"
    assert buy(api, member, "1000")["entries"][0]["points"] == "10"
    assert found(api.get(f"/v1/program/versions/{version}"))["document"]["earning"][0]["points"] == "3"


def test_publishing_and_going_back_from_a_shell(api: httpx.Client, tmp_path: Path) -> None:
    """M34: a mistake is told with its place, a version that somebody has not seen is not replaced."""
    before, settings, file = hold(api, PROGRAM), settings_of(api), tmp_path / "program.yaml"
    file.write_text(json.dumps(changed(earning=[{**PROGRAM["earning"][0], "curency": "points"}])))
    assert "/earning/0/curency" in typed({}, "program", "validate", str(file), code=1)

    file.write_text(json.dumps(changed("7")))  # every JSON document is a YAML document
    assert typed(settings, "program", "diff", str(file)) == f'~ {BASE_POINTS}: "1" → "7"\n'
    unseen = typed(settings, "program", "publish", str(file), "--replaces", str(before - 1), code=1)
    assert unseen == f"Version {before} is active, not version {before - 1}.\n"
    assert typed(settings, "program", "publish", str(file)) == f"Version {before + 1} holds now.\n"
    told = typed(settings, "program", "rollback", str(before), "--reason", "Too dear")
    assert told == f"Version {before + 2} holds now: version {before} again.\n"
    assert typed(settings, "program", "diff", str(before + 2), str(before)) == "Nothing differs.\n"

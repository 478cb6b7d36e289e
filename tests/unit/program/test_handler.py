"""The function `serve_program`, fed with the events of the gateway that `events/` holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders import document
from tests.files import EVENTS
from tests.unit.program.serving import Event, Function


def event(name: str) -> Event:
    loaded: Event = json.loads((EVENTS / f"serve_program.{name}.json").read_text(encoding="utf-8"))
    return loaded


def publication(written: Any = None, *, if_match: str | None = None, **authorizer: str) -> Event:
    """The sample publication, with another document, ETag or key."""
    posted = event("publish")
    posted["requestContext"]["authorizer"] |= authorizer
    if written is not None:
        posted["body"] = written if isinstance(written, str) else json.dumps(written)
    if if_match is not None:
        posted["headers"]["If-Match"] = if_match
        posted["multiValueHeaders"]["If-Match"] = [if_match]
    return posted


def ask(posted: Event, **query: str) -> Event:
    """The same call with other query parameters."""
    many = {name: [value] for name, value in query.items()}
    return {**posted, "queryStringParameters": query or None, "multiValueQueryStringParameters": many or None}


@pytest.mark.parametrize("name", sorted(path.name.split(".")[1] for path in EVENTS.glob("serve_program.*.json")))
def test_every_sample_event_is_answered(function: Function, name: str, tmp_path: Path) -> None:
    if name == "get_openapi":
        pytest.skip("The description is generated from all functions; its own test reads it.")
    function(event("publish"))
    if "draft" in name:
        function(event("create_draft"))

    status, _, headers = function(event(name))

    assert status in {200, 201, 204}
    assert headers["Content-Type"] == "application/json"


def test_a_publication_is_answered_with_its_number_and_read_back(function: Function) -> None:
    status, body, headers = function(event("publish"))

    assert (status, body["version"], body["name"], body["replayed"]) == (201, 1, "回頭 Huitou Club", False)
    assert (headers["ETag"], headers["Location"]) == ('"1"', "versions/1")

    status, active, headers = function(event("get_program"))
    assert (status, active["version"], headers["ETag"]) == (200, 1, '"1"')
    assert active["document"]["earning"][1]["when"]["hours"] == {"from": "14:00", "to": "17:00"}
    assert active["published_by"] == event("publish")["requestContext"]["authorizer"]["key_id"]


def test_the_same_document_again_is_a_replay(function: Function) -> None:
    """E14: the first answer again, marked; nothing is written."""
    _, first, _ = function(event("publish"))

    status, again, _ = function(event("publish"))

    assert (status, again) == (200, {**first, "replayed": True})


def test_an_author_of_an_older_version_is_refused(function: Function) -> None:
    """E33: If-Match on documents that people edit."""
    function(publication(document(name="A")))
    function(publication(document(name="B"), if_match='"1"'))

    status, problem, _ = function(publication(document(name="C"), if_match='"1"'))

    assert (status, problem["code"]) == (412, "precondition_failed")


def test_a_document_that_cannot_work_is_refused_with_every_reason(function: Function) -> None:
    """E30: the reason and the path, and nothing is written."""
    status, problem, headers = function(publication(document(home_currency="stars", time_zone="Mars/Base")))

    assert (status, problem["code"]) == (422, "invalid_program")
    assert {error["pointer"] for error in problem["errors"]} == {"/home_currency", "/time_zone"}
    assert headers["Content-Type"] == "application/problem+json"
    assert function(event("get_program"))[0] == 503


@pytest.mark.parametrize("body", ["{", "[]", '{"name": NaN}', '{"name": "a", "name": "b"}', '{"name": "\\ud800"}'])
def test_a_malformed_body_is_refused(function: Function, body: str) -> None:
    """E30"""
    status, problem, _ = function(publication(body))

    assert (status, problem["code"]) == (400, "malformed")


def test_a_body_beyond_the_limit_is_refused(function: Function) -> None:
    """E30"""
    status, problem, _ = function(publication(document(name="x" * 2_000_000)))

    assert (status, problem["code"]) == (413, "body_too_large")


def test_a_long_document_in_chinese_is_not_taken_for_a_larger_one(function: Function) -> None:
    stores = [{"id": f"s{n}", "brand": "maru", "name": "回" * 80, "region": "北"} for n in range(3000)]

    status, _, _ = function(publication(json.dumps(document(stores=stores), ensure_ascii=False)))

    assert status == 201


@pytest.mark.parametrize(
    ("authorizer", "code"),
    [
        ({"permissions": "program:read"}, "missing_permission"),
        ({"brand": "maru"}, "foreign_brand"),
    ],
)
def test_only_a_key_of_the_group_may_publish(function: Function, authorizer: dict[str, str], code: str) -> None:
    """M35: scope and permission."""
    status, problem, _ = function(publication(**authorizer))

    assert (status, problem["code"]) == (403, code)


@pytest.mark.parametrize("name", ["list_stores", "get_program", "get_schema", "list_versions", "get_version"])
def test_reading_needs_its_permission(function: Function, name: str) -> None:
    """M35"""
    asked = event(name)
    asked["requestContext"]["authorizer"]["permissions"] = "members:read"

    status, problem, _ = function(asked)

    assert (status, problem["code"]) == (403, "missing_permission")


def test_stores_are_listed_by_brand_and_region(function: Function) -> None:
    """E31: where to buy is no brand's secret, so a brand's key sees the stores of all."""
    function(event("publish"))
    stores = event("list_stores")

    _, body, _ = function(stores)
    assert body == {
        "items": [
            {
                "store_id": "m1",
                "brand": "maru",
                "name": "丸市信義店",
                "region": "north",
                "time_zone": "Asia/Taipei",
            }
        ],
        "next_cursor": None,
    }
    assert [store["store_id"] for store in function(ask(stores, brand="sora"))[1]["items"]] == ["s1"]
    assert function(ask(stores, brand="nobody"))[1]["items"] == []


def test_stores_and_versions_come_in_pages(function: Function) -> None:
    """E33: `next_cursor` goes on where the page ended."""
    for name in ("A", "B", "C"):
        function(publication(document(name=name)))

    for call, field, expected in [("list_stores", "store_id", ["m1", "s1"]), ("list_versions", "version", [3, 2, 1])]:
        seen, query = [], {"limit": "1"}
        while True:
            _, page, _ = function(ask(event(call), **query))
            seen += [item[field] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert seen == expected


@pytest.mark.parametrize(
    ("call", "query"),
    [("list_versions", {"cursor": "!"}), ("list_versions", {"cursor": "QUNUSVZF"}), ("list_versions", {"limit": "0"})],
)
def test_a_page_that_cannot_be_is_refused(function: Function, call: str, query: dict[str, str]) -> None:
    """E30: also a cursor that leads out of the list (`ACTIVE`)."""
    assert function(ask(event(call), **query))[0] == 422


@pytest.mark.parametrize(("number", "status"), [("2", 404), ("0", 422), ("x", 422), ("1" * 30, 422)])
def test_a_version_that_was_never_published(function: Function, number: str, status: int) -> None:
    function(event("publish"))
    asked = event("get_version")
    asked |= {"path": f"/v1/program/versions/{number}", "pathParameters": {"version": number}}

    assert function(asked)[0] == status


def test_before_the_first_publication_callers_are_told_to_come_back(function: Function) -> None:
    status, problem, headers = function(event("list_stores"))

    assert (status, problem["code"], headers["Retry-After"]) == (503, "no_program", "1")


# --- drafts, comparison, rollback ---


def test_a_draft_goes_from_its_beginning_to_its_publication(function: Function) -> None:
    """M34"""
    function(event("publish"))

    status, draft, headers = function(event("create_draft"))
    assert (status, draft["revision"], draft["based_on"], draft["replayed"]) == (201, 1, 1, False)
    assert (headers["ETag"], headers["Location"]) == ('"1"', f"drafts/{draft['draft_id']}")
    assert function(event("create_draft"))[:2] == (200, {**draft, "replayed": True})

    status, changed, headers = function(event("change_draft"))
    assert (status, changed["revision"], headers["ETag"]) == (200, 2, '"2"')

    status, compared, _ = function(event("compare_draft"))
    assert (status, compared["version"], compared["against"], compared["count"]) == (200, None, 1, 1)
    assert [(each["pointer"], each["change"], each["was"]) for each in compared["changes"]] == [
        ("/earning/spring", "added", None)
    ]
    assert compared["changes"][0]["is"]["times"] == "1.5"

    assert function(event("examine_draft"))[1] == {"valid": True, "count": 0, "problems": []}
    status, published, headers = function(event("publish_draft"))
    assert (status, published["version"], published["replayed"], headers["ETag"]) == (201, 2, False, '"2"')
    assert function(event("publish_draft"))[:2] == (200, {**published, "replayed": True})
    assert function(event("get_draft"))[1]["published_as"] == 2
    assert [each["draft_id"] for each in function(event("list_drafts"))[1]["items"]] == [draft["draft_id"]]

    status, problem, _ = function(event("change_draft"))
    assert (status, problem["code"]) == (409, "draft_published")


def test_a_draft_is_changed_and_discarded_in_the_revision_that_was_read(function: Function) -> None:
    """E33"""
    function(event("create_draft"))
    function(event("change_draft"))

    assert [function(event(name))[1]["code"] for name in ("change_draft", "discard_draft")] == [
        "precondition_failed",
        "precondition_failed",
    ]
    unseen = event("discard_draft")
    del unseen["headers"]["If-Match"], unseen["multiValueHeaders"]["If-Match"]
    assert function(unseen)[1]["code"] == "precondition_required"


def test_a_draft_may_be_anything_until_it_is_published(function: Function) -> None:
    """E30: what is wrong with it is said when asked, and when it shall be published."""
    begun = event("create_draft")
    begun["body"] = '{"document": {"name": 7}}'
    assert function(begun)[0] == 201

    status, examined, _ = function(event("examine_draft"))
    assert (status, examined["valid"]) == (200, False)
    assert "/name" in {each["pointer"] for each in examined["problems"]}
    assert [function(event(name))[1]["code"] for name in ("compare_draft", "publish_draft")] == ["invalid_program"] * 2


def test_an_examination_keeps_nothing(function: Function) -> None:
    """M34: also what the version that holds forbids is told."""
    function(event("publish"))
    asked = event("examine")
    asked["body"] = json.dumps(document(home_currency="beans"))

    status, body, _ = function(asked)

    assert status == 200
    assert body["count"] == len(body["problems"])
    assert {"/home_currency", "/stores"} <= {each["pointer"] for each in body["problems"]}
    assert function(event("list_versions"))[1]["items"][0]["version"] == 1


def test_a_version_is_compared_with_the_one_before_or_another(function: Function) -> None:
    """M34"""
    for name in ("A", "B", "C"):
        function(publication(document(name=name)))
    third = event("compare_version")
    third |= {"path": "/v1/program/versions/3/diff", "pathParameters": {"version": "3"}}

    def named(was: str) -> list[dict[str, str]]:
        return [{"pointer": "/name", "change": "changed", "was": was, "is": "C"}]

    assert function(third)[1] == {"version": 3, "against": 2, "count": 1, "changes": named("B")}
    assert function(ask(third, against="1"))[1] == {"version": 3, "against": 1, "count": 1, "changes": named("A")}
    assert function(ask(third, against="3"))[1]["changes"] == []
    assert function(ask(third, against="4"))[0] == 404
    assert function(event("compare_version"))[1]["against"] is None


def test_a_rollback_is_the_newest_version_and_says_why(function: Function) -> None:
    """M34, M35"""
    function(publication(document(name="A")))
    function(publication(document(name="B")))
    rollback = event("roll_back")

    status, problem, _ = function(rollback)
    assert (status, problem["code"]) == (412, "precondition_failed")

    rollback["headers"]["If-Match"] = '"2"'
    rollback["multiValueHeaders"]["If-Match"] = ['"2"']
    status, body, headers = function(rollback)
    assert (status, body["version"], body["restores"], headers["ETag"]) == (201, 3, 1, '"3"')
    assert body["reason"] == "The spring rule paid twice"
    assert function(event("get_program"))[1]["name"] == "A"
    assert function(event("list_versions"))[1]["items"][0]["restores"] == 1


@pytest.mark.parametrize("name", ["create_draft", "change_draft", "discard_draft", "publish_draft", "roll_back"])
@pytest.mark.parametrize(
    ("authorizer", "code"),
    [({"permissions": "program:read"}, "missing_permission"), ({"brand": "maru"}, "foreign_brand")],
)
def test_only_a_key_of_the_group_may_change_what_will_hold(
    function: Function, name: str, authorizer: dict[str, str], code: str
) -> None:
    """M35"""
    asked = event(name)
    asked["requestContext"]["authorizer"] |= authorizer

    assert function(asked)[1]["code"] == code


@pytest.mark.parametrize("name", ["list_drafts", "get_draft", "compare_draft", "examine_draft"])
def test_drafts_are_nobodys_but_the_groups(function: Function, name: str) -> None:
    """E31: what a brand plans is not told to another."""
    function(event("create_draft"))
    asked = event(name)
    asked["requestContext"]["authorizer"]["brand"] = "maru"

    assert function(asked)[1]["code"] == "foreign_brand"
    assert function(event(name))[0] == 200


def test_a_long_draft_is_taken_like_a_long_publication(function: Function) -> None:
    """Ten thousand stores: more than other bodies may have."""
    stores = [{"id": f"s{n}", "brand": "maru", "name": f"丸市{n}號店", "region": "北"} for n in range(10_000)]
    changed = event("change_draft")
    changed["body"] = json.dumps({"document": document(stores=stores)}, ensure_ascii=False)
    function(event("create_draft"))

    assert function(changed)[0] == 200
    assert function(event("publish_draft"))[0] == 201

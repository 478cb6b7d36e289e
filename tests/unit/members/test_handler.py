"""The function `serve_members`, fed with the events of the gateway that `events/` holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from huitou.kernel.instants import format_instant
from tests.builders import document
from tests.serving import Event, Loaded, both_tables, publish, sample

WRITES = ("enrol", "change_profile", "add_identity", "remove_identity", "set_tag", "remove_tag", "give_consent")
READS = ("lookup", "get_member", "list_consents", "list_consent_history")


def event(name: str, *, body: Any = None, if_match: str = "", query: Any = None, **path: str) -> Event:
    """The sample of a call, with another body, ETag, query or other parts of the path."""
    loaded = sample(f"serve_members.{name}")
    if body is not None:
        loaded["body"] = body if isinstance(body, str) else json.dumps(body)
    if if_match:
        loaded["headers"]["If-Match"] = if_match
        loaded["multiValueHeaders"]["If-Match"] = [if_match]
    if query is not None:
        loaded["queryStringParameters"] = query
        loaded["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
    for part, value in path.items():
        loaded["path"] = loaded["path"].replace(loaded["pathParameters"][part], value)
        loaded["pathParameters"][part] = value
    return loaded


def by(brand: str, asked: Event, permissions: str = "members:read members:write") -> Event:
    """The same call with another key."""
    asked["requestContext"]["authorizer"] |= {"brand": brand, "permissions": permissions}
    return asked


class Function:
    """The function as the Lambda service runs it, over empty tables and a published programme."""

    def __init__(self, functions: Loaded) -> None:
        self._functions = functions

    def __call__(self, incoming: Event) -> tuple[int, Any, dict[str, str]]:
        """(status, body, headers)"""
        answer = self._functions.answer(incoming)
        headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        return answer["statusCode"], json.loads(answer["body"] or "null"), headers

    def enrol(self, *identities: dict[str, Any], brand: str = "maru", **profile: Any) -> dict[str, Any]:
        """The member enrolled."""
        body = {"identities": identities or [{"phone": "0912345678"}], "profile": profile}
        status, member, _ = self(by(brand, event("enrol", body=body)))
        assert status in {200, 201}, member
        return dict(member)


@pytest.fixture
def function() -> Iterator[Function]:
    with both_tables():
        publish(document())
        yield Function(Loaded("serve_members"))


def test_the_samples_tell_a_members_story(function: Function) -> None:
    """Each sample works as it is, once the member's own ids are put in."""
    status, mei, headers = function(event("enrol"))
    assert (status, headers["Location"]) == (201, f"members/{mei['member_id']}")
    assert mei["client_reference"] == "app-signup-20961"
    assert [each["status"] for each in mei["identities"]] == ["verified", "verified"]
    who = {"member_id": mei["member_id"]}

    assert function(event("lookup"))[1]["member_id"] == mei["member_id"]
    status, changed, headers = function(event("change_profile", **who))
    assert (status, headers["ETag"]) == (200, '"2"')
    assert changed["profile"] == mei["profile"] | {"language": "en", "contact_email": "mei@example.com"}

    status, email, _ = function(event("add_identity", **who))
    assert (status, email["identity"], email["status"]) == (201, {"email": "mei@example.com"}, "claimed")
    assert function(event("add_identity", **who))[0] == 200

    assert function(event("set_tag", **who))[0] == 200
    status, seen, _ = function(event("get_member", **who))
    assert [tag["tag"] for tag in seen["tags"]] == ["素食"]
    assert function(event("remove_tag", **who))[0] == 204

    assert function(event("give_consent", **who))[1]["granted"] is True
    assert [each["channel"] for each in function(event("list_consents", **who))[1]["items"]] == ["sms"]
    assert [each["brand"] for each in function(event("list_consent_history", **who))[1]["items"]] == ["maru"]

    assert function(event("remove_identity", **who, identity_id=email["identity_id"]))[0] == 204
    status, problem, _ = function(event("remove_identity", **who, identity_id=email["identity_id"]))
    assert (status, problem["code"]) == (404, "unknown_identity")


@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_every_call_needs_its_permission(function: Function, name: str) -> None:
    """M35."""
    other = "members:read" if name in WRITES else "members:write"
    status, problem, _ = function(by("maru", event(name), other))
    assert (status, problem["code"]) == (403, "missing_permission")


@pytest.mark.parametrize("name", [name for name in (*READS, *WRITES) if name != "enrol"])
def test_a_member_of_another_brand_is_answered_as_one_who_does_not_exist(function: Function, name: str) -> None:
    """E31: byte for byte."""
    path = {"brand": "sora"} if name == "give_consent" else {}
    unknown = function(by("sora", event(name, **path)))
    mei = function.enrol({"phone": "0912345678"})
    path |= {} if name == "lookup" else {"member_id": mei["member_id"]}
    assert function(by("sora", event(name, **path))) == unknown
    assert unknown[1]["code"] == "member_not_found"


def test_201_means_new_to_the_brand(function: Function) -> None:
    """E31: the status tells nothing of other brands."""
    body = {"identities": [{"phone": "0912345678"}]}
    statuses = [
        function(by(brand, event("enrol", body=body)))[0] for brand in ("maru", "maru", "sora", "sora", "group")
    ]
    assert statuses == [201, 200, 201, 200, 200]


def test_another_brands_answer_has_the_same_shape_and_none_of_the_content(function: Function) -> None:
    """E31."""
    known = function.enrol(name="Mei", brand="maru")
    seen = function.enrol(brand="sora")
    stranger = function.enrol({"phone": "0922333444"}, brand="sora")
    assert seen.keys() == stranger.keys()
    assert seen["profile"] == stranger["profile"]
    assert seen["member_id"] == known["member_id"]
    assert [each["brand"] for each in seen["brands"]] == ["sora"]


def test_the_group_enrols_for_a_brand_and_a_brand_for_no_other(function: Function) -> None:
    """M35: scope."""
    body = {"identities": [{"card": "A-1"}], "brand": "sora"}
    assert function(by("group", event("enrol", body=body)))[1]["brands"][0]["brand"] == "sora"
    status, problem, _ = function(by("maru", event("enrol", body=body)))
    assert (status, problem["code"]) == (403, "foreign_brand")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/identities"),
        ({"identities": []}, "/identities"),
        ({"identities": [{}]}, "/identities/0"),
        ({"identities": [{"phone": "12"}]}, "/identities/0"),
        ({"identities": [{"phone": "0912345678", "card": "1"}]}, "/identities/0"),
        ({"identities": [{"line": {"provider": "1"}}]}, "/identities/0/line/user_id"),
        ({"identities": [{"card": "1", "proof": {"method": "sms_code"}}]}, "/identities/0"),
        ({"identities": [{"card": "1", "proof": {"method": "staff"}}]}, "/identities/0/proof"),
        ({"identities": [{"card": "1"}], "profile": {"birthday": "1999-02-29"}}, "/profile/birthday"),
        ({"identities": [{"card": "1"}], "profile": {"birthday": 0}}, "/profile/birthday"),
        ({"identities": [{"card": "1"}], "profile": {"birthday": "2999-01-01"}}, "/profile/birthday"),
        ({"identities": [{"card": "1"}], "profile": {"contact_phone": "1"}}, "/profile/contact_phone"),
        ({"identities": [{"card": "1"}], "profile": {"home_store": "m9"}}, "/profile/home_store"),
        ({"identities": [{"card": "1"}], "profile": {"age": 7}}, "/profile/age"),
        ({"identities": [{"card": "1"}], "profile": {"name": "\u0000"}}, "/profile/name"),
    ],
)
def test_a_wrong_enrolment_names_the_field_and_writes_nothing(function: Function, body: Any, pointer: str) -> None:
    """E30."""
    status, problem, _ = function(event("enrol", body=body))
    assert (status, [error["pointer"] for error in problem["errors"]]) == (422, [pointer])
    assert function(event("lookup", body={"card": "1"}))[0] == 404


def test_an_app_user_of_an_unknown_brand_is_refused(function: Function) -> None:
    """E30."""
    body = {"identities": [{"app": {"brand": "kaze", "user_id": "7"}}]}
    status, problem, _ = function(event("enrol", body=body))
    assert (status, problem["code"]) == (422, "unknown_place")


def test_a_birthday_on_the_29th_of_february_is_kept(function: Function) -> None:
    """E10."""
    assert function.enrol(birthday="2000-02-29")["profile"]["birthday"] == "2000-02-29"


@pytest.mark.parametrize(
    ("if_match", "status"), [(None, 428), ('"7"', 412), ("7", 412), ('"1"', 200), ('W/"1"', 200), ("*", 200)]
)
def test_a_profile_is_changed_with_if_match(function: Function, if_match: str | None, status: int) -> None:
    """E33."""
    mei = function.enrol()["member_id"]
    asked = event("change_profile", body={"profile": {"name": "Mei"}}, if_match=if_match or "*", member_id=mei)
    if if_match is None:
        del asked["headers"]["If-Match"], asked["multiValueHeaders"]["If-Match"]
    assert function(asked)[0] == status


def test_null_clears_a_field_and_an_absent_one_stays(function: Function) -> None:
    mei = function.enrol(name="Mei", language="en")["member_id"]
    asked = event("change_profile", body={"profile": {"name": None}}, if_match="*", member_id=mei)
    profile = function(asked)[1]["profile"]
    assert (profile["name"], profile["language"]) == (None, "en")


def test_a_brand_cannot_overwrite_a_field_of_another_brand(function: Function) -> None:
    """E31."""
    mei = function.enrol(name="Mei")["member_id"]
    function.enrol(brand="sora")
    asked = event("change_profile", body={"profile": {"name": "May"}}, if_match="*", member_id=mei)
    status, problem, _ = function(by("sora", asked))
    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (
        403,
        "field_of_another_brand",
        "/profile/name",
    )


def test_identities_that_contradict_are_refused(function: Function) -> None:
    """M1."""
    mei = function.enrol({"phone": "0912345678"})["member_id"]
    function.enrol({"card": "C1"})
    both = {"identities": [{"phone": "0912345678"}, {"card": "C1"}]}
    status, problem, _ = function(event("enrol", body=both))
    assert (status, problem["code"]) == (409, "identities_of_different_members")
    status, problem, _ = function(event("add_identity", body={"card": "c-1"}, member_id=mei))
    assert (status, problem["code"]) == (409, "identity_taken")


def test_the_last_identity_cannot_be_removed(function: Function) -> None:
    mei = function.enrol()
    named = {"member_id": mei["member_id"], "identity_id": mei["identities"][0]["identity_id"]}
    status, problem, _ = function(event("remove_identity", **named))
    assert (status, problem["code"]) == (409, "last_identity")


def test_a_tag_comes_escaped_or_not(function: Function) -> None:
    """The gateway decodes paths in some places and not in others."""
    mei = function.enrol()["member_id"]
    for tag in ("素食", quote("素食")):
        status, body, _ = function(event("set_tag", member_id=mei, tag=tag))
        assert (status, body["tag"]) == (200, "素食")


@pytest.mark.parametrize("tag", ["-", "%20", "a" * 65, "a%2Fb"])
def test_a_tag_that_is_no_word_is_refused(function: Function, tag: str) -> None:
    """E30."""
    mei = function.enrol()["member_id"]
    status, problem, _ = function(event("set_tag", member_id=mei, tag=tag))
    assert (status, problem["errors"][0]["pointer"]) == (422, "/path/tag")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ({"channel": "fax"}, {"granted": True, "source": "app"}, 422),
        ({"brand": "sora"}, {"granted": True, "source": "app"}, 403),
        ({"brand": "group"}, {"granted": True, "source": "app"}, 200),
        ({"purpose": "Spam!"}, {"granted": True, "source": "app"}, 422),
        ({}, {"granted": "yes", "source": "app"}, 422),
        ({}, {"granted": True}, 422),
        ({}, {"granted": True, "source": "app", "occurred_at": "2026-01-01T10:00:00"}, 422),
        ({}, {"granted": True, "source": "app", "occurred_at": "2020-01-01T10:00:00Z"}, 422),
        ({}, {"granted": True, "source": "app", "occurred_at": "0001-01-01T00:00:00+14:00"}, 422),
    ],
)
def test_a_consent_says_what_it_is_about(function: Function, path: dict[str, str], body: Any, status: int) -> None:
    """E30, E31, E32."""
    mei = function.enrol()["member_id"]
    assert function(event("give_consent", body=body, member_id=mei, **path))[0] == status


def test_the_history_of_consents_comes_in_pages(function: Function) -> None:
    """E33."""
    mei = function.enrol()["member_id"]
    now = datetime.now(UTC)
    for hours, granted in ((3, True), (2, False), (1, True)):
        at = format_instant(now - timedelta(hours=hours))
        body = {"granted": granted, "source": "app", "occurred_at": at}
        assert function(event("give_consent", body=body, member_id=mei))[0] == 200
    said, query = [], {"limit": "2"}
    for _ in range(2):
        page = function(event("list_consent_history", query=query, member_id=mei))[1]
        said += [line["granted"] for line in page["items"]]
        query = {"limit": "2", "cursor": page["next_cursor"]}
    assert said == [True, False, True]
    assert page["next_cursor"] is None


def test_who_recorded_a_consent_to_the_group_is_no_other_brands_affair(function: Function) -> None:
    """E31."""
    mei = function.enrol(brand="maru")["member_id"]
    function.enrol(brand="sora")
    function(event("give_consent", member_id=mei, brand="group"))
    assert function(event("list_consents", member_id=mei))[1]["items"][0]["recorded_by"] == "maru"
    assert function(by("sora", event("list_consents", member_id=mei)))[1]["items"][0]["recorded_by"] is None


def test_no_answer_but_the_members_own_shows_an_identity(function: Function) -> None:
    """E25: the ids of identities tell nothing of them."""
    identity = function.enrol()["identities"][0]
    assert identity["identity"] == {"phone": "+886912345678"}
    assert "912345678" not in identity["identity_id"]

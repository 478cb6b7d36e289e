"""Who gets in (M35), and what the gateway refuses by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from cli.local_stack import LocalStack
from huitou.access.model import PERMISSIONS
from huitou.access.service import KeyService
from huitou.kernel.instants import to_instant
from tests.e2e.calls import enrol, found, keyed, now, redemption, refusal, sale, sora_sale
from tests.e2e.conftest import client_of

CACHED_SECONDS = 60
"""How long the gateway may know a key that was revoked."""


@dataclass(frozen=True)
class Revoked:
    """A key that the gateway had just met when it was revoked, and when that was."""

    client: httpx.Client
    at: float


@pytest.fixture(scope="module")
def revoked(stack: LocalStack, keys: KeyService, api: httpx.Client) -> Iterator[Revoked]:
    key = keys.mint("maru", PERMISSIONS, "to be revoked", "tests", to_instant(now()))
    with client_of(stack, str(key)) as client:
        found(client.get("/v1/stores"))
        keys.revoke(key.key_id, "tests", to_instant(now()))
        yield Revoked(client, time.monotonic())


def test_without_a_key_nothing_is_answered(stack: LocalStack, revoked: Revoked) -> None:
    """M35, E30: 401, with the header that says what is missing."""
    with client_of(stack, None) as nobody:
        answer = nobody.get("/v1/stores")
        refusal(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
        refusal(nobody.post("/v1/purchases", json=sale()), 401, "unauthenticated")


@pytest.mark.parametrize(
    "key",
    ["nonsense", "hk_0123456789abcdef_" + "0" * 64, "hk__", "hk_a_b_c", "hk_" + "é" * 3],
    ids=["nonsense", "unknown", "empty", "too many parts", "not ascii"],
)
def test_a_wrong_key_is_refused(stack: LocalStack, api: httpx.Client, key: str) -> None:
    """M35: whatever is wrong about it, in the same words."""
    with client_of(stack, None) as client:
        answer = client.get("/v1/stores", headers={b"Authorization": f"Bearer {key}".encode()})
    refusal(answer, 401, "unauthenticated")


def test_the_right_id_with_another_secret_is_refused(stack: LocalStack, keys: KeyService) -> None:
    """M35: the secret is what counts."""
    key = str(keys.mint("maru", PERMISSIONS, "tests", "tests", to_instant(now())))
    with client_of(stack, key[:-1] + ("0" if key[-1] != "0" else "1")) as client:
        refusal(client.get("/v1/stores"), 401, "unauthenticated")


def test_a_key_that_is_revoked_before_its_first_use_never_works(stack: LocalStack, keys: KeyService) -> None:
    """M35."""
    key = keys.mint("maru", PERMISSIONS, "tests", "tests", to_instant(now()))
    keys.revoke(key.key_id, "tests", to_instant(now()))
    with client_of(stack, str(key)) as client:
        refusal(client.get("/v1/stores"), 401, "unauthenticated")


def test_a_key_may_do_what_it_was_minted_for(reader: httpx.Client, api: httpx.Client) -> None:
    """M35: each route asks for its permission, by name."""
    member = enrol(api)
    found(reader.get(f"/v1/members/{member}/wallet"))
    gift = {"member": {"id": member}, "points": "1", "brand": "maru", "reason": "x", "actor": "x"}
    for answer in (
        reader.post("/v1/purchases", json=sale(member)),
        reader.post("/v1/purchases/batch", json={"purchases": [sale(member)]}),
        reader.post("/v1/members", json={"identities": [{"card": "C-1"}]}),
        reader.post("/v1/redemptions", json=redemption(member, "1"), headers=keyed()),
        reader.post("/v1/adjustments", json=gift, headers=keyed()),
        reader.post("/v1/imports", json={"format": "ndjson"}, headers=keyed()),
        reader.put(f"/v1/members/{member}/tags/vip"),
        reader.post("/v1/program/versions", json={}),
    ):
        refusal(answer, 403, "missing_permission")


def test_a_brand_acts_for_itself(maru: httpx.Client, api: httpx.Client) -> None:
    """M35: in purchases, enrolments, redemptions; only the group publishes."""
    member = enrol(api)
    for answer in (
        maru.post("/v1/purchases", json=sora_sale(member)),
        maru.post("/v1/members", json={"identities": [{"card": "C-1"}], "brand": "sora"}),
        maru.post("/v1/redemptions", json=redemption(member, "1", brand="sora"), headers=keyed()),
        maru.post("/v1/program/versions", json=found(maru.get("/v1/program"))["document"]),
    ):
        refusal(answer, 403, "foreign_brand")
    inside = found(maru.post("/v1/purchases/batch", json={"purchases": [sora_sale(member)]}))["results"]
    assert [(result["status"], result["problem"]["code"]) for result in inside] == [(403, "foreign_brand")]


def test_a_key_of_the_group_names_the_brand(api: httpx.Client) -> None:
    """E31: it stands for all of them."""
    nowhere = sale()
    del nowhere["brand"]
    problem = refusal(api.post("/v1/purchases", json=nowhere), 422, "brand_required")
    assert [error["pointer"] for error in problem["errors"]] == ["/brand"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/unheard-of"),
        ("GET", "/v2/stores"),
        ("GET", "/"),
        ("DELETE", "/v1/members/01JQZZZZZZZZZZZZZZZZZZZZZZ"),
        ("PUT", "/v1/purchases"),
    ],
)
def test_the_gateway_knows_no_other_path(api: httpx.Client, method: str, path: str) -> None:
    """E30: in the same shape as our own refusals."""
    refusal(api.request(method, path), 404, "route_not_found")


def test_anybody_may_read_how_to_call_us(stack: LocalStack) -> None:
    """M36: the description needs no key."""
    with client_of(stack, None) as nobody:
        assert found(nobody.get("/v1/openapi.json"))["openapi"].startswith("3.1")


def test_a_revoked_key_ends_within_a_minute(revoked: Revoked) -> None:
    """M35: as soon as the gateway has forgotten it."""
    rest = revoked.at + CACHED_SECONDS + 1 - time.monotonic()
    time.sleep(max(rest, 0))
    refusal(revoked.client.get("/v1/stores"), 401, "unauthenticated")

"""The function `serve_records` on tables in this process, fed with the samples in `events/`."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from huitou.kernel.ids import MemberId
from tests.builders import document
from tests.gateway import request
from tests.merging import TIERS
from tests.purchases import Shop, bill
from tests.serving import Event, Result, both_tables, enrol, publish, sample

MEI, OTHER = MemberId("01KAJ3XQ5T8Z4V7N2R6W9YBCDE"), MemberId("01KAJ3XQ5T8Z4V7N2R6W9YBCDF")
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


def event(name: str) -> Event:
    return sample(f"serve_records.{name}")


class Functions:
    """The function, and that of members, as the Lambda service runs them."""

    def __init__(self) -> None:
        self.records: Any = importlib.reload(importlib.import_module("functions.serve_records.handler"))
        self.members: Any = importlib.reload(importlib.import_module("functions.serve_members.handler"))
        self.shop = Shop(self.records.programs.active(), self.records.table)
        for member, phone in ((MEI, "0912-345-678"), (OTHER, "0987-654-321")):
            enrol(member, phone, self.records.table, self.records.programs, NOW)
        self.records.app._clock = lambda: NOW + timedelta(days=1)

    def call(self, incoming: Event) -> Result:
        answered = self.records.handler(incoming, None)
        return answered["statusCode"], json.loads(answered["body"])

    def member(self, member: MemberId) -> Result:
        asked = request("GET", "/v1/members/{member_id}", path={"member_id": member})
        answered = self.members.handler(asked, None)
        return answered["statusCode"], json.loads(answered["body"])


@pytest.fixture
def functions() -> Iterator[Functions]:
    with both_tables():
        publish(document(tiers=TIERS))
        yield Functions()


def test_the_samples_tell_the_story_of_a_merge(functions: Functions) -> None:
    """E15: made, read, undone; the other's id leads to the survivor meanwhile."""
    functions.shop.sell(bill("A-1", occurred_at=NOW), OTHER)
    status, made = functions.call(event("merge"))
    assert (status, made["survivor"], made["replayed"]) == (201, MEI, False)
    assert made["points"] == [{"currency": "points", "came": "10", "earned": None, "returned": None, "kept": None}]
    status, seen = functions.member(OTHER)
    assert (status, seen["member_id"], len(seen["identities"])) == (200, MEI, 2)
    assert functions.call(event("merge"))[0] == 200
    assert functions.call(event("get_merge"))[1]["merge_id"] == made["merge_id"]
    status, undone = functions.call(event("undo"))
    assert (status, undone["points"][0]["returned"]) == (201, "10")
    assert functions.call(event("undo"))[0] == 200
    status, seen = functions.member(OTHER)
    assert (seen["member_id"], len(seen["identities"])) == (OTHER, 1)


def test_the_sample_of_an_erasure_destroys_the_record(functions: Functions) -> None:
    """E25: 410 from then on."""
    functions.shop.sell(bill("A-1", occurred_at=NOW), MEI)
    status, erased = functions.call(event("erase"))
    assert (status, erased["replayed"]) == (201, False)
    status, problem = functions.member(MEI)
    assert (status, problem["code"]) == (410, "member_erased")
    assert functions.call(event("erase"))[1]["replayed"]
    assert functions.records.erasures.replay() == 1


@pytest.mark.parametrize("name", ["merge", "get_merge", "undo", "erase"])
def test_a_brand_may_do_none_of_this(functions: Functions, name: str) -> None:
    """M2, M4: these are the group's."""
    asked = event(name)
    asked["requestContext"]["authorizer"]["brand"] = "maru"
    status, problem = functions.call(asked)
    assert (status, problem["code"]) == (403, "foreign_brand")


def test_a_merge_that_is_not_there(functions: Functions) -> None:
    assert functions.call(event("get_merge"))[1]["code"] == "merge_not_found"

"""All members together (M16, M18): asked for, gone through, and what was found is what members are judged by."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta

import httpx
import pytest

from huitou.kernel.ids import MemberId, digest_of, new_member_id
from huitou.kernel.instants import to_instant
from huitou.segments.facts import AliveModel
from tests.builders import program
from tests.customers import returns
from tests.e2e.calls import PROGRAM, Body, accepted, buy, enrol, found, keyed, now, unique
from tests.e2e.jobs import PATIENCE
from tests.e2e.platform import Platform, eventually
from tests.e2e.publishing import hold
from tests.purchases import Shop, bill, bread
from tests.standing import BEST

OFTEN = AliveModel(r=0.8, alpha=2.0, a=0.9, b=2.5)
CUSTOMERS = 150
DAYS = 84
"""How long ago the first of them came."""


@pytest.fixture
def _as_it_was(api: httpx.Client) -> Iterator[None]:
    """The other tests go on with their programme."""
    yield
    hold(api, PROGRAM)


@pytest.fixture
def customers(api: httpx.Client, platform: Platform) -> Sequence[MemberId]:
    """Came for twelve weeks, some until today. By the same decisions and stores as ever, with the time of then."""
    shop = Shop(program(PROGRAM), platform.table())
    for version in range(2, int(found(api.get("/v1/program"))["version"]) + 1):
        shop.programs.publish(program(PROGRAM, version))
    chance = random.Random(18)  # noqa: S311 - always the same customers
    members = [new_member_id() for _ in range(CUSTOMERS)]
    for member in members:
        shop.enrol(member)
        for day in (0.0, *returns(OFTEN, chance, DAYS - 1)):
            then = to_instant(now() - timedelta(days=DAYS - day))
            shop.sell(bill(unique("R"), bread(chance.randint(100, 900)), occurred_at=then), member, now=then)
    return members


@pytest.mark.usefixtures("customers", "_as_it_was")
def test_what_all_members_come_to_decides_over_each(api: httpx.Client, platform: Platform) -> None:
    """M16, M18: fitted where scipy is, read where what a member does is reacted to, and by all after the next run."""
    insights = _asked_for(api)
    assert insights["not_fitted"] is None
    assert insights["members"] >= CUSTOMERS
    assert all(float(insights["alive"][name]) > 0 for name in AliveModel._fields)
    cuts = insights["rfm"]["money"]
    assert cuts == sorted(cuts, key=int)

    hold(api, {**PROGRAM, "segments": [BEST]})
    generous, modest = enrol(api), enrol(api)
    buy(api, generous, str(int(cuts[-1])))
    buy(api, modest, str(int(cuts[-1]) - 1))
    assert eventually(lambda: _segments(platform, generous) == {"best"})
    assert eventually(lambda: _segments(platform, modest) == set())

    version = _asked_for(api)["version"]
    rebuild = digest_of(("rebuild", "measured", str(version)))
    assert eventually(lambda: found(api.get(f"/v1/rebuilds/{rebuild}"))["status"] == "completed", seconds=PATIENCE)
    assert {_judged_by(platform, member) for member in (generous, modest)} == {version}


def _asked_for(api: httpx.Client) -> Body:
    """What a new run finds."""
    run = accepted(api.post("/v1/insights", headers=keyed()))["run_id"]

    def is_there() -> bool:
        answer = api.get("/v1/insights")
        return answer.is_success and bool(answer.json()["run_id"] == run)

    assert eventually(is_there, seconds=PATIENCE)
    return found(api.get("/v1/insights"))


def _segments(platform: Platform, member: str) -> set[str] | None:
    """Those that are kept; None: nobody has looked yet."""
    position = platform.states().load(MemberId(member)).position
    return {each.segment for each in position.memberships if each.until is None} if position else None


def _judged_by(platform: Platform, member: str) -> int | None:
    """Which version of what is known of all."""
    position = platform.states().load(MemberId(member)).position
    return position.seen.insights if position and position.seen else None

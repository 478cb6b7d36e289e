"""Time alone changes wallets: the tick finds what is due, the queue carries it, the worker books it, once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from huitou.kernel.ids import new_member_id
from huitou.kernel.instants import format_instant, to_instant
from huitou.purchases.model import Line
from tests.builders import program
from tests.e2e.calls import DAY, PROGRAM, entries, found, now, spendable, unique
from tests.e2e.platform import Platform, eventually
from tests.purchases import Shop, bill, bread


@dataclass(frozen=True)
class Forgotten:
    """A wallet that last midnight should have changed, and that has fallen due only now."""

    member: str
    currency: str
    change: str

    def told(self, api: httpx.Client) -> list[str]:
        """What its entries say."""
        return [str(entry["type"]) for entry in entries(api, self.member, currency=self.currency)]

    def is_booked(self, api: httpx.Client) -> bool:
        return self.told(api) == ["earn", self.change]

    @property
    def message(self) -> str:
        """What the tick says of it to the worker."""
        return json.dumps({"member_id": self.member, "currency": self.currency, "due_at": "2026-03-01T16:00:00.000Z"})


@pytest.fixture
def forgotten(api: httpx.Client, platform: Platform) -> list[Forgotten]:
    """Beans that were earned yesterday and should have begun, leaves of the day before that should have ended.

    By the same decisions and stores as ever, on the deployed table, with the time of then.
    """
    version = int(found(api.get("/v1/program"))["version"])
    shop = Shop(program(PROGRAM, version), platform.table())

    def sold(days_ago: int, *lines: Line, **where: str) -> str:
        member, when = new_member_id(), to_instant(now() - days_ago * DAY)
        shop.enrol(member)
        shop.sell(bill(unique("R"), *lines, occurred_at=when, program_version=version, **where), member, now=when)
        return str(member)

    wallets = [
        Forgotten(sold(1, bread(), brand="sora", store="s1"), "beans", "activate"),
        Forgotten(sold(2, bread(category="tea")), "leaves", "expire"),
        Forgotten(sold(1, bread(), brand="sora", store="s1"), "beans", "activate"),
    ]
    for each in wallets:
        platform.wake(each.member, each.currency, now())
    return wallets


def test_what_falls_due_is_booked_once_however_often_the_clock_ticks(
    api: httpx.Client, platform: Platform, forgotten: list[Forgotten]
) -> None:
    """M17, E21: from the due index over the queue to the ledger; each at its own instant."""
    beans, leaves, _ = forgotten
    assert [each.told(api) for each in forgotten] == [["earn"]] * 3
    before = spendable(api, beans.member, currency="beans"), spendable(api, leaves.member, currency="leaves")
    assert before == ("100", "0")  # exact, although nothing was booked

    for _ in range(5):
        platform.tick()

    assert eventually(lambda: all(each.is_booked(api) for each in forgotten))
    assert eventually(platform.queue_is_empty)
    assert all(each.is_booked(api) for each in forgotten)
    begun = entries(api, beans.member, currency="beans")
    assert [(entry["points"], entry["cause"]["type"]) for entry in begun] == [("100", "purchase"), ("100", "clock")]
    assert begun[1]["effective_at"] == begun[0]["lots"][0]["active_at"]
    ended = entries(api, leaves.member, currency="leaves")
    assert [(entry["points"], entry["cause"]["type"]) for entry in ended] == [("100", "purchase"), ("-100", "clock")]
    assert ended[1]["effective_at"] == ended[0]["lots"][0]["expires_at"]
    assert (f"M#{leaves.member}", "WALLET#leaves#HEAD") not in platform.due()
    after = spendable(api, beans.member, currency="beans"), spendable(api, leaves.member, currency="leaves")
    assert after == before


def test_what_is_about_to_fall_due_waits_in_the_queue_for_its_instant(
    api: httpx.Client, platform: Platform, forgotten: list[Forgotten]
) -> None:
    """M17: ticks have queued it before, and it is booked then, not a millisecond earlier."""
    beans, *_ = forgotten
    instant = now() + timedelta(seconds=10)
    platform.wake(beans.member, beans.currency, instant)

    platform.tick()

    assert eventually(lambda: beans.is_booked(api))
    assert entries(api, beans.member, currency="beans")[1]["recorded_at"] >= format_instant(instant)


def test_a_poisoned_message_is_set_aside_and_holds_up_nobody(
    api: httpx.Client, platform: Platform, forgotten: list[Forgotten]
) -> None:
    """E21, E28: its neighbours are booked at once; after five attempts it lies in the dead-letter queue."""
    poison = json.dumps({"member_id": "nobody", "trace": unique()})
    first, *others = [each.message for each in forgotten]
    with platform.impatient_queue():
        platform.queue([first, poison, *others])
        assert eventually(lambda: all(each.is_booked(api) for each in forgotten))
        assert eventually(lambda: poison in platform.dead_letters(), seconds=60)
    assert all(each.is_booked(api) for each in forgotten)
    assert platform.queue_is_empty()


def test_the_scheduler_ticks_by_itself(api: httpx.Client, forgotten: list[Forgotten]) -> None:
    """M17: within a minute, nobody asked for it."""
    assert eventually(lambda: all(each.is_booked(api) for each in forgotten), seconds=90)

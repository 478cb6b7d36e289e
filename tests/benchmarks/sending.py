"""What a message costs from its cause to the provider's acceptance, and how many one process sends; on the emulator."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from huitou.channels.model import Accepted
from huitou.kernel.channels import MessageChannel
from huitou.kernel.shares import is_in_share
from huitou.members.identity import phone_identity
from huitou.outbox.model import MessageState
from huitou.platform.table import Table
from huitou.standing.messages import Due, DueJourney, DueMessage
from tests.benchmarks.stage import Cost, MeteredTable, prepared
from tests.campaigns import DAY, HELLO, Town, campaign
from tests.contract.targets import REGION, emulator
from tests.members import said
from tests.outbox import NOON

TABLES: Final = ("members-told", "members-not-told", "members-told-at-once", "members-drawn", "members-not-drawn")
LATENCY: Final = 0.05
"""Seconds that the provider takes."""
MESSAGES: Final = 200
AT_ONCE: Final = (1, 5, 20)
FEW: Final = 1
TWICE: Final = [HELLO, {"wait_days": 1}, HELLO]
CAPS: Final[dict[str, Any]] = {"frequency_caps": [{"most": 2, "days": 7}]}


@dataclass(frozen=True, slots=True)
class Told:
    """What a part of the way costs."""

    part: str
    calls: int
    reads: float
    writes: float
    index_writes: float

    @classmethod
    def of(cls, part: str, cost: Cost, *, without: Cost | None = None) -> Told:
        spared = without or Cost()
        return cls(
            part,
            len(cost.calls) - len(spared.calls),
            cost.reads - spared.reads,
            cost.writes - spared.writes,
            cost.index_writes - spared.index_writes,
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """``a_second`` by how many were sent at once."""

    parts: list[Told]
    a_second: dict[int, float]


def measure() -> Sent:
    """A campaign with a frequency cap writes to who has not come for a month, by email."""
    with emulator() as endpoint, prepared(endpoint, TABLES):
        town = Town(table=Table(TABLES[2], REGION, endpoint))
        town.carriers[MessageChannel.EMAIL].says = _slowly
        return Sent(_parts(endpoint), {threads: _a_second(town, threads) for threads in AT_ONCE})


def _parts(endpoint: str) -> list[Told]:
    costs: list[Cost] = []

    def metered(name: str) -> Any:
        costs.append(Cost())
        return MeteredTable(name, REGION, endpoint, lambda: costs[-1])

    def looked_at(town: Town) -> Cost:
        """At the instant at which they have been away for long enough. Nobody is held out, though they are drawn."""
        costs.append(Cost())
        town.buy(next(each for each in iter(town.join, None) if not is_in_share(each, "miss-you", FEW)))
        town.now = min(due.at for due in town.due(NOON + 60 * DAY))
        (due,) = town.due(town.now)
        costs.append(Cost())
        town.deliver(due)
        return costs[-1]

    def delivered(town: Town, kind: type[Due]) -> Cost:
        due = next(each for each in town.due(town.now) if isinstance(each, kind))
        costs.append(cost := Cost())
        town.deliver(due)
        costs.append(Cost())
        return cost

    def steps(name: str, percent: int) -> list[Cost]:
        """What the two steps of a campaign cost that holds so many out."""
        town = Town(campaign(steps=TWICE, stays=False, holdout_percent=percent), table=metered(name), **CAPS)
        looked_at(town)
        first = delivered(town, DueJourney)
        town.now += DAY
        return [first, delivered(town, DueJourney)]

    without = looked_at(Town(table=metered(TABLES[1]), **CAPS))
    town = Town(campaign(), table=metered(TABLES[0]), **CAPS)
    parts = [Told.of("a journey begins with a move that is kept anyway", looked_at(town), without=without)]
    parts.append(Told.of("its step: a message is planned", delivered(town, DueJourney)))
    parts.append(Told.of("the message is sent", delivered(town, DueMessage)))
    assert len(town.handed()) == 1
    drawn, not_drawn = steps(TABLES[3], FEW), steps(TABLES[4], 0)
    added = ("a holdout adds to the first step: the draw", "a holdout adds to each later step")
    both = zip(added, drawn, not_drawn, strict=True)
    return [*parts, *(Told.of(part, cost, without=spared) for part, cost, spared in both)]


def _a_second(town: Town, threads: int) -> float:
    """Messages accepted, each of another member."""
    phones = (phone_identity(f"0912-{threads:03}-{number:03}") for number in range(MESSAGES))
    messages = [town.plan(town.meet(said(phone), contact_email="mei@example.com")) for phone in phones]
    dispatcher = town.dispatcher()
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        states = {sent.state for sent, _ in pool.map(dispatcher.dispatch, messages) if sent}
    assert states == {MessageState.ACCEPTED}
    return MESSAGES / (time.perf_counter() - start)


def _slowly() -> Accepted:
    time.sleep(LATENCY)
    return Accepted("p-1")

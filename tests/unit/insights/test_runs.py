"""A run of insights: all members are gone through, once each, and what is known is not made worse (M16, M18)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from huitou.access.model import Caller, ForeignBrandError
from huitou.insights.errors import NoInsightsError
from huitou.insights.measuring import Beginning, Concluding, Measuring
from huitou.insights.model import RFM_DAYS, Fit, NoFitError, Run, Survey, conclude
from huitou.insights.packing import pack, run_event, run_in, unpack
from huitou.insights.service import CACHE_SECONDS, InsightJobs, InsightsReader
from huitou.kernel.calendars import local_date
from huitou.kernel.ids import Digest, digest_of
from huitou.members.identity import card_identity
from huitou.segments.alive import Observed
from huitou.segments.facts import UNKNOWN, Deed, Insights
from huitou.segments.rfm import Measures
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_imports import MemoryFiles
from huitou.simulator.memory_insights import MemoryFindings
from huitou.simulator.memory_members import MemoryMemberIndex
from tests.builders import MEI, OPENED, TAIPEI, at
from tests.deeds import CDNOW, bought, visited
from tests.merging import TwoRecords
from tests.purchases import LIN, NOON, Shop, bill, bread, line, return_of
from tests.simulations import GROUP_KEY

NOW = at("2026-11-22 03:30")
DAY = timedelta(days=1)
RUN = Run(digest_of(["run"]), NOW, 1)


def fitted(observed: Mapping[Observed, int]) -> Fit:
    del observed
    return Fit(CDNOW, -1.5)


def unfit(observed: Mapping[Observed, int]) -> Fit:
    del observed
    raise NoFitError("not_converged")


def survey_of(*members: list[Deed], now: datetime = NOW) -> Survey:
    survey = Survey()
    for deeds in members:
        survey.take(deeds, now, TAIPEI)
    return survey


def test_a_member_is_observed_from_the_first_day_of_buying_on() -> None:
    """M18: two purchases on one day are one; a visit without one is none."""
    deeds = [
        *(bought("2026-10-01 09:00"), bought("2026-10-01 18:00"), bought("2026-10-11 09:00")),
        *(visited("2026-10-12 09:00"), bought("2026-10-31 23:59")),
    ]
    survey = survey_of(deeds)
    assert survey.observed == {Observed(x=2, t_x=30, age=52): 1}
    assert survey.measured == {Measures(recency=21, frequency=3, money=400): 1}


def test_what_is_long_ago_tells_of_the_rhythm_and_not_of_the_worth() -> None:
    """M16, M18."""
    long_ago = bought(NOW - timedelta(days=RFM_DAYS))
    survey = survey_of([long_ago])
    assert survey.observed == {Observed(0, 0, RFM_DAYS): 1}
    assert not survey.measured


def test_who_bought_nothing_is_not_counted_nor_what_comes_later() -> None:
    """M18: a run sees what was before it."""
    assert survey_of([], [visited("2026-10-12 09:00")], [bought(NOW)]) == Survey()


def test_surveys_of_shards_add_up_and_come_back_from_their_files() -> None:
    one, other = (
        survey_of([bought("2026-10-01 09:00")]),
        survey_of([bought("2026-10-01 10:00")], [bought(NOW - timedelta(1))]),
    )
    one.merge(unpack(pack(other)))
    assert one.observed == {Observed(0, 0, 52): 2, Observed(0, 0, 1): 1}
    assert unpack(pack(one)) == one


def test_a_run_is_handed_on_as_it_is() -> None:
    assert run_in(run_event(RUN)) == RUN


def test_a_fit_that_failed_leaves_the_parameters_that_were_good() -> None:
    """M18: and says why."""
    survey = survey_of([bought("2026-10-01 09:00")])
    first = conclude(None, RUN, survey, fitted)
    second = conclude(first, RUN._replace(at=NOW + timedelta(days=7)), survey, unfit)
    assert (first.version, first.refused) == (1, None)
    assert (second.version, second.refused) == (2, "not_converged")
    assert second.alive == first.alive
    assert second.insights.alive == CDNOW


def test_without_any_member_nothing_is_known() -> None:
    """M16, M18."""
    nothing = conclude(None, RUN, Survey(), unfit)
    assert nothing.insights == Insights(version=1)
    assert (nothing.members, nothing.recent) == (0, 0)


class Job:
    """A run over a shop's members, state by state."""

    def __init__(self, shop: Shop) -> None:
        self.files = MemoryFiles()
        index = MemoryMemberIndex(shop.table)
        self.begin = Beginning(shop.programs, self.files, index.shards).begin
        self.measure = Measuring(index, shop.states, shop.purchases, shop.programs, self.files).measure
        self.findings = MemoryFindings(shop.table)
        self.conclude = Concluding(self.findings, self.files, fitted, shop.table.commit).conclude

    def run(self, now: datetime = NOW) -> Survey:
        """What the shards come to together."""
        run, survey = self.begin(None, now), Survey()
        for chunk in json.loads(self.files.read(run.manifest_key)):
            self.measure(run, chunk["part"])
            survey.merge(unpack(self.files.read(run.part_key(chunk["part"]))))
        self.conclude(run)
        return survey


def test_a_run_finds_every_member_once() -> None:
    """M18: in whichever shard."""
    shop = Shop()
    for number, member in enumerate((MEI, LIN)):
        shop.enrol(member)
        shop.sell(bill(f"A-{number}", occurred_at=NOON + number * DAY), member)
    job = Job(shop)
    age = (local_date(NOW, TAIPEI) - local_date(NOON, TAIPEI)).days
    assert job.run(NOW).observed == {Observed(0, 0, age): 1, Observed(0, 0, age - 1): 1}
    newest = job.findings.newest()
    assert newest is not None
    assert (newest.version, newest.members, newest.recent) == (1, 2, 2)


def test_what_came_back_was_not_bought() -> None:
    """E2: a part that came back is no money, and a purchase that came back whole is none."""
    shop = Shop()
    shop.enrol()
    first = shop.sell(bill("A-1", bread(600), bread(400))).purchase
    second = shop.sell(bill("A-2", occurred_at=NOON + DAY)).purchase
    shop.refund(return_of(first, "R-1", line(1)), now=NOON + 2 * DAY)
    shop.refund(return_of(second, "R-2"), now=NOON + 2 * DAY)
    [measures] = Job(shop).run().measured
    assert (measures.frequency, measures.money) == (1, 600)


def test_two_cards_of_one_person_are_one_member() -> None:
    """E15: the other id is nobody any more."""
    shop = Shop()
    two = TwoRecords(shop)
    mine, other = (two.enrol(card_identity(card), brand="maru", now=OPENED) for card in ("C-1", "C-2"))
    shop.sell(bill("A-1"), mine)
    shop.sell(bill("A-2", occurred_at=NOON + 10 * DAY), other)
    two.merge(mine, other, NOON + 20 * DAY)
    [observed] = Job(shop).run().observed
    assert (observed.x, observed.t_x) == (1, 10)


def test_a_state_that_is_repeated_changes_nothing() -> None:
    """E21: states are repeated where a call was cut off."""
    shop = Shop()
    shop.enrol()
    shop.sell(bill())
    job = Job(shop)
    run = job.begin(digest_of(["asked"]), NOW)
    for shard in (*range(16), *range(16)):
        job.measure(run, shard)
    first = job.conclude(run)
    assert job.conclude(run) == first
    assert (first.version, first.members) == (1, 1)


def test_a_reader_looks_again_when_what_it_knows_is_old() -> None:
    """M18: a function that lives long learns of a run within a minute."""
    shop, clock = Shop(), [0.0]
    reader = InsightsReader(MemoryFindings(shop.table), lambda: clock[0])
    assert reader.insights() == UNKNOWN
    Job(shop).run()
    assert reader.insights() == UNKNOWN
    clock[0] += CACHE_SECONDS
    assert reader.insights().alive == CDNOW


class Machine:
    """The state machine, which is told to start."""

    def __init__(self) -> None:
        self.started: list[Digest] = []

    def start(self, run: Digest) -> None:
        self.started.append(run)


def test_asking_twice_with_one_key_is_asking_for_one_run() -> None:
    """E14."""
    machine = Machine()
    jobs = InsightJobs(MemoryFindings(MemoryTable()), machine)
    assert jobs.ask("k", GROUP_KEY) == jobs.ask("k", GROUP_KEY) != jobs.ask("other", GROUP_KEY)
    assert len(set(machine.started)) == 2


def test_insights_are_the_groups_and_are_not_there_before_the_first_run() -> None:
    """E31: a brand sees nothing of what other brands' members are like."""
    jobs = InsightJobs(MemoryFindings(MemoryTable()), Machine())
    brand = Caller("k2", "maru", GROUP_KEY.permissions)
    with pytest.raises(ForeignBrandError):
        jobs.newest(brand)
    with pytest.raises(ForeignBrandError):
        jobs.ask("k", brand)
    with pytest.raises(NoInsightsError):
        jobs.newest(GROUP_KEY)

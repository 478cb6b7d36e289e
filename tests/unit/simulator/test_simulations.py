"""What-if over the API (M14): the members' own past under a changed programme, from the request to the report."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from huitou.access.model import ForeignBrandError
from huitou.jobs.model import JobStatus
from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import Digest, MemberId
from huitou.platform.keys import MEMBER_SHARDS
from huitou.program.validation import InvalidProgramError
from huitou.simulator import service
from huitou.simulator.errors import InvalidSimulationError, SimulationNotFoundError
from huitou.simulator.report import written
from huitou.simulator.service import Asked
from tests.builders import MEI, at, document, rule
from tests.purchases import LIN, NOON, bill, bread, line, return_of
from tests.simulations import GROUP_KEY, Laboratory
from tests.standing import BEST, findings

NOW = at("2026-03-31 12:00")
DOUBLE = [rule(points="2")]
OTHERS = tuple(MemberId(f"01JNSM3VF0R6T8C1W5PJ4X{number:04d}") for number in range(6))


@pytest.fixture
def laboratory() -> Laboratory:
    """Mei bought for 2500 and used 5 of her 25 points; Lin bought for 300."""
    lab = Laboratory()
    for member in (MEI, LIN):
        lab.shop.enrol(member)
    lab.shop.sell(bill("A-1"))
    lab.shop.sell(bill("A-2", bread(1500), occurred_at=NOON + timedelta(days=1)))
    lab.shop.sell(bill("B-1", bread(300)), LIN)
    lab.shop.ledger.redeem(5, NOON + timedelta(days=2), brand="sora")
    return lab


def test_a_draft_that_doubles_a_rule_issues_exactly_as_much_again(laboratory: Laboratory) -> None:
    """M14: all that was bought, by everybody; the 5 points are used under both."""
    report = laboratory.report(NOW, draft=laboratory.draft(NOW, earning=DOUBLE))
    [points] = report["points"]
    assert points["issued"] == {"before": "28", "after": "56", "more": "28"}
    assert points["redeemed"] == {"before": "5", "after": "5", "more": "0"}
    assert points["open"] == {"before": "23", "after": "51", "more": "28"}
    assert report["members"] == {"replayed": 2, "gaining": 2, "losing": 0}
    assert [each["member"] for each in report["most_affected"]] == [MEI, LIN]


def test_all_parts_go_by_what_was_known_of_all_members_when_it_was_asked_for(laboratory: Laboratory) -> None:
    """M14, M16: by then the best spend 1000; what is found while it runs does not divide the members."""
    to_best = rule(id="to-best", name="To the best", points="5", per=None, when={"segments": ["best"]})
    draft = laboratory.draft(NOW, segments=[BEST], earning=[rule(), to_best])
    commit = laboratory.shop.table.commit
    commit(laboratory.findings.add(findings(1, money=(100, 200, 300, 1000))))
    asked = laboratory.ask(NOW, draft=draft)
    commit(laboratory.findings.add(findings(2, money=(100, 200, 300, 10**9))))
    again = laboratory.ask(NOW, "second", draft=draft)
    reports = [laboratory.carry_out(each, NOW).report for each in (asked, again)]
    assert [sales_of(report, "to-best") for report in reports] == [1, 0]


def test_under_the_programme_that_held_the_past_comes_out_as_it_was(laboratory: Laboratory) -> None:
    """M14: what is open is what the wallets hold."""
    report = laboratory.report(NOW, version=1)
    open_now = sum(laboratory.shop.wallet(member).balance(NOW).spendable for member in (MEI, LIN))
    assert report["points"][0]["open"] == {"before": str(open_now), "after": str(open_now), "more": "0"}
    assert report["most_affected"] == []


def test_two_runs_give_the_same_report_byte_for_byte(laboratory: Laboratory) -> None:
    """M14: as long as the days have ended and nothing happened since."""
    asked: dict[str, Any] = {"draft": laboratory.draft(NOW, earning=DOUBLE), "last": date(2026, 3, 30)}
    first = laboratory.report(NOW, "one", **asked)
    second = laboratory.report(NOW + timedelta(days=1), "two", **asked)
    assert written(first) == written(second)


def test_only_purchases_of_the_asked_days_are_replayed(laboratory: Laboratory) -> None:
    """M14: both days included, by the calendar of the programme."""
    report = laboratory.report(NOW, version=1, first=date(2026, 3, 3), last=date(2026, 3, 3))
    assert report["sales"]["after"]["counted"] == 1
    assert report["until"] == "2026-03-03T15:59:59.999Z"


def test_what_came_back_counts_as_never_bought(laboratory: Laboratory) -> None:
    """E2: a line that is left earns what it would have earned alone; who returned all, bought nothing."""
    two = bill("A-3", bread(700), bread(400, sku="bread-2"), occurred_at=NOON + timedelta(days=3))
    laboratory.shop.sell(two)
    laboratory.shop.refund(return_of(two, "R-1", line(1), occurred_at=NOON + timedelta(days=4)))
    whole = bill("B-1", bread(300))
    laboratory.shop.refund(return_of(whole, "R-2", occurred_at=NOON + timedelta(days=4)))
    report = laboratory.report(NOW, version=1)
    assert report["points"][0]["issued"]["after"] == str(25 + 7)
    assert report["members"]["replayed"] == 1


def test_points_that_were_given_back_were_never_used(laboratory: Laboratory) -> None:
    """E4: a redemption that was reversed."""
    spent = laboratory.shop.ledger.redeem(7, NOON + timedelta(days=3))
    laboratory.shop.ledger.reverse(spent, NOON + timedelta(days=4))
    assert laboratory.report(NOW, version=1)["points"][0]["redeemed"]["after"] == "5"


def test_a_draft_is_simulated_as_it_was_when_it_was_asked_for(laboratory: Laboratory) -> None:
    """M34: people go on writing."""
    draft = laboratory.draft(NOW, earning=DOUBLE)
    asked = laboratory.ask(NOW, draft=draft)
    laboratory.drafts.change(Digest(draft), json.dumps(document()), None, by="tests", now=NOW)
    assert laboratory.carry_out(asked, NOW).report["points"][0]["issued"]["more"] == "28"


def test_a_document_can_come_with_the_request(laboratory: Laboratory) -> None:
    """M14: for CI, before there is any draft."""
    report = laboratory.report(NOW, document=json.dumps(document(name="After", earning=DOUBLE)))
    assert report["programs"] == {"before": "Huitou Club", "after": "After"}
    assert report["points"][0]["issued"]["more"] == "28"


def test_a_programme_of_other_points_and_brands_can_be_asked_about(laboratory: Laboratory) -> None:
    """M14: what it does not have is counted as unknown, or as points that are not there to be used."""
    stars = {"id": "stars", "name": "Stars", "expiry": {"type": "never"}}
    other = document(
        home_currency="stars",
        point_currencies=[stars],
        brands=[{"id": "sora", "name": "Sora"}],
        stores=document()["stores"][1:],
        earning=[rule(currency="stars")],
    )
    laboratory.shop.sell(bill("S-1", bread(400), brand="sora", store="s1", occurred_at=NOON + timedelta(days=3)))
    report = laboratory.report(NOW, document=json.dumps(other))
    assert report["sales"]["after"] == {"counted": 1, "unknown_place": 3}
    issued = {each["currency"]: each["issued"]["after"] for each in report["points"] if each["issuer"] == "sora"}
    assert issued == {"points": "0", "stars": "4"}


def test_it_is_running_until_all_parts_are_put_together(laboratory: Laboratory) -> None:
    """One part for each shard of the index."""
    asked = laboratory.ask(NOW, version=1)
    assert (asked.simulation.status, asked.simulation.parts) == (JobStatus.RUNNING, MEMBER_SHARDS)
    laboratory.replaying.replay(asked.simulation.id, 3, [3])
    laboratory.replaying.replay(asked.simulation.id, 3, [3])
    seen = laboratory.look(asked)
    assert (seen.done, seen.report) == (1, None)


def test_asked_for_again_it_is_the_same_simulation(laboratory: Laboratory) -> None:
    """E14: also when the draft is gone by then; with another content it is refused."""
    draft = laboratory.draft(NOW, earning=DOUBLE)
    first = laboratory.ask(NOW, draft=draft)
    laboratory.drafts.discard(Digest(draft), None, by="tests", now=NOW)
    again = laboratory.ask(NOW + timedelta(hours=1), draft=draft)
    assert (again.simulation, again.replayed) == (first.simulation, True)
    with pytest.raises(ContentReusedError) as refused:
        laboratory.ask(NOW, version=1)
    assert {each.pointer for each in refused.value.errors} == {"/draft_id", "/version"}


def test_where_a_part_could_not_be_replayed_nothing_is_told(laboratory: Laboratory) -> None:
    """M14: no report of some of the members."""
    failed = laboratory.carry_out(laboratory.ask(NOW, version=1), NOW, failed=True)
    assert (failed.simulation.status, failed.report) == (JobStatus.FAILED, None)
    assert failed.simulation.failure


def test_one_whose_execution_died_is_shown_as_failed(laboratory: Laboratory) -> None:
    """Nobody waits for ever."""
    asked = laboratory.ask(NOW, version=1)
    laboratory.machine.ended[asked.simulation.id] = NOW + timedelta(hours=12)
    assert laboratory.look(asked).simulation.status is JobStatus.FAILED


# --- budgets (E12) ---


def bonus(budget: str) -> dict[str, Any]:
    """50 points for each purchase, to all members together ``budget``."""
    written = rule(id="bonus", name="Bonus", points="50", budget=budget)
    del written["per"]
    return written


@pytest.fixture
def crowd() -> Laboratory:
    """Six members in different shards, each with a purchase."""
    lab = Laboratory()
    for number, member in enumerate(OTHERS):
        lab.shop.enrol(member)
        lab.shop.sell(bill(f"C-{number}"), member)
    return lab


def test_a_budget_is_given_out_once_by_one_worker(crowd: Laboratory) -> None:
    """E12: six would have 50 each, there are 160."""
    asked = crowd.ask(NOW, draft=crowd.draft(NOW, earning=[rule(), bonus("160")]))
    assert asked.simulation.parts == 1
    report = crowd.carry_out(asked, NOW).report
    assert report["rules"][1]["points"]["after"] == "160"
    assert any("bonus ran out" in each for each in report["assumptions"])


def test_too_many_for_one_worker_share_a_budget_that_is_enough(
    crowd: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E12: what is not used up by all together does not bind anybody."""
    monkeypatch.setattr(service, "MOST_TOGETHER", 5)
    asked = crowd.ask(NOW, draft=crowd.draft(NOW, earning=[rule(), bonus("300")]))
    assert asked.simulation.parts == MEMBER_SHARDS
    assert crowd.carry_out(asked, NOW).report["rules"][1]["points"]["after"] == "300"


def test_too_many_for_one_worker_are_refused_a_budget_that_is_used_up(
    crowd: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E12: rather no figure than a wrong one."""
    monkeypatch.setattr(service, "MOST_TOGETHER", 5)
    asked = crowd.ask(NOW, draft=crowd.draft(NOW, earning=[rule(), bonus("299")]))
    failed = crowd.carry_out(asked, NOW).simulation
    assert failed.status is JobStatus.FAILED
    assert "bonus" in (failed.failure or "")


# --- bad input (E30) and strangers (E31) ---


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        (Asked(draft="Q" * 26), "/draft_id"),
        (Asked(draft="no draft"), "/draft_id"),
        (Asked(version=7), "/version"),
        (Asked(version=1, against=7), "/against"),
        (Asked(version=1, first=date(2026, 3, 2), last=date(2026, 3, 1)), "/to"),
        (Asked(version=1, last=date(2026, 4, 1)), "/to"),
        (Asked(version=1, first=date(2026, 4, 1)), "/from"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_its_place(laboratory: Laboratory, asked: Asked, pointer: str) -> None:
    """E30."""
    with pytest.raises(InvalidSimulationError) as refused:
        laboratory.use.create(asked, "first", GROUP_KEY, NOW)
    assert [each.pointer for each in refused.value.errors] == [pointer]


def test_a_programme_that_cannot_work_is_refused_with_every_reason(laboratory: Laboratory) -> None:
    """E30: in the document of the request, or in the draft."""
    earning = [rule(currency="gold")]
    with pytest.raises(InvalidProgramError) as refused:
        laboratory.ask(NOW, document=json.dumps(document(earning=earning)))
    assert {each.pointer for each in refused.value.errors} == {"/document/earning/0/currency"}
    with pytest.raises(InvalidProgramError) as refused:
        laboratory.ask(NOW, draft=laboratory.draft(NOW, earning=earning))
    assert {each.pointer for each in refused.value.errors} == {"/earning/0/currency"}


def test_a_programme_in_other_money_is_refused(laboratory: Laboratory) -> None:
    """E30: amounts of the past would mean something else."""
    other = document(money={"currency": "JPY", "exponent": 0})
    with pytest.raises(InvalidSimulationError):
        laboratory.ask(NOW, document=json.dumps(other))


def test_simulations_are_the_groups(laboratory: Laboratory) -> None:
    """E31: they go over the members of every brand."""
    brand = replace(GROUP_KEY, brand="maru")
    asked = laboratory.ask(NOW, version=1)
    with pytest.raises(ForeignBrandError):
        laboratory.use.create(Asked(version=1), "other", brand, NOW)
    with pytest.raises(ForeignBrandError):
        laboratory.use.get(asked.simulation.id, brand)
    with pytest.raises(SimulationNotFoundError):
        laboratory.use.get(Digest("Q" * 26), GROUP_KEY)


def sales_of(report: Any, rule_id: str) -> int:
    """At how many sales a rule fired under the changed programme."""
    (found,) = (each for each in report["rules"] if each["rule"] == rule_id)
    return int(found["sales"]["after"])

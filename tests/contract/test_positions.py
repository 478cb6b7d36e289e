"""Where members stand: kept alike in memory and in DynamoDB, and never taken for what it does not contain (M17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from huitou.insights.service import InsightsReader
from huitou.kernel.commits import StaleReadError
from huitou.members.service import Members
from huitou.points.decisions import Decision
from huitou.purchases.model import VisitType
from huitou.standing.listed import listing
from huitou.standing.model import TierCause
from huitou.standing.position import Expiring, Membership, MoveCause, Position, Seen
from tests.builders import MEI, OPENED, at
from tests.contract.targets import AnyTable
from tests.purchases import LIN, NOON, SOON, bill, booking, bread, return_of
from tests.standing import BEST, SEGMENTS, TIERS, Standings, findings, positions_on, segmented
from tests.tiers import granted

DAY = timedelta(days=1)
LATER = NOON + DAY
PLACE = Position(
    member=MEI,
    version=1,
    program=3,
    through=NOON,
    seen=Seen(7, 2, 1),
    tier="gold",
    tier_since=OPENED + DAY,
    tier_cause=TierCause.REVIEW,
    memberships=(
        Membership("lapsed", OPENED, MoveCause.PROGRAM, NOON - DAY, MoveCause.FACTS),
        Membership("active", NOON - DAY, MoveCause.FACTS),
    ),
    due_at=NOON + 9 * DAY,
    due_for="segment:active",
    expiring=(Expiring("points", NOON + 7 * DAY, 250, NOON),),
)


def moved_on(position: Position) -> Position:
    return replace(position, version=position.version + 1)


def test_a_position_comes_back_as_it_was(table: AnyTable) -> None:
    shop = Standings(table=table)
    shop.enrol()
    bare = Position(member=LIN, version=1, program=3, through=NOON, seen=None)
    table.commit(
        [*positions_on(table).save(None, listing(None, PLACE)), *positions_on(table).save(None, listing(None, bare))]
    )
    assert (shop.kept(MEI), shop.kept(LIN)) == (PLACE, bare)


def test_a_position_is_kept_over_the_one_that_was_read_and_no_other(table: AnyTable) -> None:
    """E18."""
    store = positions_on(table)
    first, second = listing(None, PLACE), listing(PLACE, moved_on(PLACE))
    table.commit(store.save(None, first))
    table.commit(store.save(PLACE, second))
    for writes in (store.save(None, first), store.save(PLACE, second), store.remove(PLACE, ["active"])):
        with pytest.raises(StaleReadError):
            table.commit(writes)
    table.commit(store.remove(moved_on(PLACE), ["active"]))


def test_what_somebody_does_is_in_the_position_that_is_read_next(table: AnyTable) -> None:
    """Though nobody has kept one since."""
    shop = Standings(table=table)
    shop.enrol()
    shop.segments.refresh(MEI, NOON)
    sale = shop.sell(bill()).purchase
    assert shop.names(NOON + SOON) == {"active"}
    kept = shop.segments.refresh(MEI, NOON + SOON)
    assert kept == shop.kept()
    assert kept is not None
    assert [(each.segment, each.since - NOON) for each in kept.memberships] == [("active", timedelta(milliseconds=1))]
    shop.refund(return_of(sale), now=LATER)
    assert shop.names(LATER) == set()


def test_what_nothing_has_changed_is_not_worked_out_again(table: AnyTable) -> None:
    shop = Standings(table=table)
    shop.enrol()
    shop.sell(bill())
    first = shop.segments.refresh(MEI, NOON + SOON)
    assert shop.segments.refresh(MEI, NOON + 9 * DAY) == first
    assert shop.segments.position(MEI, NOON + 9 * DAY) == first


def test_what_time_alone_changes_is_read_at_once_and_kept_when_it_is_due(table: AnyTable) -> None:
    """M17."""
    shop = Standings(table=table)
    shop.enrol()
    shop.sell(bill())
    first = shop.segments.refresh(MEI, NOON + SOON)
    assert first is not None
    assert first.due_at == NOON + 10 * DAY
    assert (shop.names(NOON + 10 * DAY), shop.names(NOON + 20 * DAY)) == (set(), {"lapsed"})
    assert shop.kept() == first
    second = shop.segments.refresh(MEI, NOON + 10 * DAY)
    assert (second, second and second.due_at) == (shop.kept(), NOON + 20 * DAY)


@pytest.mark.parametrize("change", ["tag", "birthday"])
def test_a_change_of_the_profile_makes_the_position_one_that_does_not_contain_it(table: AnyTable, change: str) -> None:
    shop = Standings(table=table)
    shop.enrol()
    first = shop.segments.refresh(MEI, NOON)
    _change(shop.members, change)
    assert shop.names(LATER) == ({"vip"} if change == "tag" else set())
    second = shop.segments.refresh(MEI, LATER)
    assert first is not None
    assert second is not None
    assert (second.version, second.seen) == (2, Seen(1, 2, 0))
    assert shop.states.load(MEI).position_at(shop.programs.active(), LATER) == second


def test_a_change_that_overtakes_the_evaluation_is_not_lost(table: AnyTable) -> None:
    """E18: a profile is changed between the reading of the facts and the writing of the position."""
    shop = Standings(table=table)
    shop.enrol()
    overtaken = shop.segments.position(MEI, NOON)
    _change(shop.members, "tag")
    table.commit(shop.positions.save(None, listing(None, overtaken)))
    assert shop.names(LATER) == {"vip"}


def test_new_insights_count_when_the_member_is_looked_at_next(table: AnyTable) -> None:
    """M16: with no write at the purchase or at the member; and what was worked out by them is not taken back by
    somebody who has not heard of them yet.
    """
    shop = Standings(segmented(segments=[BEST]), table)
    shop.enrol()
    shop.sell(bill())
    first = shop.segments.refresh(MEI, NOON + SOON)
    assert first is not None
    assert (first.memberships, first.due_at) == ((), None)

    table.commit(shop.findings.add(findings(1, money=(1, 2, 3, 4))))
    assert shop.names(LATER) == {"best"}
    assert shop.kept() == first
    second = shop.segments.refresh(MEI, LATER)
    assert second is not None
    assert second.memberships == (Membership("best", LATER, MoveCause.FACTS),)
    assert shop.segments.refresh(MEI, LATER) == second == shop.kept()

    table.commit(shop.findings.add(findings(2, money=(1, 2, 3, 10**9))))
    assert shop.names(LATER + DAY) == set()


def test_who_has_not_heard_of_new_insights_hears_of_them_from_the_position(table: AnyTable) -> None:
    """M16: a function may know them for a minute already, when another does not."""
    shop = Standings(segmented(segments=[BEST]), table)
    shop.enrol()
    behind = InsightsReader(shop.findings, lambda: 0.0)
    assert behind.insights().version == 0
    table.commit(shop.findings.add(findings(1, money=(1, 2, 3, 4))))
    assert behind.insights().version == 0
    assert behind.insights(at_least=1).version == 1


def test_a_programme_that_does_not_ask_for_insights_does_not_read_them(table: AnyTable) -> None:
    """M16: nor is anybody looked at anew because of them."""
    shop = Standings(table=table)
    shop.enrol()
    first = shop.segments.refresh(MEI, NOON)
    table.commit(shop.findings.add(findings(1, money=(1, 2, 3, 4))))
    assert shop.segments.refresh(MEI, LATER) == first


def _change(members: Members, what: str) -> None:
    if what == "tag":
        members.tag(MEI, "vip", "maru", NOON)
    else:
        members.change_profile(MEI, {"birthday": date(1990, 4, 30)}, None, "maru", NOON)


def test_a_tier_and_its_review_are_part_of_the_position(table: AnyTable) -> None:
    """M15."""
    shop = Standings(segmented(tiers=TIERS), table)
    shop.enrol()
    shop.sell(bill("A-1", bread(3000)))
    position = shop.segments.refresh(MEI, NOON + SOON)
    assert position is not None
    assert (position.tier, position.due_for) == ("gold", "segment:active")
    shop.segments.refresh(MEI, NOON + 20 * DAY)
    last = shop.kept()
    assert last is not None
    assert (last.due_at, last.due_for) == (NOON + 30 * DAY, "tier")
    fallen = shop.segments.refresh(MEI, NOON + 30 * DAY)
    assert fallen is not None
    assert (fallen.tier, fallen.due_at) == ("basic", None)


def test_a_tier_given_by_hand_is_in_the_position_that_is_read_next(table: AnyTable) -> None:
    asked = {"id": "golden", "name": "Gold", "when": {"tiers": ["gold"]}}
    shop = Standings(segmented(tiers=TIERS, segments=[asked]), table)
    shop.enrol()
    shop.segments.refresh(MEI, OPENED + DAY)
    gift = granted("gold", "2026-02-05 12:00", "2026-08-01 00:00")
    table.commit(shop.standings.grant(shop.states.load(MEI).record, gift))
    position = shop.segments.position(MEI, NOON)
    assert position.memberships == (Membership("golden", gift.at, MoveCause.FACTS),)
    assert (position.tier, position.due_at) == ("gold", at("2026-08-01 00:00"))


def test_a_publication_counts_from_its_own_instant(table: AnyTable) -> None:
    """E20."""
    shop = Standings(segmented(segments=SEGMENTS[1:]), table)
    shop.enrol()
    shop.sell(bill())
    shop.segments.refresh(MEI, NOON + SOON)
    shop.programs.publish(segmented(2), LATER)
    position = shop.segments.refresh(MEI, LATER + DAY)
    assert position is not None
    assert position.memberships == (Membership("active", LATER, MoveCause.PROGRAM),)


def test_visits_and_what_was_booked_are_told_apart(table: AnyTable) -> None:
    came = {"id": "came", "name": "Came", "when": {"visits": {"at_least": 1, "in": "ever"}}}
    shop = Standings(segmented(segments=[came]), table)
    shop.enrol()
    shop.visit(booking())
    assert shop.names(LATER) == set()
    shop.visit(booking("B-2", type=VisitType.VISIT))
    assert shop.names(LATER) == {"came"}


def test_where_nobody_is_behind_an_id_any_more_nothing_is_kept(table: AnyTable) -> None:
    """E15, E25."""
    shop = Standings(table=table)
    shop.enrol()
    shop.segments.refresh(MEI, NOON)
    home = shop.wallet()
    after = replace(home, version=home.version + 1, moved_to=LIN)
    table.commit(shop.wallets.save(home, Decision(after, ())))
    assert shop.segments.refresh(MEI, LATER) is None
    assert shop.kept() is None
    assert shop.segments.refresh(LIN, LATER) is None


def test_without_tiers_and_segments_nothing_is_kept(table: AnyTable) -> None:
    shop = Standings(segmented(segments=[]), table)
    shop.enrol()
    assert shop.segments.refresh(MEI, NOON) is None
    assert shop.segments.position(MEI, NOON).memberships == ()

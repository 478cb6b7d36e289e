"""M15 for any member: the standing is a function of what is known, whatever came first and however it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from huitou.kernel.calendars import add_days
from huitou.kernel.facts import Fact
from huitou.kernel.instants import BEGINNING
from huitou.program.tiers import AnniversaryWindow, CalendarWindow, RollingWindow, Tier, TierPolicy
from huitou.standing.keeping import MOST_UNSEEN, fold, history, stand
from huitou.standing.model import Grant, Known, Record, Regime, Standing
from huitou.standing.outlook import look
from huitou.standing.sheet import EMPTY, Sheet, unpack_sheet
from huitou.standing.tiers import History, evaluate
from tests.builders import MEI, OPENED, TAIPEI, at
from tests.tiers import LEVELS, granted, policy, regime, spent

FIRST = at("2025-12-20 00:00")
END = at("2029-06-01 00:00")
NEVER_SETTLED = at("2020-01-01 00:00")
ZONES = st.sampled_from([ZoneInfo("Asia/Taipei"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")])
HOURS = st.integers(0, 24 * 900)
INSTANTS = HOURS.map(lambda hours: FIRST + timedelta(hours=hours))
WINDOWS = st.one_of(
    st.sampled_from([1, 30, 90, 365]).map(RollingWindow),
    st.sampled_from([1, 3, 6, 12]).map(CalendarWindow),
    st.just(AnniversaryWindow()),
)
OTHER_LEVELS = (Tier("basic", "Basic", 0), Tier("gold", "Gold", 150), Tier("black", "Black", 600))
POLICIES = st.builds(
    policy,
    measure=st.sampled_from(["spend", "visits", "points"]),
    window=WINDOWS,
    grace_days=st.sampled_from([0, 0, 10, 40]),
    downgrade=st.sampled_from(["one_level", "requalify"]),
    on_refund=st.sampled_from(["keep", "drop"]),
    levels=st.sampled_from([LEVELS, OTHER_LEVELS]),
)
GRANTS = st.lists(
    st.sampled_from(
        [
            granted("silver", "2026-02-01 12:00"),
            granted("gold", "2026-06-15 12:00", "2026-09-01 00:00"),
            granted("silver", "2027-01-10 12:00", "2028-01-10 12:00"),
        ]
    ),
    unique=True,
    max_size=2,
)


@st.composite
def facts_of_a_member(draw: st.DrawFn) -> list[Fact]:
    """Sales, some of them refunded in parts."""
    facts: list[Fact] = []
    for when in draw(st.lists(INSTANTS, max_size=40)):
        spend = draw(st.sampled_from([5, 40, 90, 100, 400, 1000]))
        facts.append(Fact(when, when, spend, 1, spend // 10))
        if draw(st.integers(0, 4)) == 0:
            days = draw(st.lists(st.integers(0, 100), min_size=2, max_size=2))
            facts.append(Fact(when, when + timedelta(days=days[0]), -(spend // 2), 0, -(spend // 20)))
            facts.append(
                Fact(when, when + timedelta(days=sum(days)), spend // 2 - spend, -1, spend // 20 - spend // 10)
            )
    return facts


@st.composite
def timelines(draw: st.DrawFn) -> list[Regime]:
    """One to three versions of a programme in one zone."""
    zone = draw(ZONES)
    published = sorted(draw(st.sets(INSTANTS, max_size=2)))
    policies: list[TierPolicy | None] = [draw(st.one_of(POLICIES, st.none())) for _ in [0, *published]]
    return [
        Regime(version, since, held, zone)
        for version, (since, held) in enumerate(zip([BEGINNING, *published], policies, strict=True), 1)
    ]


def timeline_of(regimes: Sequence[Regime]):  # type: ignore[no-untyped-def]  # a `Timeline`
    def timeline(since: datetime | None) -> Sequence[Regime]:
        first = 0
        for index, each in enumerate(regimes):
            if since is not None and each.since <= since:
                first = index
        return regimes[first:]

    return timeline


def afresh(facts: Sequence[Fact], grants: Sequence[Grant], regimes: Sequence[Regime], now: datetime) -> Standing:
    """Worked out from the beginning."""
    return evaluate(History(OPENED, EMPTY.plus(facts), tuple(grants)), regimes, now)


@given(facts_of_a_member(), GRANTS, timelines(), st.randoms(use_true_random=False), INSTANTS)
def test_the_order_in_which_facts_become_known_does_not_matter(
    facts: list[Fact], grants: list[Grant], regimes: list[Regime], random: object, now: datetime
) -> None:
    """E7, E20."""
    shuffled = list(facts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert afresh(facts, grants, regimes, now) == afresh(shuffled, grants[::-1], regimes, now)


@example(
    [spent(5, "2025-12-20 00:00")],
    [],
    [Regime(1, BEGINNING, None, TAIPEI), Regime(2, at("2025-12-20 00:00"), None, TAIPEI)],
    [0],
    False,
)
@given(facts_of_a_member(), GRANTS, timelines(), st.lists(st.integers(0, MOST_UNSEEN), max_size=60), st.booleans())
def test_a_standing_worked_out_in_steps_is_the_one_worked_out_at_once(
    facts: list[Fact], grants: list[Grant], regimes: list[Regime], cuts: list[int], in_order: bool
) -> None:
    """Each fact as it comes (sales late or not), folded now and then: what is kept tells the same as all facts."""
    if in_order:
        facts = sorted(facts, key=lambda fact: fact.known_at)
    timeline = timeline_of(regimes)
    known = Known(Record(MEI), (), OPENED)
    told: list[Fact] = []
    for index, fact in enumerate(facts):
        now = max(fact.at, fact.known_at) + timedelta(minutes=1)
        given_by_then = tuple(grant for grant in grants if grant.at <= now)
        told.append(fact)
        known = known._replace(
            unseen=(*known.unseen, fact), record=replace_grants(known.record, (*known.record.grants, *given_by_then))
        )
        if index < len(cuts) and len(known.unseen) > cuts[index]:
            known = known._replace(record=fold(known, timeline, NEVER_SETTLED), unseen=())
        seen, expected = stand(known, timeline, now), afresh(told, known.record.grants, regimes, now)
        assert seen.tier_at(now) == expected.tier_at(now)
        assert (seen.state, seen.intervals) == (expected.state, expected.intervals) or seen.through > now
    assert list(history(known).facts) == list(EMPTY.plus(facts))


def replace_grants(record: Record, grants: Sequence[Grant]) -> Record:
    from dataclasses import replace  # noqa: PLC0415

    return replace(record, grants=tuple(sorted(set(grants), key=lambda grant: grant.at)))


@given(facts_of_a_member(), GRANTS, timelines(), INSTANTS)
def test_what_was_is_not_changed_by_time(
    facts: list[Fact], grants: list[Grant], regimes: list[Regime], now: datetime
) -> None:
    """The history that a member is told now is the beginning of the one they are told later."""
    now = max(now, OPENED)
    later = afresh(facts, grants, regimes, END)
    told = afresh(facts, grants, regimes, now)
    begun = [each for each in later.intervals if each.since <= now]
    assert list(told.intervals)[: len(begun)] == begun
    assert told.tier_at(now) == later.tier_at(now)
    assert told.state.next_review_at is None or told.state.next_review_at > now


@example(
    [spent(1000, "2027-02-01 12:00")],
    [granted("silver", "2027-01-10 12:00", "2028-01-10 12:00")],
    policy(window=RollingWindow(30)),
    at("2027-02-10 12:00"),
)
@example([spent(1000, "2027-02-01 12:00")], [], policy(window=RollingWindow(30), grace_days=40), at("2027-02-10 12:00"))
@given(facts_of_a_member(), GRANTS, POLICIES, INSTANTS)
def test_what_is_projected_is_what_follows_if_nothing_more_is_done(
    facts: list[Fact], grants: list[Grant], held: TierPolicy, now: datetime
) -> None:
    """M15: after the review and the grace that it may begin; a later grant or refund is told only when it is there."""
    now, regimes = max(now, OPENED), [regime(held)]
    known = Known(Record(MEI, grants=tuple(grants)), tuple(facts), OPENED)
    prospect = look(known, timeline_of(regimes), now).prospect
    assert prospect is not None
    if prospect.review_at is None:
        return
    end = prospect.grace_until or add_days(prospect.review_at, held.grace_days, TAIPEI)
    done = [fact for fact in facts if max(fact.at, fact.known_at) <= now]
    after = afresh(done, [grant for grant in grants if grant.at <= now], regimes, end)
    assert prospect.projected.id == after.tier_at(end)


@given(facts_of_a_member(), GRANTS, timelines(), INSTANTS)
def test_the_course_may_be_gone_on_with_from_anywhere(
    facts: list[Fact], grants: list[Grant], regimes: list[Regime], halfway: datetime
) -> None:
    past = History(OPENED, EMPTY.plus(facts), tuple(grants))
    start = evaluate(past, regimes, max(halfway, OPENED))
    assert evaluate(past, regimes, END, start) == evaluate(past, regimes, END)


@given(facts_of_a_member(), timelines())
def test_intervals_follow_one_another_and_each_differs_from_the_one_before(
    facts: list[Fact], regimes: list[Regime]
) -> None:
    intervals = afresh(facts, (), regimes, END).intervals
    for before, after in pairwise(intervals):
        assert before.since < after.since
        assert before.tier != after.tier


@given(facts_of_a_member(), POLICIES)
def test_a_refund_of_everything_leaves_no_progress(facts: list[Fact], held: TierPolicy) -> None:
    """E2."""
    gains = [fact for fact in facts if fact.spend > 0]
    losses = [Fact(fact.at, END, -fact.spend, -fact.visits, -fact.points) for fact in gains]
    standing = afresh([*gains, *losses], (), [regime(policy(window=held.window, on_refund="drop"))], END)
    assert standing.state.tier == "basic"


@given(facts_of_a_member())
def test_a_sheet_comes_back_as_it_was_packed(facts: list[Fact]) -> None:
    sheet: Sheet = EMPTY.plus(facts)
    assert unpack_sheet(sheet.pack()) == sheet
    assert sorted(sheet) == sorted(facts)

"""M20: a step gives points or a coupon, puts a tag on or takes it off; once, and to nobody who is held out (E27)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId
from huitou.members.model import MOST_TAGS, Tag
from huitou.merging.service import merge_id
from huitou.points.wallet import Balance, Entry
from huitou.rewards.model import Coupon
from huitou.simulator.memory import MemoryTable
from huitou.standing.messages import DuePosition
from tests.builders import at
from tests.campaigns import DAY, HELLO, Town, campaign, turns
from tests.office import HOUR
from tests.outbox import NOON

GIFT: dict[str, Any] = {"give_points": {"currency": "points", "amount": 50}}
BEANS: dict[str, Any] = {"give_points": {"currency": "beans", "amount": "2.5"}}
CAKE: dict[str, Any] = {"id": "cake", "name": "Cake", "brand": "maru", "valid_days": 30, "cost": 120}
ANY: dict[str, Any] = {"id": "any", "name": "Anything", "valid_days": 0}
TREAT: dict[str, Any] = {"give_coupon": "any"}
COUPONS = {"coupons": [CAKE, ANY]}
LATER = [{"wait_days": 2}, GIFT, BEANS, {"tag": "missed"}]


class Interrupted(MemoryTable):
    """Just before the next commit, something else happens; ``before`` says what, and None that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[], Any] | None = None

    def commit(self, writes: Sequence[Write]) -> None:
        happens, self.before = self.before, None
        if happens:
            happens()
        super().commit(writes)


def away(town: Town, **profile: Any) -> MemberId:
    """Somebody who bought on the first day, and has not been back."""
    member = town.join(**profile)
    town.buy(member, f"A-{member}")
    return member


def gifts(town: Town, member: MemberId, currency: str = "points") -> list[Entry]:
    entries = town.shop.wallets.entries(member, currency).items
    return [each for each in entries if each.cause.type == "campaign"]


def points_of(town: Town, member: MemberId) -> tuple[int, int]:
    """Of the home currency, and beans."""
    wallets = town.shop.states.load(member).wallets
    points, beans = (
        sum(lot.remaining for lot in wallets[each].lots) if each in wallets else 0 for each in ("points", "beans")
    )
    return points, beans


def coupons(town: Town, *members: MemberId) -> list[Coupon]:
    """The newest first."""
    return list(town.coupons.of_members(members, None, after=None, limit=9).items)


def tags(town: Town, member: MemberId) -> set[Tag]:
    record = town.shop.profiles.load(member)
    assert record is not None
    return set(record.tags)


def test_points_come_with_the_turn_that_says_so() -> None:
    """M12: the entry says by which campaign, at which occurrence and in which step."""
    town = Town(campaign(once="ever", steps=[HELLO, GIFT]))
    mei = away(town)
    town.until(NOON + 31 * DAY)
    (journey,), (entry,) = town.journeys_of(mei), gifts(town, mei)
    assert turns(journey) == ["planned", "given"]
    assert (entry.amount, entry.cause.id, entry.brand) == (50, "miss-you/ever/1", "maru")
    assert (journey.turns[1].entry, entry.actor) == (entry.id, None)
    assert [change.lot.issuer for change in entry.changes] == ["maru"]


def test_the_groups_points_are_its_own_and_end_as_the_programme_says() -> None:
    """M13: whose campaign it is has issued them."""
    gift = {"give_points": {**GIFT["give_points"], "reason": "Come back"}}
    town = Town(campaign(brand=None, once="ever", steps=[gift]))
    mei = away(town)
    town.until(NOON + 31 * DAY)
    (entry,) = gifts(town, mei)
    ((amount, lot),) = entry.changes
    assert (amount, lot.issuer, entry.brand, entry.reason) == (50, "group", "group", "Come back")
    assert lot.expires_at == at("2026-07-01 00:00")


def test_points_that_the_member_has_none_of_yet_come_too() -> None:
    """The home wallet is written along."""
    town = Town(campaign(brand=None, once="ever", steps=[BEANS]))
    mei = away(town)
    before = town.shop.states.load(mei).wallets["points"].version
    town.until(NOON + 31 * DAY)
    wallets = town.shop.states.load(mei).wallets
    assert wallets["beans"].balance(town.now) == Balance(25, 0)
    assert wallets["points"].version == before + 1


def test_what_has_ended_meanwhile_is_booked_before() -> None:
    """E22: what Mei earned on the first day."""
    town = Town(campaign(once="ever", steps=[{"wait_days": 70}, GIFT], stays=False))
    mei = away(town)
    town.until(NOON + 101 * DAY)
    entries = [(each.type.value, each.amount) for each in town.shop.wallets.entries(mei, "points").items]
    assert entries == [("earn", 10), ("expire", -10), ("adjust", 50)]


def test_whoever_is_held_out_gets_nothing_and_the_turn_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """E27"""
    monkeypatch.setattr("huitou.campaigns.drawing.is_in_share", lambda *_: True)
    steps = [GIFT, BEANS, {"tag": "missed"}, {"untag": "friend"}]
    town = Town(campaign(once="ever", steps=steps, brand=None, holdout_percent=10))
    mei = away(town)
    town.enrolment.tag(mei, "friend", "group", town.now)
    town.until(NOON + 31 * DAY)
    assert turns(town.journeys_of(mei)[0]) == ["held_out"] * 4
    assert (gifts(town, mei), gifts(town, mei, "beans"), tags(town, mei)) == ([], [], {Tag("group", "friend")})


@pytest.mark.parametrize(("brand", "outcome"), [("sora", "not_a_member"), ("maru", "points_gone")])
def test_what_cannot_be_given_any_more_is_not_and_both_arms_say_so(
    monkeypatch: pytest.MonkeyPatch, brand: str, outcome: str
) -> None:
    """The campaign has become a brand's since the journey began: Mei is not a member of Sora, and the beans are
    Sora's.
    """
    drawn: set[MemberId] = set()
    monkeypatch.setattr("huitou.campaigns.drawing.is_in_share", lambda member, *_: member in drawn)
    town = Town(campaign(brand=None, once="ever", steps=[{"wait_days": 2}, BEANS], holdout_percent=10))
    mei, lin = away(town), away(town)
    drawn.add(lin)
    town.until(NOON + 31 * DAY)
    town.republish(campaigns=[campaign(brand=brand, once="ever", steps=[HELLO])])
    town.until(NOON + 33 * DAY)
    assert {each.held_out: turns(each) for each in town.journeys_of(mei, lin)} == {True: [outcome], False: [outcome]}
    assert gifts(town, mei, "beans") == []


class TestMerges:
    """E15, E25: points and tags go to whoever goes on, and to nobody where nobody does."""

    def test_whoever_survives_gets_them(self) -> None:
        town = Town(campaign(brand=None, once="ever", steps=LATER))
        mei, lin = town.join(), away(town)
        town.until(NOON + 31 * DAY)
        town.merge(mei, lin, town.now)
        town.until(NOON + 33 * DAY)
        assert (len(gifts(town, mei)), len(gifts(town, mei, "beans")), len(tags(town, mei))) == (1, 1, 1)
        assert (gifts(town, lin), gifts(town, lin, "beans"), tags(town, lin)) == ([], [], set())
        assert turns(town.journeys_of(lin)[0]) == ["given", "given", "tagged"]
        assert town.journeys_of(lin)[0].turns[0].entry == gifts(town, mei)[0].id

    def test_an_unmerge_takes_along_what_came_by_the_journey_of_who_was_absorbed(self) -> None:
        """E15: as with what they bought meanwhile; also points that they had none of, and over two merges."""
        town = Town(campaign(brand=None, once="ever", stays=False, steps=LATER))
        mei, lin, kai = town.join(), town.join(), away(town)
        town.until(NOON + 31 * DAY)
        town.merge(lin, kai, town.now, key="M-1")
        town.merge(mei, lin, town.now, key="M-2")
        town.until(NOON + 33 * DAY)
        assert [points_of(town, each) for each in (mei, lin, kai)] == [(60, 25), (0, 0), (0, 0)]
        undone = town.use.reverse(merge_id("M-2"), town.now).merge
        assert {each.currency: (each.earned, each.returned) for each in undone.transfers} == {
            "points": (50, 60),
            "beans": (25, 25),
        }
        assert [points_of(town, each) for each in (mei, lin, kai)] == [(0, 0), (60, 25), (0, 0)]
        town.use.reverse(merge_id("M-1"), town.now)
        assert [points_of(town, each) for each in (mei, lin, kai)] == [(0, 0), (0, 0), (60, 25)]
        for member in (mei, lin, kai):
            assert town.contradictions(member) == []

    def test_of_two_who_are_merged_into_a_third_one_gets_them(self) -> None:
        """The third has begun nothing."""
        town = Town(campaign(brand=None, once="ever", stays=False, steps=LATER))
        mei, lin, kai = town.join(), away(town), away(town)
        town.until(NOON + 31 * DAY)
        for card in (lin, kai):
            town.merge(mei, card, town.now, key=card)
        town.until(NOON + 35 * DAY)
        assert (len(gifts(town, mei)), len(gifts(town, mei, "beans"))) == (1, 1)
        assert [(turns(each), each.reason) for each in town.journeys_of(lin, kai)] == [
            (["given", "given", "tagged"], None),
            ([], "merged"),
        ]

    def test_what_somebody_got_before_they_were_merged_does_not_come_again(self) -> None:
        """Mei's own journey is still on its way when Lin, who has been given hers, is merged into her."""
        town = Town(campaign(brand=None, once="ever", stays=False, steps=LATER))
        lin = away(town)
        town.until(NOON + 20 * DAY)
        mei = away(town)
        town.until(NOON + 51 * DAY)
        town.merge(mei, lin, town.now)
        town.until(NOON + 60 * DAY)
        assert (len(gifts(town, lin)), len(gifts(town, mei))) == (1, 0)
        assert [(turns(each), each.reason) for each in town.journeys_of(mei)] == [([], "merged")]

    def test_what_ended_without_anything_done_keeps_nobody_from_theirs(self) -> None:
        """It was not for Lin, so her journey was over before it gave her something."""
        town = Town(campaign(brand=None, once="ever", stays=False, steps=[{"only_in": ["staff"]}, *LATER]))
        lin = away(town)
        town.until(NOON + 20 * DAY)
        mei = away(town)
        town.enrolment.tag(mei, "staff", "group", town.now)
        town.until(NOON + 51 * DAY)
        town.merge(mei, lin, town.now)
        town.until(NOON + 60 * DAY)
        assert [each.reason for each in town.journeys_of(lin)] == ["not_in_segment"]
        assert len(gifts(town, mei)) == 1

    def test_nobody_gets_them_who_was_erased(self) -> None:
        town = Town(campaign(brand=None, once="ever", steps=LATER))
        mei = away(town)
        town.until(NOON + 31 * DAY)
        town.erase(mei)
        town.until(NOON + 33 * DAY)
        assert (gifts(town, mei), gifts(town, mei, "beans"), tags(town, mei)) == ([], [], set())

    @pytest.mark.parametrize("step", [GIFT, BEANS, {"tag": "missed"}])
    def test_what_happens_between_the_reading_and_the_writing_counts(self, step: dict[str, Any]) -> None:
        """E18: the points would else lie in a wallet, and the tag on a record, that nobody looks at any more."""
        table = Interrupted()
        town = Town(campaign(brand=None, once="ever", steps=[step]), table=table)
        mei, lin = town.join(), away(town)
        town.until(NOON + 30 * DAY - HOUR)
        begins = next(each for each in town.due(NOON + 30 * DAY) if isinstance(each, DuePosition))
        town.now = begins.at
        town.deliver(begins)
        table.before = lambda: town.merge(mei, lin, town.now)
        town.until(NOON + 31 * DAY)
        assert table.before is None
        got = (len(gifts(town, mei)), len(gifts(town, mei, "beans")), len(tags(town, mei)))
        assert sum(got) == 1
        assert (gifts(town, lin), gifts(town, lin, "beans"), tags(town, lin)) == ([], [], set())


class TestCoupons:
    """M27: a coupon comes with the turn that says so, and no two have one code."""

    def test_it_is_the_members_and_good_to_the_end_of_its_last_day(self) -> None:
        """E9: of the programme's clock, whenever on the first day it was given."""
        steps = [{"give_coupon": "cake"}, TREAT]
        town = Town(campaign(once="ever", at="18:00", steps=steps), changes=COUPONS)
        mei = away(town)
        town.until(NOON + 31 * DAY)
        (journey,), (treat, cake) = town.journeys_of(mei), coupons(town, mei)
        if treat.kind == "cake":  # both were given at once
            treat, cake = cake, treat
        assert turns(journey) == ["given", "given"]
        assert {turn.coupon for turn in journey.turns} == {cake.id.key, treat.id.key}
        assert (cake.brand, cake.cause.id, cake.expires_at) == ("maru", "miss-you/ever/0", at("2026-05-02 00:00"))
        assert (treat.brand, treat.issued_at, treat.expires_at) == (
            "group",
            at("2026-04-01 18:00"),
            at("2026-04-02 00:00"),
        )
        assert cake.code != treat.code
        assert town.coupons.find(cake.code) == cake

    def test_a_code_that_is_taken_is_drawn_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = iter(["222222222222", "222222222222", "333333333333"])
        monkeypatch.setattr("tests.campaigns.new_code", lambda: next(drawn))
        town = Town(campaign(once="ever", steps=[TREAT]), changes=COUPONS)
        mei, lin = away(town), away(town)
        town.until(NOON + 31 * DAY)
        assert {each.code for each in coupons(town, mei, lin)} == {"222222222222", "333333333333"}

    def test_whoever_is_held_out_gets_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """E27"""
        monkeypatch.setattr("huitou.campaigns.drawing.is_in_share", lambda *_: True)
        town = Town(campaign(once="ever", steps=[TREAT], holdout_percent=10), changes=COUPONS)
        mei = away(town)
        town.until(NOON + 31 * DAY)
        assert (turns(town.journeys_of(mei)[0]), coupons(town, mei)) == (["held_out"], [])

    @pytest.mark.parametrize(
        ("brand", "left", "outcome"),
        [
            ("sora", [CAKE], "not_a_member"),
            (None, [ANY], "coupon_gone"),
            ("maru", [{**CAKE, "brand": "sora"}], "coupon_gone"),
            (None, [{**CAKE, "brand": "sora"}], "not_a_member"),
        ],
    )
    def test_what_cannot_be_given_any_more_is_not(self, brand: str | None, left: list[Any], outcome: str) -> None:
        """The campaign is another's since the journey began, or the coupon, or there is none; or those who take it
        have not seen them yet.
        """
        steps = [{"wait_days": 2}, {"give_coupon": "cake"}]
        town = Town(campaign(brand=None, once="ever", steps=steps), changes=COUPONS)
        mei = away(town)
        town.until(NOON + 31 * DAY)
        town.republish(campaigns=[campaign(brand=brand, once="ever", steps=[HELLO])], coupons=left)
        town.until(NOON + 33 * DAY)
        assert (turns(town.journeys_of(mei)[0]), coupons(town, mei)) == ([outcome], [])

    def test_a_merge_moves_none_and_an_unmerge_finds_each_where_it_belongs(self) -> None:
        """E15: what Lin's journey gives while she is Mei is listed with Mei, and Lin's again afterwards."""
        steps = [TREAT, {"wait_days": 2}, {"give_coupon": "cake"}]
        town = Town(campaign(brand=None, once="ever", stays=False, steps=steps), changes=COUPONS)
        mei, lin = town.join(), away(town)
        town.until(NOON + 31 * DAY)
        town.merge(mei, lin, town.now, key="M-1")
        town.until(NOON + 33 * DAY)
        home = town.shop.states.load(mei).wallets["points"]
        assert [each.kind for each in coupons(town, mei, *home.absorbed)] == ["cake", "any"]
        town.use.reverse(merge_id("M-1"), town.now)
        assert ([each.kind for each in coupons(town, lin)], coupons(town, mei)) == (["cake", "any"], [])

    @pytest.mark.parametrize("happens", ["merge", "erase"])
    def test_what_happens_between_the_reading_and_the_writing_counts(self, happens: str) -> None:
        """E15: it is then given to the survivor's journey, or goes on as Lin's, but once. E25: or to nobody."""
        table = Interrupted()
        town = Town(campaign(brand=None, once="ever", steps=[TREAT]), changes=COUPONS, table=table)
        mei, lin = town.join(), away(town)
        town.until(NOON + 30 * DAY - HOUR)
        begins = next(each for each in town.due(NOON + 30 * DAY) if isinstance(each, DuePosition))
        town.now = begins.at
        town.deliver(begins)
        table.before = lambda: town.merge(mei, lin, town.now) if happens == "merge" else town.erase(lin)
        town.until(NOON + 31 * DAY)
        assert table.before is None
        assert len(coupons(town, mei, lin)) == (1 if happens == "merge" else 0)


class TestTags:
    def test_a_tag_is_of_whose_campaign_it_is_and_comes_off_again(self) -> None:
        steps = [{"tag": "missed"}, {"wait_days": 1}, {"untag": "missed"}]
        town = Town(campaign(steps=steps, once="ever"))
        mei = away(town)
        town.enrolment.tag(mei, "missed", "group", town.now)
        town.until(NOON + 30 * DAY + HOUR)
        assert tags(town, mei) == {Tag("group", "missed"), Tag("maru", "missed")}
        town.until(NOON + 32 * DAY)
        assert tags(town, mei) == {Tag("group", "missed")}
        assert turns(town.journeys_of(mei)[0]) == ["tagged", "tagged"]

    def test_a_tag_that_is_there_is_left_as_it_is(self) -> None:
        town = Town(campaign(steps=[{"tag": "missed"}], once="ever"))
        mei = away(town)
        town.enrolment.tag(mei, "missed", "maru", town.now)
        before = town.shop.profiles.load(mei)
        town.until(NOON + 31 * DAY)
        assert town.shop.profiles.load(mei) == before
        assert turns(town.journeys_of(mei)[0]) == ["tagged"]

    def test_a_tag_with_the_id_of_a_list_puts_members_on_it(self) -> None:
        """M16, M17: and the next step knows."""
        steps = [{"tag": "staff"}, {"only_in": ["staff"]}, HELLO]
        town = Town(campaign(brand=None, once="ever", steps=steps), campaign(id="b", enters="staff", stays=False))
        mei = away(town)
        town.until(NOON + 31 * DAY)
        town.segments.refresh(mei, town.now)
        assert town.segments.position(mei, town.now).segments_at(town.now) == {"lapsed", "staff"}
        assert [each.campaign for each in town.journeys_of(mei)] == ["b", "miss-you"]

    def test_who_has_as_many_as_there_is_room_for_gets_none(self) -> None:
        town = Town(campaign(steps=[{"tag": "missed"}, {"untag": "t-1"}], once="ever"))
        mei = away(town)
        for n in range(MOST_TAGS):
            town.enrolment.tag(mei, f"t-{n}", "maru", town.now)
        town.until(NOON + 31 * DAY)
        assert turns(town.journeys_of(mei)[0]) == ["too_many_tags", "tagged"]
        assert len(tags(town, mei)) == MOST_TAGS - 1

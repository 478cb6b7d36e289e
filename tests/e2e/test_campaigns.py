"""Campaigns (M19): from what becomes true of a member, or a day that comes, to their mailbox, by itself, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from huitou.kernel.instants import format_instant, parse_instant
from tests.builders import TAIPEI
from tests.e2e.calls import (
    Body,
    a_phone,
    ago,
    at_once,
    created,
    entries,
    found,
    keyed,
    now,
    pointers,
    refusal,
    sale,
    spendable,
    unique,
)
from tests.e2e.jobs import audience, result
from tests.e2e.mailbox import BROWSER, Mei, Provider, spoken, writing
from tests.e2e.platform import Platform, eventually
from tests.e2e.publishing import hold

BIRTHDAY = {"id": "birthday", "name": "Birthday", "when": {"birthday": {"days_before": 0, "days_after": 0}}}
HELLO = {"send": {"template": "hello"}}
GIFT = {"give_points": {"currency": "points", "amount": 100, "reason": "生日禮"}}
CAKE = {"id": "cake", "name": "生日蛋糕", "brand": "maru", "valid_days": 30, "cost": "120"}
TOLD = {
    "id": "told",
    "name": "Told",
    "enters": "birthday",
    "once": "birthday",
    "steps": [GIFT, {"give_coupon": "cake"}, {"tag": "congratulated"}, HELLO],
}
HELD_UP = {
    **TOLD,
    "id": "held-up",
    "at": "10:00",
    "at_usual_hour": True,
    "purchase_is_goal": True,
    "steps": [{"wait_days": 1}, {"send": {"template": "hello"}}],
}


WOMEN = {"id": "women", "name": "Women", "when": {"gender": ["female"]}}


def congratulating(*more: Body, **rules: Any) -> Body:
    """The programme of the tests, with campaigns, by these rules for messages."""
    program = spoken(quiet_hours=None, **rules)
    segments = [*program.get("segments", []), BIRTHDAY, WOMEN]
    return {**program, "segments": segments, "coupons": [CAKE], "campaigns": [TOLD, HELD_UP, *more]}


@pytest.fixture(scope="module", autouse=True)
def _congratulating(api: httpx.Client, platform: Platform) -> Iterator[None]:
    """The programme of the tests, which congratulates here."""
    with writing(api, platform, congratulating()):
        yield


class Celebrated(Mei):
    """Agreed to everything of the group's."""

    def __init__(self, api: httpx.Client, platform: Platform) -> None:
        super().__init__(api, platform)
        self.agree("group")

    def says(self, **profile: str) -> None:
        found(self._api.patch(self.path, json={"profile": profile}, headers={"If-Match": "*"}))

    def has_birthday(self) -> None:
        """Today."""
        today = now().astimezone(TAIPEI).date()
        self.is_born(f"1990-{today:%m-%d}" if (today.month, today.day) != (2, 29) else "1992-02-29")

    def is_born(self, day: str) -> None:
        self.says(birthday=day)

    def journeys(self) -> dict[str, Any]:
        self._platform.tick()
        return {each["campaign"]: each for each in found(self._api.get(f"{self.path}/journeys"))["items"]}

    def coupons(self) -> list[Body]:
        items: list[Body] = found(self._api.get(f"{self.path}/coupons"))["items"]
        return items

    def hour_of(self, campaign: str) -> tuple[int | None, str]:
        """When they usually come, and the time of the day of the next step."""
        journey = self.journeys()[campaign]
        return journey["usual_hour"], f"{parse_instant(journey['next_step_at']).astimezone(TAIPEI):%H:%M}"

    def has_completed(self, *campaigns: str) -> bool:
        journeys = self.journeys()
        return all(journeys.get(each, {}).get("state") == "completed" for each in campaigns)


def test_whose_birthday_it_is_gets_mail_once_by_itself(api: httpx.Client, platform: Platform) -> None:
    """M17, M19, M20, M23, M27: nobody calls anything but that they were born on this day; points and a coupon come with
    it, once. What they buy then ends what is still to come.
    """
    mei, today = Celebrated(api, platform), now().astimezone(TAIPEI).date()
    mei.has_birthday()
    assert eventually(lambda: mei.journeys().get("told", {}).get("state") == "completed")
    assert eventually(lambda: [each["state"] for each in mei.messages()] == ["accepted"])
    assert mei.mail() == ["Hello 小美"]
    (message,), journey = mei.messages(), mei.journeys()["told"]
    assert (message["campaign"], journey["occurrence"]) == ("told", str(today.year))
    assert [turn["outcome"] for turn in journey["turns"]] == ["given", "given", "tagged", "planned"]
    assert journey["turns"][3]["message_id"] == message["message_id"]
    (entry,) = entries(api, mei.id)
    assert (entry["entry_id"], entry["type"], entry["points"]) == (journey["turns"][0]["entry_id"], "adjust", "100")
    assert entry["cause"] == {"type": "campaign", "id": f"told/{today.year}/0"}
    assert (spendable(api, mei.id), entry["lots"][0]["issuer"], entry["reason"]) == ("100", "group", "生日禮")
    assert "生日禮" in found(api.get(f"/v1/entries/{entry['entry_id']}/explanation"))["text"]
    assert [each["tag"] for each in found(api.get(mei.path))["tags"]] == ["congratulated"]
    assert mei.hour_of("held-up") == (None, "10:00")
    (coupon,) = mei.coupons()
    assert [coupon["code"] in mail["BodyText"] for mail in mei.mails()] == [True]
    assert (coupon["coupon"], coupon["state"], coupon["coupon_id"]) == (
        "cake",
        "issued",
        journey["turns"][1]["coupon_id"],
    )

    mei.is_born("1990-01-01" if today.month > 6 else "1990-12-31")
    mei.has_birthday()
    platform.tick()
    assert mei.mail() == ["Hello 小美"]
    assert (len(mei.messages()), spendable(api, mei.id)) == (1, "100")
    assert mei.coupons() == [coupon]
    assert_used_once(api, f"/v1/coupons/{coupon['code']}")

    assert mei.journeys()["held-up"]["state"] == "running"
    created(api.post("/v1/purchases", json=sale(mei.id, occurred_at=format_instant(now()))))
    assert eventually(lambda: mei.journeys()["held-up"]["reason"] == "goal_reached")


def assert_used_once(api: httpx.Client, coupon: str) -> None:
    """E16: of many tills at the same moment one takes it, and the others hear when; and so it is given back."""

    def uses(key: str) -> httpx.Response:
        return api.post(f"{coupon}/uses", json={"brand": "maru", "store": "m1"}, headers=keyed(key))

    answers = at_once([partial(uses, f"till-{number}") for number in range(6)])
    assert Counter(each.status_code for each in answers) == {HTTPStatus.CREATED: 1, HTTPStatus.CONFLICT: 5}
    assert len({each.json()["used_at"] for each in answers}) == 1
    (used,) = (each.json() for each in answers if each.is_success)
    reversal = f"{coupon}/uses/{used['use_id']}/reversal"
    given_back = at_once([partial(api.post, reversal) for _ in range(4)])
    assert Counter(each.status_code for each in given_back) == {HTTPStatus.CREATED: 1, HTTPStatus.OK: 3}
    assert found(api.get(coupon))["state"] == "issued"


def test_whose_mailbox_takes_nothing_is_congratulated_by_sms(api: httpx.Client, platform: Platform) -> None:
    """M23: the next channel to which they agreed, of those that the message is written for.

    M19: and what is still to come, comes at the hour at which they have been coming.
    """
    mei, provider, came = Celebrated(api, platform), Provider(platform), now()
    for days in (1, 2, 3):
        created(api.post("/v1/purchases", json=sale(mei.id, occurred_at=format_instant(came - timedelta(days=days)))))
    mei.agree("group", "sms")
    receipt = mei.send(unique("receipt"), channels=["email"]).json()["message_id"]
    assert eventually(lambda: mei.message(receipt)["state"] == "accepted")
    provider.tell(provider.of("bounce", receipt, mei.address))
    assert eventually(lambda: mei.message(receipt)["state"] == "failed")

    mei.has_birthday()
    assert eventually(lambda: mei.journeys().get("told", {}).get("state") == "completed")
    assert eventually(lambda: [each["state"] for each in mei.messages()] == ["accepted", "failed"])
    congratulation = mei.messages()[0]
    assert (congratulation["campaign"], congratulation["channel"]) == ("told", "sms")
    (text,) = mei.texts()
    assert text.startswith("Hello. Stop: ")
    assert len(mei.mail()) == 1
    hour = came.astimezone(TAIPEI).hour
    assert mei.hour_of("held-up") == (hour, f"{hour:02}:00")


def test_whoever_is_in_a_segment_as_a_day_comes_gets_mail_once_by_itself(api: httpx.Client, platform: Platform) -> None:
    """M19: from the calendar to the mailbox; whoever is not in the segment hears nothing. Before, they are counted.

    E20: as a campaign comes into force, it begins with who is there already, if it says so.
    """
    mei, fang = Celebrated(api, platform), Celebrated(api, platform)
    mei.says(gender="female")
    assert eventually(lambda: mei.id in platform.listed("women"))
    name = unique("launch").lower()
    written = {"id": name, "name": "Launch", "calendar": {"monthly": 1}, "members_of": "women", "steps": [HELLO]}
    assert_counted(audience(api, written), women=len(platform.listed("women")))
    misspelt = api.post("/v1/campaigns/counts", json={**written, "members_of": "womne"}, headers=keyed())
    assert pointers(refusal(misspelt, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_campaign")) == ["/members_of"]
    assert (mei.journeys(), mei.mail()) == ({}, [])

    soon = (now() + timedelta(seconds=75)).astimezone(TAIPEI)
    launch = {**written, "calendar": {"date": str(soon.date())}, "at": f"{soon:%H:%M}"}
    known: Body = {
        "id": unique("known").lower(),
        "name": "Known",
        "enters": "women",
        "include_current": True,
        "steps": [{"tag": name}],
    }
    hold(api, congratulating(launch, known))
    try:
        assert eventually(lambda: mei.has_completed(known["id"]))
        assert eventually(lambda: mei.journeys().get(name, {}).get("state") == "completed", seconds=150)
        assert eventually(lambda: [each["state"] for each in mei.messages()] == ["accepted"])
        assert mei.journeys()[name]["occurrence"] == str(soon.date())
        assert mei.mail() == ["Hello 小美"]

        hold(api, congratulating(launch, known))
        platform.tick()
        assert (len(mei.messages()), mei.mail()) == (1, ["Hello 小美"])
        assert (fang.journeys(), fang.mail()) == ({}, [])
    finally:
        hold(api, congratulating())


def assert_counted(counted: Body, women: int) -> None:
    """M20: each number is contained in the one before; Mei, whom an email reaches, in all of them."""
    numbers = [counted[each] for each in ("eligible", "consented", "reachable", "after_caps")]
    assert (counted["is_exact"], numbers[0]) == (True, women)
    assert numbers == sorted(numbers, reverse=True)
    assert counted["messages"]["email"] >= 1
    assert sum(counted["messages"].values()) == numbers[-1]


def test_who_shares_a_phone_is_told_or_held_out_together(api: httpx.Client, platform: Platform) -> None:
    """E27: though all are due at once, and nobody shares a mailbox; by this campaign, or by all of them."""
    name = unique("drawn").lower()
    hold(api, congratulating({**TOLD, "id": name, "steps": [HELLO], "holdout_percent": 50}, holdout_percent=50))
    try:
        pairs = [(Celebrated(api, platform), Celebrated(api, platform)) for _ in range(3)]
        for pair in pairs:
            phone = a_phone()
            for each in pair:
                each.says(contact_phone=phone)
        members = [each for pair in pairs for each in pair]
        for each in members:
            each.has_birthday()
        assert eventually(lambda: all(each.has_completed(name, "told") for each in members))
        alone = 0
        for pair in pairs:
            drawn = {each.journeys()[name]["held_out"] for each in pair}
            assert drawn in ({True}, {False})
            journeys = [each.journeys() for each in pair]
            (outcome,) = {turn["outcome"] for each in journeys for turn in each[name]["turns"]}
            others = {turn["outcome"] for each in journeys for turn in each["told"]["turns"]}
            if others == {"held_out_of_all"}:
                alone += 1
                assert outcome == "held_out_of_all"
                assert [(spendable(api, each.id), each.mail()) for each in pair] == [("0", [])] * 2
            else:
                assert others == {"given", "tagged", "planned"}
                assert outcome == ("held_out" if drawn == {True} else "planned")
        found = result(api, name)
        assert (found["members"], found["held_out_of_all"], found["set_apart"]) == (6, 2 * alone, 0)
        assert found["following"] == found["treated"]["members"] + found["held_out"]["members"] == 3 - alone
        together = result(api, "all")
        assert together["held_out"]["members"] >= alone
        assert together["treated"]["exposed"] >= 3 - alone
        assert (together["following"] >= 3, together["steps"]) == (True, [])
    finally:
        hold(api, congratulating())


def test_fifty_campaigns_at_once_leave_as_many_messages_as_the_cap_allows(
    api: httpx.Client, platform: Platform
) -> None:
    """E23: all begin by one move, and their steps are taken at one instant, by several workers."""
    program = spoken(quiet_hours=None, frequency_caps=[{"most": 2, "days": 7}])
    campaigns = [{**TOLD, "id": f"told-{number}", "steps": [HELLO]} for number in range(50)]
    segments = [*program.get("segments", []), BIRTHDAY]
    hold(api, {**program, "segments": segments, "campaigns": campaigns})
    try:
        mei = Celebrated(api, platform)
        mei.has_birthday()
        assert eventually(lambda: Counter(each["state"] for each in mei.journeys().values()) == {"completed": 50}, 120)
        assert eventually(lambda: {each["state"] for each in mei.messages()} == {"accepted"})
        assert len(mei.mail()) == len(mei.messages()) == 2
        outcomes = Counter(turn["outcome"] for each in mei.journeys().values() for turn in each["turns"])
        assert outcomes == {"planned": 2, "cap_reached": 48}
    finally:
        hold(api, congratulating())


def test_what_came_of_it_is_told_when_it_is_asked_for(api: httpx.Client, platform: Platform) -> None:
    """M21, M24, E29: a purchase after the mail is credited to it, and a coupon costs something once it is used. The
    link leads through us, and tells that somebody opened it, once; software does not count, and what was made up leads
    nowhere.
    """
    mei = Celebrated(api, platform)
    mei.has_birthday()
    assert eventually(lambda: mei.journeys().get("told", {}).get("state") == "completed")
    assert eventually(lambda: [each["state"] for each in mei.messages()] == ["accepted"])
    before = result(api, "told")
    assert before["treated"]["exposed"] >= before["steps"][-1]["sent"] >= 1
    assert before["steps"][0]["given"] == before["treated"]["members"]
    assert before["costs"]["points"] == str(100 * before["steps"][0]["given"])
    assert before["verdicts"]["conversion"] == "not_enough_data"

    link = mei.link()
    for headers in ({}, BROWSER, BROWSER):
        opened = httpx.get(link, headers=headers, timeout=60)
        assert (opened.status_code, opened.headers["location"]) == (302, "https://huitou.example/%E5%B0%8F%E7%BE%8E")
    made_up = link[:-2] + ("AA" if link[-2:] != "AA" else "BB")
    assert httpx.get(made_up, headers=BROWSER, timeout=60).status_code == 404
    (message,) = mei.messages()
    assert message["opens"] == 2
    assert message["first_opened_at"]

    (coupon,) = mei.coupons()
    created(api.post(f"/v1/coupons/{coupon['code']}/uses", json={"brand": "maru"}, headers=keyed()))
    sold = sale(mei.id, "750", occurred_at=ago(seconds=0))
    created(api.post("/v1/purchases", json=sold))
    after = result(api, "told")
    assert after["treated"]["converted"] == before["treated"]["converted"] + 1
    assert int(after["treated"]["sales"]) == int(before["treated"]["sales"]) + 750
    assert after["steps"][1]["used"] == before["steps"][1]["used"] + 1
    assert int(after["costs"]["coupons"]) == int(before["costs"]["coupons"]) + 120
    assert after["steps"][-1]["clicked"] == before["steps"][-1]["clicked"] + 1

"""M26: a message says the coupon that its campaign has given before, as long as a till takes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId, digest_of
from huitou.outbox.model import MessageState
from huitou.rewards.decisions import use
from huitou.rewards.model import Coupon, Use
from tests.campaigns import DAY, HELLO, Town, campaign
from tests.outbox import NOON
from tests.templates import template, text

EMAIL = MessageChannel.EMAIL
CAKE: dict[str, Any] = {"id": "cake", "name": "Cake", "brand": "maru", "valid_days": 3}
TEA: dict[str, Any] = {"id": "tea", "name": "Tea", "valid_days": 30}
GIVE_CAKE, GIVE_TEA, WAIT = {"give_coupon": "cake"}, {"give_coupon": "tea"}, {"wait_days": 4}
BODY = (
    "Hello{% if coupon.code %}, have a {{ coupon.name }} with {{ coupon.code }} until {{ coupon.ends_on | date }}"
    "{% endif %}!"
)
SAYS = template(texts=[text(email={"subject": "For you", "body": BODY}, sms=None, line=None)])
LAPSES = NOON + 30 * DAY


def a_town(*steps: dict[str, Any], **changes: Any) -> tuple[Town, MemberId]:
    """Somebody of it has lapsed."""
    town = Town(
        campaign(once="ever", steps=list(steps), **changes),
        changes={"coupons": [CAKE, TEA], "templates": [SAYS]},
    )
    mei = town.join()
    town.buy(mei)
    return town, mei


def coupons(town: Town, mei: MemberId) -> list[Coupon]:
    """The first one first."""
    return list(town.coupons.of_members([mei], None, after=None, limit=9).items)[::-1]


def told(town: Town, until: datetime) -> list[str]:
    town.until(until)
    emails = (parcel.message.email for parcel in town.carriers[EMAIL].handed)
    return [each.text.partition("!")[0].partition("Hello")[2] for each in emails if each]


def test_a_message_says_what_was_given_before_it() -> None:
    town, mei = a_town(GIVE_CAKE, HELLO)
    said = told(town, LAPSES + DAY)
    (cake,) = coupons(town, mei)
    assert said == [f", have a Cake with {cake.code} until April 4, 2026"]


def test_of_several_it_says_the_last_before_it() -> None:
    town, mei = a_town(GIVE_CAKE, GIVE_TEA, HELLO, {"wait_days": 1}, GIVE_CAKE)
    said = told(town, LAPSES + 2 * DAY)
    (tea,) = (each for each in coupons(town, mei) if each.kind == "tea")  # two were given at one instant
    assert [tea.code in each for each in said] == [True]


def test_where_none_was_given_it_says_none() -> None:
    town, _ = a_town(HELLO, {"wait_days": 1}, GIVE_CAKE)
    assert told(town, LAPSES + 2 * DAY) == [""]


def test_what_has_expired_by_then_is_not_told() -> None:
    town, mei = a_town(GIVE_CAKE, WAIT, HELLO)
    assert told(town, LAPSES + 6 * DAY) == []
    (message,) = town.messages_of(mei)
    assert (message.state, message.reason) == (MessageState.SUPPRESSED, "coupon_over")


@pytest.mark.parametrize("is_used", [False, True])
def test_nor_is_what_was_used(is_used: bool) -> None:
    town, mei = a_town(GIVE_TEA, WAIT, HELLO)
    town.until(LAPSES + DAY)
    (tea,) = coupons(town, mei)
    if is_used:
        used = use(tea, Use(digest_of(["a till"]), "maru", None, None, town.now))
        town.commit([town.coupons.save(tea, used)])
    said = told(town, LAPSES + 6 * DAY)
    (message,) = town.messages_of(mei)
    assert (message.reason, len(said)) == (("coupon_over", 0) if is_used else (None, 1))


def test_what_no_campaign_sends_says_none() -> None:
    town, mei = a_town(GIVE_TEA)
    town.until(LAPSES + DAY)
    assert town.look(town.order(mei).id).state is MessageState.ACCEPTED
    assert told(town, town.now + timedelta(hours=1)) == [""]

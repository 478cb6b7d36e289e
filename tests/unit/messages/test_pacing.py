"""M22 over HTTP: marketing waits for the morning, and what a cap leaves no room for is not sent (E23, E24)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from huitou.kernel.commits import Write
from huitou.pressure.model import Holder, Pressure
from tests.messaging import FANG, MessageDesk
from tests.serving import MEI, both_tables
from tests.templates import speaking, template, text

RECEIPT = template(id="receipt", kind="service", texts=[text(sms=None, line=None)])
PUBLISHED = speaking(template(), RECEIPT)
PUBLISHED["messages"] |= {"frequency_caps": [{"most": 2, "days": 7}]}
NEWS = {"template": "hello"}


@pytest.fixture
def desk() -> Iterator[MessageDesk]:
    with both_tables():
        yield MessageDesk(PUBLISHED)


def outcome(view: Any) -> tuple[str, str | None]:
    return view["state"], view["reason"]


def test_marketing_at_night_waits_for_the_morning_and_a_receipt_does_not(desk: MessageDesk) -> None:
    night = {"send_at": "2026-03-02T23:30:00+08:00"}
    assert desk.sent(**NEWS, **night)["send_at"] == "2026-03-03T00:00:00.000Z"
    assert desk.sent(**night)["send_at"] == "2026-03-02T15:30:00.000Z"


def test_the_morning_may_be_too_late(desk: MessageDesk) -> None:
    night = {"send_at": "2026-03-02T23:30:00+08:00", "expires_at": "2026-03-03T07:00:00+08:00"}
    assert desk.refusal(**NEWS, **night) == (422, "invalid_message", ["/expires_at"])


def test_what_a_cap_leaves_no_room_for_is_kept_with_its_reason_and_not_sent(desk: MessageDesk) -> None:
    """All brands together, each member for themselves; what a member has to know is another kind."""
    later = {"send_at": "2026-03-05T12:00:00+08:00"}
    assert [desk.sent(**NEWS)["state"], desk.send(brand="group", **NEWS, **later)[1]["state"]] == ["planned"] * 2

    capped = desk.sent(**NEWS)
    assert outcome(capped) == ("suppressed", "cap_reached")
    assert [each["state"] for each in capped["history"]] == ["planned", "suppressed"]
    assert outcome(desk.ask("get", named=capped["message_id"])[1]) == ("suppressed", "cap_reached")
    assert outcome(desk.sent()) == ("planned", None)
    assert outcome(desk.send(FANG, **NEWS)[1]) == ("planned", None)


def test_the_window_moves_with_time(desk: MessageDesk) -> None:
    """E9: seven days later, to the minute, there is room again, and not before."""
    desk.sent(**NEWS)
    desk.sent(**NEWS)
    week = 7 * 24 * 60
    assert outcome(desk.ask("send", body=NEWS, key="before", minutes=week - 1)[1]) == ("suppressed", "cap_reached")
    assert outcome(desk.ask("send", body=NEWS, key="after", minutes=week)[1]) == ("planned", None)


def test_what_is_taken_back_makes_room_once(desk: MessageDesk) -> None:
    first = desk.sent(**NEWS)["message_id"]
    desk.sent(**NEWS)
    assert outcome(desk.sent(**NEWS)) == ("suppressed", "cap_reached")

    desk.ask("cancel", named=first)
    desk.ask("cancel", named=first)

    assert outcome(desk.sent(**NEWS)) == ("planned", None)
    assert outcome(desk.sent(**NEWS)) == ("suppressed", "cap_reached")


def test_a_repeat_takes_no_other_slot(desk: MessageDesk) -> None:
    """E14"""
    for _ in range(3):
        assert desk.ask("send", body=NEWS, key="same")[1]["state"] == "planned"
    assert outcome(desk.sent(**NEWS)) == ("planned", None)


def test_of_two_who_take_the_last_slot_at_once_one_gets_it(desk: MessageDesk) -> None:
    """E18, E23: whoever was overtaken decides again, from what is there now."""
    desk.sent(**NEWS)
    outbox = desk.functions.modules["serve_messages"].outbox
    commit, others = outbox._commit, iter([dict(NEWS)])

    def overtaken(writes: Sequence[Write]) -> None:
        if other := next(others, None):
            assert outcome(desk.sent(**other)) == ("planned", None)
        commit(writes)

    outbox._commit = overtaken
    assert outcome(desk.sent(**NEWS)) == ("suppressed", "cap_reached")
    listed = desk.ask("list", named=MEI)[1]["items"]
    assert sorted(each["state"] for each in listed) == ["planned", "planned", "suppressed"]


def test_what_a_cap_is_judged_by_is_what_the_slot_is_taken_from(desk: MessageDesk) -> None:
    """E23: somebody else takes the last slot right after it was seen."""
    desk.sent(**NEWS)
    store = desk.functions.modules["serve_messages"].outbox._pacing._store
    load_all, others = store.load_all, iter([dict(NEWS)])

    def overtaken(holders: Iterable[Holder]) -> Mapping[Holder, Pressure]:
        seen: Mapping[Holder, Pressure] = load_all(holders)
        if other := next(others, None):
            assert outcome(desk.sent(**other)) == ("planned", None)
        return seen

    store.load_all = overtaken
    assert outcome(desk.sent(**NEWS)) == ("suppressed", "cap_reached")

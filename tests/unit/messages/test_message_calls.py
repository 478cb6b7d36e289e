"""M23 over HTTP: a message is planned once, looked at, and taken back while it waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.messaging import FANG, MessageDesk
from tests.serving import MEI, both_tables
from tests.templates import speaking, template, text

RECEIPT = template(id="receipt", kind="service", texts=[text(sms=None, line=None)])
OF_SORA = template(id="of-sora", brand="sora", kind="service", texts=[text(sms="Sora")])
PUBLISHED = speaking(template(), RECEIPT, OF_SORA)


@pytest.fixture(scope="module")
def desk() -> Iterator[MessageDesk]:
    with both_tables():
        yield MessageDesk(PUBLISHED)


def test_a_message_is_planned_with_neither_address_nor_words(desk: MessageDesk) -> None:
    """M23, E25."""
    view = desk.sent(client_reference="case-1")
    assert (view["state"], view["replayed"], view["client_reference"]) == ("planned", False, "case-1")
    assert (view["member_id"], view["brand"], view["kind"], view["purpose"]) == (MEI, "maru", "service", None)
    assert (view["channels"], view["channel"], view["attempts"]) == (["email"], None, 0)
    assert (view["send_at"], view["expires_at"]) == ("2026-03-02T04:00:00.000Z", "2026-03-05T04:00:00.000Z")
    assert view["history"] == [{"state": "planned", "at": view["created_at"], "reason": None, "channel": None}]

    known = {name: value for name, value in view.items() if name != "replayed"}
    assert desk.ask("get", named=view["message_id"]) == (200, known)


def test_marketing_is_for_a_purpose_and_takes_the_channels_in_the_order_of_the_call(desk: MessageDesk) -> None:
    view = desk.sent(template="hello")
    assert (view["kind"], view["purpose"], view["channels"]) == ("marketing", "marketing", ["email", "sms", "line"])
    view = desk.sent(template="hello", purpose="birthday", channels=["line", "email"])
    assert (view["purpose"], view["channels"]) == ("birthday", ["line", "email"])


def test_a_repeat_makes_no_other_message_and_tells_how_the_first_one_stands(desk: MessageDesk) -> None:
    """E14: also a day later, when `send_at` lies in the past."""
    body = {"template": "receipt", "send_at": "2026-03-02T13:00:00+08:00"}
    status, first = desk.ask("send", body=body, key="again")
    assert status == 201
    status, second = desk.ask("send", body={**body, "client_reference": "other"}, key="again", minutes=1440)
    assert (status, second) == (200, {**first, "replayed": True})

    status, problem = desk.ask("send", body={**body, "template": "hello"}, key="again")
    assert (status, problem["code"]) == (409, "same_identity_other_content")
    assert [each["pointer"] for each in problem["errors"]] == ["/template"]
    assert desk.ask("send", "sora", body=body, key="again")[1]["code"] == "member_not_found"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"template": "nothing"}, (404, "template_not_found", [])),
        ({"template": "of-sora"}, (404, "template_not_found", [])),
        ({"channels": ["sms", "line"]}, (422, "channel_not_written", ["/channels"])),
        ({"channels": ["email", "email"]}, (422, "validation_failed", ["/channels"])),
        ({"channels": []}, (422, "validation_failed", ["/channels"])),
        ({"purpose": "news"}, (422, "invalid_message", ["/purpose"])),
        ({"send_at": "2026-03-02T11:54:59+08:00"}, (422, "invalid_message", ["/send_at"])),
        ({"send_at": "2028-03-02T11:54:59+08:00"}, (422, "invalid_message", ["/send_at"])),
        ({"expires_at": "2026-03-02T12:00:00+08:00"}, (422, "invalid_message", ["/expires_at"])),
        ({"expires_at": "2028-03-02T12:00:00+08:00"}, (422, "invalid_message", ["/expires_at"])),
        ({"words": "Hello"}, (422, "validation_failed", ["/words"])),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_place(
    desk: MessageDesk, body: dict[str, Any], refusal: tuple[int, str, list[str]]
) -> None:
    """E30."""
    assert desk.refusal(**body) == refusal


def test_a_brand_speaks_for_itself(desk: MessageDesk) -> None:
    assert desk.ask("send", body={"template": "receipt", "brand": "sora"}, key="foreign")[1]["code"] == "foreign_brand"


def test_who_speaks_must_be_a_brand_that_the_member_joined(desk: MessageDesk) -> None:
    """E31: for a brand's key and for the group's."""
    assert desk.refusal(brand="sora")[:2] == (404, "member_not_found")
    assert desk.send(brand="group", template="of-sora")[1]["code"] == "member_not_found"
    assert desk.send(brand="group", template="hello")[1]["brand"] == "group"
    assert desk.refusal("01JNSM3VF0R6T8C1W5PJ4X0000")[:2] == (404, "member_not_found")
    status, view = desk.send(brand="group", template="hello")
    assert (status, desk.ask("get", named=view["message_id"])[1]["code"]) == (201, "message_not_found")
    assert desk.ask("get", "group", named=view["message_id"])[0] == 200


def test_messages_are_listed_the_newest_first(desk: MessageDesk) -> None:
    """E31, E33: in pages; a brand's key sees its own."""
    made = [
        desk.ask("send", brand, FANG, body={"template": "receipt"}, key=f"list-{minute}", minutes=minute)[1][
            "message_id"
        ]
        for minute, brand in enumerate(["maru", "group", "maru"])
    ]
    status, page = desk.ask("list", "group", FANG)
    assert [each["message_id"] for each in page["items"]] == made[::-1]
    assert (status, page["next_cursor"]) == (200, None)
    assert [each["message_id"] for each in desk.ask("list", "maru", FANG)[1]["items"]] == [made[2], made[0]]


def test_what_waits_is_taken_back_once(desk: MessageDesk) -> None:
    message = desk.sent()["message_id"]
    assert desk.ask("cancel", "sora", message)[1]["code"] == "message_not_found"
    status, view = desk.ask("cancel", named=message)
    assert (status, view["state"], view["reason"]) == (200, "suppressed", "cancelled")
    assert desk.ask("cancel", named=message, minutes=5) == (200, view)


def test_what_is_being_sent_is_not_taken_back(desk: MessageDesk) -> None:
    message = desk.sent()["message_id"]
    desk.begin_sending(message)
    status, problem = desk.ask("cancel", named=message)
    assert (status, problem["code"], problem["state"]) == (409, "message_under_way", "sending")
    assert desk.ask("get", named=message)[1]["channel"] == "email"


def test_an_id_of_another_form_names_nothing(desk: MessageDesk) -> None:
    assert desk.ask("get", named="nothing")[0] == 404
    assert desk.ask("get", named="A" * 26)[1]["code"] == "message_not_found"

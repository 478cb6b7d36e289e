"""LINE (M23): from a call to the Messaging API, which a stand-in answers here as LINE would; and the way out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.calls import unique
from tests.e2e.conftest import LINE_ACCESS_TOKEN
from tests.e2e.mailbox import Mei, spoken, writing
from tests.e2e.platform import Platform, eventually
from tests.line_stand_in import LineStandIn, line_stand_in
from tests.templates import WAY_OUT, template, text

HELLO = template(texts=[text(line=f"Hello {{{{ member.name }}}}. Stop: {WAY_OUT}")])


@pytest.fixture(scope="module", autouse=True)
def _spoken(api: httpx.Client, platform: Platform) -> Iterator[None]:
    program = spoken(quiet_hours=None, frequency_caps=[])
    with writing(api, platform, {**program, "templates": [HELLO]}):
        yield


@pytest.fixture(scope="module")
def line(platform: Platform) -> Iterator[LineStandIn]:
    """Where the function that sends finds LINE meanwhile."""
    with line_stand_in({LINE_ACCESS_TOKEN: "huitou"}) as running:
        told = {
            "HUITOU_LINE_SERVICE": "line",
            "HUITOU_LINE_ENDPOINT": running.endpoint,
            "HUITOU_LINE_SECRET": platform.stack.outputs()["LineSecret"],
        }
        with platform.told("dispatch_messages", told):
            yield running


@pytest.fixture
def mei(api: httpx.Client, platform: Platform) -> Mei:
    """Who agreed to marketing by LINE."""
    member = Mei(api, platform)
    member.agree(channel="line")
    return member


def send(mei: Mei) -> str:
    """What has become of one."""
    message = mei.send(unique("message"), "hello", channels=["line"]).json()["message_id"]
    assert eventually(lambda: mei.message(message)["state"] in {"accepted", "suppressed"})
    return str(mei.message(message)["reason"] or mei.message(message)["state"])


def got(line: LineStandIn, mei: Mei) -> list[str]:
    return [push.text for push in line.delivered if push.to == mei.line_user]


def test_a_push_arrives_once_and_after_a_click_no_other_one(line: LineStandIn, mei: Mei) -> None:
    """M23, M25."""
    assert send(mei) == "accepted"
    (told,) = got(line, mei)
    (link,) = re.findall(r"Hello 小美. Stop: (https?://\S+/v1/unsubscriptions/[\w-]+)", told)

    assert httpx.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=60).status_code == 200
    assert send(mei) == "no_consent"
    assert got(line, mei) == [told]


def test_who_has_blocked_the_account_gets_nothing_although_line_takes_it(line: LineStandIn, mei: Mei) -> None:
    """LINE answers as if it had; that they left, it tells by its webhook."""
    line.blocked.add(mei.line_user)
    assert send(mei) == "accepted"
    assert got(line, mei) == []


def test_what_line_turns_away_for_a_while_is_pushed_later_and_once(line: LineStandIn, mei: Mei) -> None:
    """Under one retry key, which LINE knows again where the answer alone was lost."""
    line.loses_answers = True
    message = mei.send(unique("message"), "hello", channels=["line"]).json()["message_id"]
    assert eventually(lambda: bool(got(line, mei)))
    line.loses_answers = False
    assert eventually(lambda: mei.message(message)["state"] == "accepted", seconds=120)
    assert len(got(line, mei)) == 1

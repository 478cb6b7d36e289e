"""The function `serve_unsubscriptions` on tables in this process, fed with the samples of `events/`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import pytest

from huitou.members.model import ConsentKey, Profile
from huitou.members.store import TableMembers
from huitou.platform.table import Table
from huitou.program.model import GROUP
from tests.builders import at
from tests.contract.targets import REGION
from tests.files import EVENTS
from tests.serving import MEI, Event, Loaded, both_tables, enrol, publish, sample
from tests.templates import speaking, template

CASES = sorted(path.name.split(".")[1] for path in EVENTS.glob("serve_unsubscriptions.*.json"))
ENROLLED = at("2026-03-01 12:00")
EMAIL = ConsentKey("email", "maru", "marketing")  # type: ignore[arg-type]  # as it is in JSON
MULTIPART = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'


class Page(NamedTuple):
    """What a browser gets."""

    status: int
    title: str
    html: str
    headers: dict[str, str]


class Browser:
    """The function, and Mei, of whom maru may not know yet whether she agrees."""

    def __init__(self) -> None:
        publish(speaking(template()))
        self._functions = Loaded("serve_unsubscriptions")
        self._module = self._functions.modules["serve_unsubscriptions"]
        self._table = Table("members", REGION)
        profile = Profile(name="小美", language="zh-TW")
        enrol(MEI, "0912-345-678", self._table, self._functions.programs, ENROLLED, profile=profile)
        self.now = at("2026-03-03 12:00")

    def send(self, event: Event) -> Page:
        self._module.app._clock = self._clock
        answer = self._functions.answer(event)
        headers = {name.lower(): values[0] for name, values in answer["multiValueHeaders"].items()}
        (title,) = re.findall("<h1>(.*)</h1>", answer["body"])
        return Page(answer["statusCode"], title, answer["body"], headers)

    def open(self, case: str, **changes: Any) -> Page:
        return self.send({**sample(f"serve_unsubscriptions.{case}"), **changes})

    def consents(self) -> dict[tuple[str, str, str], bool]:
        found = TableMembers(self._table).load(MEI)
        assert found is not None
        return {(*key,): each.granted for key, each in found.consents.items()}

    def lines(self) -> int:
        return len(TableMembers(self._table).consent_history(MEI, None, limit=100).items)

    def _clock(self) -> datetime:
        return self.now


@pytest.fixture
def browser() -> Iterator[Browser]:
    with both_tables():
        yield Browser()


@pytest.mark.parametrize("case", CASES)
def test_the_samples_are_answered_with_a_page_that_loads_nothing(browser: Browser, case: str) -> None:
    page = browser.open(case)

    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-language"] == "zh-TW"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    policy = page.headers["content-security-policy"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'",
        policy,
    )
    assert "小美" not in page.html


def test_a_look_changes_nothing_and_a_click_ends_it(browser: Browser) -> None:
    assert browser.open("show").title == "不想再收到Maru的電子郵件嗎？"
    assert browser.consents() == {}

    assert browser.open("one_click").status == 200
    assert browser.consents() == {EMAIL: False}
    assert browser.open("show").title == "已取消。Maru不會再用電子郵件傳行銷訊息給您。"


def test_a_click_delivered_twice_is_recorded_once(browser: Browser) -> None:
    first = browser.open("one_click")
    browser.now = at("2026-03-04 12:00")

    assert browser.open("one_click") == first
    assert browser.lines() == 1


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
        ("multipart/form-data; boundary=b", MULTIPART),
        ("application/json", "{"),
        (None, None),
    ],
)
def test_a_mailbox_may_post_either_kind_of_form(browser: Browser, kind: str | None, body: str | None) -> None:
    """RFC 8058."""
    headers = {"Content-Type": kind} if kind else {}

    assert browser.open("one_click", headers=headers, multiValueHeaders=None, body=body).status == 200
    assert browser.consents() == {EMAIL: False}


def test_a_body_that_is_no_text_says_no_as_well(browser: Browser) -> None:
    assert browser.open("one_click", body="/w==", isBase64Encoded=True).status == 200
    assert browser.consents() == {EMAIL: False}


def test_everything_is_ended_and_one_channel_taken_back(browser: Browser) -> None:
    assert browser.open("stop_all").title == "已取消。Maru不會再傳任何行銷訊息給您。"
    assert browser.consents() == {(channel, "maru", "marketing"): False for channel in ("email", "sms", "line")}

    browser.now = at("2026-03-03 12:05")
    assert browser.open("resume").title == "已恢復。Maru會再用電子郵件傳訊息給您。"
    assert browser.consents()[EMAIL] is True
    assert sum(browser.consents().values()) == 1


@pytest.mark.parametrize("case", CASES)
def test_a_forged_link_gets_a_page_and_nothing_more(browser: Browser, case: str) -> None:
    event = sample(f"serve_unsubscriptions.{case}")
    token = event["pathParameters"]["token"]
    told = set()
    for forged in (f"{token[:-1]}A", token[:20], MEI, GROUP, f"{token}A", "x" * 3000, "%C3%A9"):
        changed = json.loads(json.dumps(event).replace(token, forged))
        page = browser.send(changed)
        assert page.status == 404
        told.add(page.html)
    assert len(told) == 1
    assert browser.consents() == {}


def test_a_browser_is_told_in_its_own_language_that_a_link_does_not_work(browser: Browser) -> None:
    event = sample("serve_unsubscriptions.show")
    path = "/v1/unsubscriptions/nothing"
    assert browser.send({**event, "path": path}).title == "這個連結無法使用"
    assert browser.send({**event, "path": path, "headers": {}}).title == "This link does not work"


def test_before_the_first_publication_somebody_is_asked_to_try_again() -> None:
    with both_tables():
        function = Loaded("serve_unsubscriptions")
        answer = function.answer(sample("serve_unsubscriptions.show"))
    headers = {name.lower(): values[0] for name, values in answer["multiValueHeaders"].items()}
    assert answer["statusCode"] == 503
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["retry-after"]
    assert "請稍後再試一次。" in answer["body"]


def test_the_log_says_which_message_it_was_and_nothing_of_the_link(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    event = sample("serve_unsubscriptions.one_click")
    with caplog.at_level("INFO"):
        browser.send(event)
    (line,) = [vars(record) for record in caplog.records if record.message == "answered"]
    assert (line["member"], line["brand"], line["message_id"]) == (MEI, "maru", "01JNSM3VF0R6")
    assert event["pathParameters"]["token"] not in str(line)

"""The function `serve_links` on tables in this process, fed with the sample of `events/`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from huitou.kernel.errors import UnavailableError
from huitou.kernel.ids import OwnedId
from huitou.opening.links import TrackedLinks
from huitou.outbox.model import OutboxMessage
from huitou.outbox.store import TableOutbox
from huitou.platform.table import Table
from tests.contract.targets import REGION
from tests.outbox import NOON, planned
from tests.serving import LINK_SECRET, MEI, both_tables, sample

SENT = planned(
    id=OwnedId(MEI, "01JNSM3VF0R6T8C1W5PJ4X9YZB"),
    targets=("https://shop.huitou.example/new?for=%E5%B0%8F%E7%BE%8E", "https://huitou.example/b"),
)


class Page(NamedTuple):
    """What a browser gets."""

    status: int
    body: str
    headers: dict[str, str]


class Browser:
    """The function, and a message with two links."""

    def __init__(self) -> None:
        self.module: Any = importlib.reload(importlib.import_module("functions.serve_links.handler"))
        self.module.app._clock = lambda: self.now
        self.table = Table("members", REGION)
        self.outbox = TableOutbox(self.table)
        self.table.commit(self.outbox.add(SENT))
        self.now: datetime = NOON

    def open(self, token: str | None = None, **headers: str) -> Page:
        """The link of the sample, or another; ``headers`` beside those of the sample, with ``_`` for ``-``."""
        event = sample("serve_links.open")
        for name, value in headers.items():
            event["headers"][name.replace("_", "-")] = value
            event["multiValueHeaders"][name.replace("_", "-")] = [value]
        if token is not None:
            event["pathParameters"] = {"token": token}
            event["path"] = f"/v1/links/{token}"
        answer = self.module.handler(event, None)
        headers = {name.lower(): values[0] for name, values in answer["multiValueHeaders"].items()}
        return Page(answer["statusCode"], answer["body"], headers)

    def message(self) -> OutboxMessage:
        found = self.outbox.load(SENT.id)
        assert found is not None
        return found


@pytest.fixture
def browser() -> Iterator[Browser]:
    with both_tables():
        yield Browser()


def token(number: int, message: OwnedId = SENT.id) -> str:
    return TrackedLinks("", lambda: LINK_SECRET).link(message, number).rpartition("/")[2]


def test_a_link_leads_to_where_the_message_said_and_is_counted(browser: Browser) -> None:
    """M24, M25."""
    first = browser.open()
    assert (first.status, first.headers["location"]) == (302, SENT.targets[0])
    assert first.headers["cache-control"] == "no-store"
    assert first.headers["referrer-policy"] == "no-referrer"

    browser.now += timedelta(hours=1)
    assert browser.open(token(1)).headers["location"] == SENT.targets[1]
    told = browser.message()
    assert (told.opens, told.first_opened_at, told.state) == (2, NOON, SENT.state)


@pytest.mark.parametrize(
    "headers",
    [
        {"User_Agent": "facebookexternalhit/1.1;line-poker/1.0"},
        {"User_Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"User_Agent": "curl/8.5.0"},
        {"User_Agent": ""},
        {"Sec_Purpose": "prefetch;prerender"},
    ],
)
def test_software_that_says_so_is_led_on_and_not_counted(browser: Browser, headers: dict[str, str]) -> None:
    """M25: LINE, for one, looks at a link as soon as it is in a chat."""
    page = browser.open(**headers)
    assert (page.status, page.headers["location"]) == (302, SENT.targets[0])
    assert browser.message().opens == 0
    browser.open(User_Agent="Mozilla/5.0 (Linux; Android 14; CUBOT NOTE 50) AppleWebKit/537.36 Line/14.1.0")
    assert browser.message().opens == 1


@pytest.mark.parametrize(
    "made_up",
    [
        "x",
        token(2),
        token(0, SENT.id._replace(key="01JNSM3VF0R6T8C1W5PJ4X9YZC")),
        token(0)[:-1] + ("A" if token(0)[-1] != "A" else "B"),
    ],
)
def test_what_is_no_link_of_ours_is_told_nothing_and_not_counted(browser: Browser, made_up: str) -> None:
    """Nor does a link of a message work of which nothing is kept any more (E25)."""
    page = browser.open(made_up)
    assert page.status == 404
    assert page.body == browser.open("y").body
    assert "location" not in page.headers
    assert browser.message().opens == 0


def test_who_opens_it_gets_there_also_where_it_cannot_be_counted(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: Any) -> None:
        raise UnavailableError("The table is busy.")

    monkeypatch.setattr(browser.module.openings, "_commit", busy)
    assert browser.open().headers["location"] == SENT.targets[0]
    assert browser.message().opens == 0

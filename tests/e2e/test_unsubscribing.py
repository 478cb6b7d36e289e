"""Saying no by a link (M25): over HTTP without a key, as a mailbox and a browser do it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from ulid import ULID

from cli.local_stack import LocalStack
from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId
from huitou.unsubscribing.links import UnsubscribeLinks
from tests.e2e.calls import a_phone, enrol, found, keyed
from tests.e2e.conftest import client_of
from tests.e2e.platform import Platform

ZH = {"Accept-Language": "zh-TW,zh;q=0.9"}


@pytest.fixture
def browser(stack: LocalStack) -> Iterator[httpx.Client]:
    """Somebody without a key."""
    with client_of(stack, None) as client:
        yield client


@pytest.fixture
def links(stack: LocalStack) -> UnsubscribeLinks:
    """Made as those who send messages make them."""
    secrets = stack.client("secretsmanager")
    secret: str = secrets.get_secret_value(SecretId=stack.outputs()["LinkSecret"])["SecretString"]
    return UnsubscribeLinks(stack.api_url(), lambda: secret)


@pytest.fixture
def mei(api: httpx.Client) -> str:
    """Who agreed to emails and SMS of maru."""
    member = enrol(api)
    for channel in ("email", "sms"):
        key = f"{channel}/maru/marketing"
        found(api.put(f"/v1/members/{member}/consents/{key}", json={"granted": True, "source": "app"}))
    return member


def link(links: UnsubscribeLinks, member: str) -> str:
    return links.link(MemberId(member), "maru", MessageChannel.EMAIL, "marketing", str(ULID()))


def agreed(api: httpx.Client, member: str) -> dict[str, bool]:
    """To marketing of maru, by channel."""
    items = found(api.get(f"/v1/members/{member}/consents"))["items"]
    return {each["channel"]: each["granted"] for each in items}


def title(answer: httpx.Response, status: int = 200) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    (found_title,) = re.findall("<h1>(.*)</h1>", answer.text)
    return str(found_title)


def test_a_link_is_followed_and_a_click_ends_the_emails(
    api: httpx.Client, browser: httpx.Client, links: UnsubscribeLinks, mei: str
) -> None:
    """M25, RFC 8058: to look changes nothing, to post does, once."""
    address = link(links, mei)
    opened = browser.get(address, headers=ZH)
    assert title(opened) == "不想再收到Maru的電子郵件嗎？"
    assert "script" not in opened.text
    assert opened.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert agreed(api, mei) == {"email": True, "sms": True}

    for _ in range(2):
        posted = browser.post(address, data={"List-Unsubscribe": "One-Click"})
        assert title(posted) == "Done. Maru will send you no more marketing by email."
    assert agreed(api, mei) == {"email": False, "sms": True}
    history = found(api.get(f"/v1/members/{mei}/consents/history"))["items"]
    assert [each["source"] for each in history if each["channel"] == "email"] == ["app", "unsubscribe_link"]


def test_the_buttons_of_the_page_say_what_they_say(
    api: httpx.Client, browser: httpx.Client, links: UnsubscribeLinks, mei: str
) -> None:
    address = link(links, mei)
    assert re.findall('value="([a-z_]+)"', browser.get(address).text) == ["stop", "stop_all"]

    everything = browser.post(address, data={"answer": "stop_all"})
    assert title(everything) == "Done. Maru will send you no more marketing at all."
    assert agreed(api, mei) == {"email": False, "sms": False, "line": False}
    assert re.findall('value="([a-z_]+)"', everything.text) == ["resume"]

    browser.post(address, data={"answer": "resume"})
    assert agreed(api, mei) == {"email": True, "sms": False, "line": False}


def test_a_forged_link_gets_a_page_and_changes_nothing(
    api: httpx.Client, browser: httpx.Client, links: UnsubscribeLinks, platform: Platform, mei: str
) -> None:
    forged = link(UnsubscribeLinks(str(browser.base_url).rstrip("/"), lambda: '{"current": "1", "1": "guessed"}'), mei)
    with platform.unchanged():
        assert title(browser.get(forged, headers=ZH), 404) == "這個連結無法使用"
        assert title(browser.post(forged, data={"answer": "stop"}), 404) == "This link does not work"
        assert title(browser.post(link(links, mei)[:-1]), 404)
    assert agreed(api, mei) == {"email": True, "sms": True}


def test_the_rest_of_the_api_still_needs_a_key(browser: httpx.Client, mei: str) -> None:
    assert browser.get(f"/v1/members/{mei}/consents").status_code == 401


def test_who_was_merged_or_erased_may_still_say_no(
    api: httpx.Client, browser: httpx.Client, links: UnsubscribeLinks, mei: str
) -> None:
    """E15, E25."""
    survivor = enrol(api, identities=[{"phone": a_phone()}])
    merge = {"survivor": survivor, "absorbed": mei, "reason": "One person with two cards", "actor": "staff-7"}
    assert api.post("/v1/merges", json=merge, headers=keyed()).is_success

    browser.post(link(links, mei))
    assert agreed(api, survivor)["email"] is False

    erased = {"reason": "asked for it", "actor": "staff-7"}
    assert api.post(f"/v1/members/{survivor}/erasure", json=erased).is_success
    for member in (mei, survivor):
        assert title(browser.get(link(links, member))) == "Done. Maru will send you no more marketing at all."
        assert title(browser.post(link(links, member))) == "Done. Maru will send you no more marketing at all."

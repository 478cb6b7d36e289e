"""What members see (M24, M25): an email and the page behind its link, at the width of a small phone, in a browser."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from huitou.templates.email import Parts, email
from huitou.templates.model import Look, Speaker
from huitou.templates.variables import SAMPLE_UNSUBSCRIBE_URL
from huitou.templates.writing import write
from tests.e2e.calls import found
from tests.e2e.mailbox import Mei, spoken, writing
from tests.e2e.platform import Platform, eventually

REPOSITORY = Path(__file__).parents[2]
AXE = (REPOSITORY / "node_modules" / "axe-core" / "axe.min.js").read_text()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTH: Final = 320
"""CSS pixels: WCAG 2.2, 1.4.10."""
YELLOW, GREEN = "#ffee00", "#2d6a4f"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The one of this machine."""
    path = subprocess.check_output([REPOSITORY / "bin" / "chromium"], text=True).strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    """Somebody's who reads Chinese."""
    page = chromium.new_page(viewport={"width": WIDTH, "height": 640}, locale="zh-TW")
    yield page
    page.close()


def faults(page: Page) -> list[str]:
    """What WCAG 2.2 AA would object to, as far as software can tell."""
    page.evaluate(AXE)
    report: Any = page.evaluate("tags => axe.run({runOnly: tags})", WCAG)
    assert {"document-title", "color-contrast"} <= {each["id"] for each in report["passes"] + report["violations"]}
    faults = [f"{each['id']}: {node['html']}" for each in report["violations"] for node in each["nodes"]]
    width = page.evaluate("document.documentElement.scrollWidth")
    return [*faults, *([f"It is {width} pixels wide."] if width > WIDTH else [])]


def color_of(button: Any) -> str:
    """As the browser paints it: black where the policy forbids the page its style."""
    return str(button.evaluate("it => getComputedStyle(it).backgroundColor"))


def test_a_member_says_no_from_the_mailbox_with_two_keys(api: httpx.Client, platform: Platform, phone: Page) -> None:
    """M24, M25, RFC 8058: the page has its style under its own policy, and needs neither a mouse nor a script."""
    program = spoken(quiet_hours=None)
    brands = [{**each, "look": {"color": GREEN, "address": "1 Road"}} for each in program["brands"]]
    with writing(api, platform, {**program, "brands": brands}):
        mei = Mei(api, platform)
        mei.agree()
        assert mei.send("pages", "hello").is_success
        assert eventually(lambda: len(mei.mails()) == 1)
        (mail,) = mei.mails()

        phone.set_content(mail["BodyHtml"])
        assert faults(phone) == []
        phone.get_by_role("link", name="Unsubscribe").click()
        heading = phone.get_by_role("heading", level=1)
        expect(heading).to_have_text("不想再收到Maru的電子郵件嗎？")
        assert color_of(phone.get_by_role("button").first) == "rgb(45, 106, 79)"
        assert faults(phone) == []

        phone.keyboard.press("Tab")
        phone.keyboard.press("Enter")
        expect(heading).to_have_text("已取消。Maru不會再用電子郵件傳行銷訊息給您。")
        assert faults(phone) == []
        consents = found(api.get(f"{mei.path}/consents"))["items"]
        assert {each["channel"]: each["granted"] for each in consents} == {"email": False}

        phone.goto(phone.url[:-2])
        expect(heading).to_have_text("這個連結無法使用")
        assert faults(phone) == []


@pytest.mark.parametrize("color", [YELLOW, GREEN, "#777777", "#767676", "#ffffff", "#000000", "#ff0000", "#0000ff"])
def test_whatever_a_brands_colour_its_emails_can_be_read(phone: Page, color: str) -> None:
    """WCAG 1.4.3: its name, a link, and the words on a button."""
    body = write("# Hi\n\n[Look](https://huitou.example)\n\nor [here](https://huitou.example)", {}, "en")
    speaker = Speaker("Maru", Look(color, None, "1 Road"))
    phone.set_content(email(Parts(write("Hi", {}, "en"), body), speaker, "en", SAMPLE_UNSUBSCRIBE_URL).html)
    assert faults(phone) == []

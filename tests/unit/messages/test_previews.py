"""M24 over HTTP: which templates there are, and what a member would get. Nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from huitou.kernel.ids import MemberId
from huitou.members.model import Profile
from huitou.platform.table import Table
from huitou.templates.links import SAMPLE_TRACKED_URL
from huitou.templates.variables import SAMPLE_UNSUBSCRIBE_URL
from tests.builders import at, program
from tests.contract.targets import REGION
from tests.purchases import Shop, bill, bread
from tests.serving import MEI, Loaded, both_tables, enrol, publish, sample
from tests.standing import TIERS
from tests.templates import WAY_OUT, speaking, template, text

FANG = MemberId("01JNSM3VF0R6T8C1W5PJ4X9YZB")
ENROLLED = at("2026-03-01 12:00")
HELLO = template(
    texts=[
        text(),
        text(
            language="zh-TW",
            email={
                "subject": "{{ member.name }} 您好",
                "preheader": "{{ brand.name }}",
                "body": "**{{ member.points | points }}** 點，"
                "{{ member.points_ending }} 點到 {{ member.points_end_on | date }}\n\n"
                "[看看](https://shop.huitou.example/?tier={{ member.tier }})",
            },
            sms=f"{{{{ member.name | default: '您好' }}}}，{{{{ member.points }}}}點 {WAY_OUT}",
            line=None,
        ),
    ]
)
OF_MARU = template(id="of-maru", brand="maru", kind="service", texts=[text(sms="Maru", line=None)])
OF_SORA = template(id="of-sora", brand="sora", kind="service", texts=[text(sms="{{ brand.name }}")])
CODE = template(id="code", kind="service", texts=[text(email=None, sms="{{ code }}", line=None)])
SPOKEN = speaking(HELLO, OF_MARU, OF_SORA, CODE, tiers=TIERS)
PUBLISHED = {**SPOKEN, "messages": {**SPOKEN["messages"], "verification": {"template": "code"}}}


class Desk:
    """The function, Fang of whom nothing is known, and Mei, who is called 小美 and bought for 4000 on 2 March."""

    def __init__(self) -> None:
        publish(PUBLISHED)
        self._functions = Loaded("serve_templates")
        table = Table("members", REGION)
        profile = Profile(name="<b>小美</b>", language="zh-TW")
        enrol(MEI, "0912-345-678", table, self._functions.programs, ENROLLED, profile=profile)
        enrol(FANG, "0922-333-444", table, self._functions.programs, ENROLLED)
        Shop(program(PUBLISHED), table).sell(bill("A-1", bread(4000)), MEI)

    def read_anew(self) -> None:
        self._functions = Loaded("serve_templates")

    def ask(self, call: str, brand: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        asked = sample(f"serve_templates.{call}")
        asked["requestContext"]["authorizer"]["brand"] = brand
        asked["body"] = json.dumps(body) if body else asked["body"]
        self._functions.modules["serve_templates"].app._clock = lambda: at("2026-03-03 12:00")
        answer = self._functions.answer(asked)
        return answer["statusCode"], json.loads(answer["body"])

    def preview(self, caller: str = "maru", **body: Any) -> Any:
        status, view = self.ask("preview", caller, {"template": "hello", "channel": "sms", **body})
        assert status == 200, view
        return view

    def refusal(self, caller: str = "maru", **body: Any) -> tuple[int, str, list[str]]:
        status, problem = self.ask("preview", caller, {"template": "hello", "channel": "sms", **body})
        return status, problem["code"], [each["pointer"] for each in problem["errors"]]


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with both_tables():
        yield Desk()


@pytest.fixture
def tracking(desk: Desk) -> Iterator[Desk]:
    """Links in SMS lead through us meanwhile."""
    publish({**PUBLISHED, "messages": {**PUBLISHED["messages"], "track_sms": True}})
    desk.read_anew()
    yield desk
    publish(PUBLISHED)
    desk.read_anew()


def test_the_samples_are_answered(desk: Desk) -> None:
    assert desk.ask("preview", "maru")[0] == 200
    assert [each["id"] for each in desk.ask("list", "maru")[1]["items"]] == ["code", "hello", "of-maru"]


def test_templates_are_listed_with_languages_and_channels(desk: Desk) -> None:
    """E31: those of another brand are not."""
    items = desk.ask("list", "group")[1]["items"]
    assert [each["id"] for each in items] == ["code", "hello", "of-maru", "of-sora"]
    assert items[1] == {
        "id": "hello",
        "name": "Hello",
        "kind": "marketing",
        "brand": "group",
        "languages": ["en", "zh-TW"],
        "channels": ["email", "sms", "line"],
    }
    assert items[2]["channels"] == ["email", "sms"]


def test_a_member_is_told_what_is_theirs_in_their_language(desk: Desk) -> None:
    """M24, M26: the balance and what ends next, as of now."""
    told = desk.preview(channel="email", member={"id": MEI})
    assert (told["language"], told["match"], told["brand"], told["member_id"]) == ("zh-TW", "exact", "maru", MEI)
    assert told["email"]["subject"] == "<b>小美</b> 您好"
    assert "<strong>40</strong> 點，40 點到 2026年5月31日" in told["email"]["html"]
    assert 'href="https://shop.huitou.example/?tier=Gold"' in told["email"]["html"]
    assert "<b>" not in told["email"]["html"]
    assert f"取消訂閱: {SAMPLE_UNSUBSCRIBE_URL}" in told["email"]["text"]
    assert (told["sms"], told["line"]) == (None, None)
    assert told["variables"] == {
        "member.name": "<b>小美</b>",
        "member.tier": "Gold",
        "member.points": "40",
        "member.points_ending": "40",
        "member.points_end_on": "2026-05-31",
        "brand.name": "Maru",
    }


def test_an_sms_is_told_with_its_parts_and_cost(desk: Desk) -> None:
    told = desk.preview(member={"id": MEI})["sms"]
    assert told["text"] == f"<b>小美</b>，40點 {SAMPLE_UNSUBSCRIBE_URL}"
    assert {name: told[name] for name in ("encoding", "length", "parts", "cost")} == {
        "encoding": "ucs_2",
        "length": len(told["text"]),
        "parts": 2,
        "cost": "1.6",
    }


LONG_ADDRESS = "https://shop.huitou.example/" + 200 * "a"
LINKING = {
    "brand": "maru",
    "template": None,
    "document": template(
        texts=[
            text(
                email={"subject": "New", "body": f"[Look]({LONG_ADDRESS})"},
                sms=f"Look: {LONG_ADDRESS} Stop: {WAY_OUT}",
            )
        ]
    ),
}


def test_a_link_is_shown_as_it_leads(desk: Desk) -> None:
    """M24: and in an SMS it stays so."""
    told = desk.preview("group", **LINKING)["sms"]
    assert told["text"] == f"Look: {LONG_ADDRESS} Stop: {SAMPLE_UNSUBSCRIBE_URL}"
    assert told["parts"] == 3
    assert LONG_ADDRESS in desk.preview("group", **LINKING, channel="email")["email"]["html"]


def test_a_link_in_an_sms_is_as_long_as_the_one_that_is_sent(tracking: Desk) -> None:
    """M24: where it leads through us; in an email, a preview goes on showing where to."""
    told = tracking.preview("group", **LINKING)["sms"]
    assert told["text"] == f"Look: {SAMPLE_TRACKED_URL} Stop: {SAMPLE_UNSUBSCRIBE_URL}"
    assert told["parts"] == 2
    assert LONG_ADDRESS in tracking.preview("group", **LINKING, channel="email")["email"]["html"]


@pytest.mark.parametrize(
    ("asked", "channel", "language", "match"),
    [
        ("en", "sms", "en", "exact"),
        ("zh-Hant", "sms", "zh-TW", "related"),
        ("fr", "sms", "en", "default"),
        ("zh-TW", "line", "en", "default"),
        (None, "sms", "en", "exact"),
    ],
)
def test_the_language_is_the_one_asked_for_else_a_related_one_else_the_first(
    desk: Desk, asked: str | None, channel: str, language: str, match: str
) -> None:
    """Of those that speak by the channel."""
    told = desk.preview(channel=channel, language=asked)
    assert (told["language"], told["match"]) == (language, match)


def test_the_sample_member_is_somebody_of_whom_everything_is_known(desk: Desk) -> None:
    told = desk.preview(channel="line")
    assert told["line"] == {"text": "Hello Mei Wang"}
    assert told["member_id"] is None


def test_a_template_that_is_being_written_is_tried_in_the_programme(desk: Desk) -> None:
    """It takes the place of the one with its id; nothing is kept."""
    written = template(id="of-sora", kind="service", texts=[text(sms="{{ brand.name }} and {{ program.name }}")])
    asked = {"template": None, "document": written}
    assert desk.preview("group", **asked)["sms"]["text"] == "Huitou Club and Huitou Club"
    assert desk.preview("group", **asked, brand="sora")["sms"]["text"] == "Sora and Huitou Club"
    assert desk.preview("sora", template="of-sora")["sms"]["text"] == "Sora"


def test_what_is_wrong_with_a_template_is_told_with_its_place(desk: Desk) -> None:
    wrong: Any = {
        "template": None,
        "document": template(name="", texts=[text(sms="Hi"), text(language="en", line="{{ x }}")]),
    }
    assert desk.refusal(**wrong) == (
        422,
        "invalid_template",
        ["/name", "/texts/1/language", "/texts/0/sms", "/texts/1/line"],
    )


@pytest.mark.parametrize(
    ("caller", "asked", "expected"),
    [
        ("maru", {"template": "none"}, (404, "template_not_found", [])),
        ("maru", {"template": "of-sora"}, (404, "template_not_found", [])),
        ("maru", {"template": "of-maru", "channel": "line"}, (422, "channel_not_written", ["/channel"])),
        ("maru", {"member": {"id": "01KNOBODY"}}, (404, "member_not_found", [])),
        ("sora", {"member": {"id": MEI}}, (404, "member_not_found", [])),
        ("group", {"member": {"id": MEI}, "brand": "sora"}, (404, "member_not_found", [])),
        ("group", {"member": {"id": MEI}, "template": "of-sora"}, (404, "member_not_found", [])),
        ("maru", {"brand": "sora"}, (403, "foreign_brand", [])),
        ("group", {"brand": "kaze"}, (422, "wrong_speaker", ["/brand"])),
        ("group", {"template": "of-maru", "brand": "sora"}, (422, "wrong_speaker", ["/brand"])),
        ("maru", {"template": None, "document": OF_SORA}, (403, "foreign_brand", [])),
        ("maru", {"document": HELLO}, (422, "validation_failed", [""])),
        ("maru", {"channel": "fax"}, (422, "validation_failed", ["/channel"])),
        ("maru", {"language": "Chinese!"}, (422, "validation_failed", ["/language"])),
    ],
)
def test_what_cannot_be_shown_is_refused(desk: Desk, caller: str, asked: Any, expected: Any) -> None:
    """E30, E31: a brand sees neither another's templates nor members who have not joined it."""
    assert desk.refusal(caller, **asked) == expected


def test_of_whom_nothing_is_known_nothing_is_said(desk: Desk) -> None:
    """Who has no points has none that end."""
    told = desk.preview(channel="email", language="zh-TW", member={"id": FANG})["variables"]
    assert told["member.points"] == "0"
    assert (told["member.name"], told["member.points_ending"], told["member.points_end_on"]) == (None, None, None)


def test_a_code_is_shown_by_what_brings_codes_and_by_nothing_else(desk: Desk) -> None:
    """M39: it is nobody's; also where the template is being written."""
    assert desk.preview(template="code")["sms"]["text"] == "428913"
    better = {**CODE, "texts": [text(email=None, sms="Your code: {{ code }}", line=None)]}
    assert desk.preview(template=None, document=better)["sms"]["text"] == "Your code: 428913"
    status, code, pointers = desk.refusal(template=None, document={**better, "id": "other"})
    assert (status, code, pointers) == (422, "invalid_template", ["/texts/0/sms"])

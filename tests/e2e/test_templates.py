"""Templates (M24): published with the programme, looked at by those who write them, and nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.calls import NAME, PROGRAM, Body, buy, enrol, enrolment, found, pointers, refusal
from tests.e2e.publishing import hold
from tests.e2e.shell import settings_of, typed
from tests.templates import SENDERS, speaking, template, text

IN_CHINESE = text(
    language="zh-TW",
    email={
        "subject": "{{ member.name | default: '您好' }}，好久不見",
        "body": "您有 **{{ member.points }}** 點。\n\n[看看](https://shop.huitou.example/?n={{ member.name }})",
    },
    sms="{{ brand.name }}想念您！退訂 {{ unsubscribe_url }}",
)
HELLO = template(texts=[text(), IN_CHINESE])
OF_SORA = template(id="of-sora", brand="sora")
SAYS: Body = {"messages": speaking()["messages"], "templates": [HELLO, OF_SORA]}


@pytest.fixture(scope="module", autouse=True)
def _spoken(api: httpx.Client) -> Iterator[None]:
    """The programme of the tests, which says something here; the other tests go on with it as it was."""
    hold(api, {**PROGRAM, **SAYS})
    yield
    hold(api, PROGRAM)


def preview(client: httpx.Client, **asked: object) -> httpx.Response:
    return client.post("/v1/templates/preview", json={"template": "hello", "channel": "email", **asked})


def test_what_a_member_would_get_is_shown(api: httpx.Client, maru: httpx.Client) -> None:
    """M24, M26: in their language, with what they have now; a name is text, and no more."""
    profile = {"name": f"<b>{NAME}</b>", "language": "zh-TW"}
    mei = str(api.post("/v1/members", json=enrolment(profile=profile)).json()["member_id"])
    buy(maru, mei, "5000")

    told = found(preview(maru, member={"id": mei}))
    assert (told["language"], told["match"], told["brand"]) == ("zh-TW", "exact", "maru")
    assert told["email"]["subject"] == f"<b>{NAME}</b>，好久不見"
    assert "<strong>50</strong>" in told["email"]["html"]
    assert "<b>" not in told["email"]["html"]
    assert "取消訂閱: https://" in told["email"]["text"]

    buy(maru, mei, "1000")
    assert found(preview(maru, member={"id": mei}))["variables"]["member.points"] == "60"

    sms = found(preview(maru, member={"id": mei}, channel="sms"))["sms"]
    assert (sms["encoding"], sms["parts"], sms["cost"]) == ("ucs_2", 2, "1.6")


def test_without_a_member_somebody_made_up_gets_it(api: httpx.Client) -> None:
    told = found(preview(api, channel="line"))
    assert told["line"] == {"text": "Hello Mei Wang"}
    assert (told["member_id"], told["brand"]) == (None, "group")


def test_each_brand_sees_its_own_and_the_groups(api: httpx.Client, maru: httpx.Client, sora: httpx.Client) -> None:
    """E31: templates and members alike."""
    listed = {
        client: [each["id"] for each in found(client.get("/v1/templates"))["items"]] for client in (api, maru, sora)
    }
    assert listed == {api: ["hello", "of-sora"], maru: ["hello"], sora: ["hello", "of-sora"]}
    refusal(preview(maru, template="of-sora"), 404, "template_not_found")
    refusal(preview(sora, member={"id": enrol(maru)}), 404, "member_not_found")


def test_a_key_needs_the_permission(reader: httpx.Client) -> None:
    refusal(preview(reader), 403, "missing_permission")


def test_a_template_that_is_being_written_is_tried(api: httpx.Client) -> None:
    written = {"template": None, "channel": "sms", "document": template(id="new", texts=[text(sms="No way out")])}
    problem = refusal(preview(api, **written), 422, "invalid_template")
    assert pointers(problem) == ["/texts/0/sms"]
    good = {**written, "document": template(id="new")}
    assert found(preview(api, **good))["sms"]["encoding"] == "gsm_03.38"
    refusal(preview(api, template="new"), 404, "template_not_found")


BAD: dict[str, tuple[Body, list[str]]] = {
    "syntax error": (
        {"templates": [template(texts=[text(line="{% if member.name %}")])]},
        ["/templates/0/texts/0/line"],
    ),
    "unknown variable": ({"templates": [template(texts=[text(sms="{{ me }}")])]}, ["/templates/0/texts/0/sms"]),
    "foreign host": (
        {"templates": [template(texts=[text(line="https://elsewhere.example")])]},
        ["/templates/0/texts/0/line"],
    ),
    "two at once": (
        {"templates": [template(brand="soar", texts=[text(sms="No way out")])]},
        ["/templates/0/brand", "/templates/0/texts/0/sms"],
    ),
    "nobody sends it": (
        {"messages": {**SAYS["messages"], "senders": [{"brand": "group", "email": SENDERS[0]["email"]}]}},
        [f"/templates/{n}/texts/{k}/{channel}" for n, k in ((0, 0), (0, 1), (1, 0)) for channel in ("sms", "line")],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_programme_that_cannot_say_what_it_says_is_refused(api: httpx.Client, case: str) -> None:
    """E30: with every place; and the version that holds goes on to hold."""
    changes, places = BAD[case]
    before = found(api.get("/v1/program"))["version"]
    problem = refusal(api.post("/v1/program/versions", json={**PROGRAM, **SAYS, **changes}), 422, "invalid_program")
    assert pointers(problem) == places
    assert found(api.get("/v1/program"))["version"] == before


def test_the_shell_tells_the_same(api: httpx.Client, tmp_path: Path) -> None:
    wrong = {**PROGRAM, **SAYS, "templates": [template(texts=[text(line="a\n{{ me }}")])]}
    file = tmp_path / "wrong.yaml"
    file.write_text(json.dumps(wrong))
    told = typed(settings_of(api), "program", "validate", str(file), code=1)
    assert "/templates/0/texts/0/line" in told
    assert "Line 2: there is no variable 'me'" in " ".join(told.split())

"""What cannot be said, or by nobody, is refused with its place and the reason (M24, E30)."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.program.document import canonical_json
from huitou.program.template_compilation import compile_catalogue
from huitou.program.validation import InvalidProgramError, read_document
from huitou.templates.model import Catalogue, CodeRules
from tests.builders import document
from tests.templates import SENDERS, WAY_OUT, speaking, template, text


def refusal(written: dict[str, Any]) -> dict[str, str]:
    """The problems of a document, by place."""
    with pytest.raises(InvalidProgramError) as caught:
        read_document(json.dumps(written))
    return {error.pointer: error.message for error in caught.value.errors}


def saying(**changes: Any) -> dict[str, Any]:
    """A programme whose one template says this, and that in no other way."""
    silent: dict[str, Any] = {"email": None, "sms": None, "line": None}
    return speaking(template(texts=[text(**{**silent, **changes})]))


AT = "/templates/0/texts/0"


def test_a_programme_may_say_something() -> None:
    read_document(
        json.dumps(speaking(template(), template(id="second", brand="maru", kind="service", texts=[text(sms=None)])))
    )


def test_without_templates_nothing_of_their_packages_is_loaded() -> None:
    """Most functions that read documents do not have them."""
    program = (
        "import json, sys; from tests.builders import document; from huitou.program.validation import read_document;"
        "read_document(json.dumps(document())); print({'liquid', 'babel', 'markdown_it', 'gsm0338'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("said", "place", "message"),
    [
        ({"line": "a\n{{ member.nam }}"}, "/line", "Line 2: there is no variable 'member.nam' here"),
        ({"line": "{{ x"}, "/line", "Line 1: expected '}}', found the end."),
        ({"line": "{% include 'x' %}"}, "/line", "Line 1: there is no tag 'include'"),
        ({"line": " \n"}, "/line", "Write something here."),
        ({"line": "{% if false %}x{% endif %}"}, "/line", "Of this nothing is left"),
        (
            {"line": "a\nhttp://huitou.example"},
            "/line",
            "Line 2: 'http://huitou.example' does not begin with https://.",
        ),
        ({"line": "www.huitou.example"}, "/line", "Line 1: 'www.huitou.example' does not begin with https://."),
        ({"line": "https://evil.example/x"}, "/line", "Line 1: 'evil.example' is none of the hosts"),
        ({"line": "https://nothuitou.example"}, "/line", "Line 1: 'nothuitou.example' is none of the hosts"),
        ({"line": "https://{{ member.name }}.huitou.example"}, "/line", "Line 1: the host of 'https://{{'"),
        ({"line": "https://huitou.example{{ member.name }}"}, "/line", "Line 1: the host of"),
        ({"line": "https://huitou.example@evil.example/"}, "/line", "Line 1: the host of"),
        ({"line": "https://huitou.example:x@evil.example/"}, "/line", "Line 1: the host of"),
        ({"line": "https://huitou.example:{{ member.name }}/"}, "/line", "Line 1: the host of"),
        ({"line": "https://huitou.example'{{ member.name }}/"}, "/line", "Line 1: the host of"),
        ({"line": "https&#58;//evil.example"}, "/line", "A link is wrong: 'evil.example' is none of the hosts"),
        ({"line": "a" * 4000 + " https://evil.example"}, "/line", "Line 1: 'evil.example' is none of the hosts"),
        ({"line": "{% if member.tier %}hello{% endif %}"}, "/line", "Of this nothing is left for some members"),
        ({"line": "{{ 'https:' }}//evil.example"}, "/line", "A link is wrong: 'evil.example' is none of the hosts"),
        ({"line": "a" * 5001}, "/line", "For the sample member this has 5,001 characters; at most 5,000"),
        ({"sms": "王" * 600 + WAY_OUT}, "/sms", "For the sample member this takes 11 parts; at most 10"),
        ({"sms": "Hello"}, "/sms", "Marketing by SMS needs a way out for everybody"),
        ({"sms": f"Hello {{% if member.name %}}{WAY_OUT}{{% endif %}}"}, "/sms", "Marketing by SMS needs a way out"),
        ({"sms": f"Stop: {WAY_OUT}{{{{ member.name }}}}"}, "/sms", "Marketing by SMS needs a way out"),
        ({"sms": f"x{WAY_OUT}"}, "/sms", "Marketing by SMS needs a way out"),
        ({"sms": f"New: https://huitou.example/a({WAY_OUT})"}, "/sms", "Marketing by SMS needs a way out"),
        ({"sms": f"New: https://huitou.example/a?then={WAY_OUT}"}, "/sms", "Marketing by SMS needs a way out"),
        (
            {
                "email": {
                    "subject": "x",
                    "body": "x{% if false %}[x](https&colon;//evil.example){% endif %}",
                }
            },
            "/email/body",
            "A link is wrong: 'evil.example' is none of the hosts",
        ),
        (
            {"email": {"subject": "x", "body": "[x](https://huitou.example:x@evil.example/)"}},
            "/email/body",
            "Line 1: the host of",
        ),
        ({"email": {"subject": "x", "body": "**" * 220 + "a" + "**" * 220}}, "/email/body", "Lists or emphasis stand"),
        ({"email": {"subject": "a" * 256, "body": "x"}}, "/email/subject", "For the sample member this has 256"),
        ({"email": {"subject": "", "body": "x"}}, "/email/subject", "Write something here."),
        (
            {"email": {"subject": "x", "body": "[x](mailto:a)"}},
            "/email/body",
            "A link is wrong: 'mailto:a' does not begin",
        ),
        ({"email": {"subject": "x", "body": "[x]({{ member.name }})"}}, "/email/body", "A link is wrong: 'Mei%20Wang'"),
        ({"email": {"subject": "x", "body": "x", "preheader": "{{ y }}"}}, "/email/preheader", "Line 1: there is no"),
        ({"email": {"subject": "x {{ coupon.code }}", "body": "x"}}, "/email/subject", "Line 1: there is no variable"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused(said: dict[str, Any], place: str, message: str) -> None:
    found = refusal(saying(**said))
    assert list(found) == [f"{AT}{place}"]
    assert found[f"{AT}{place}"].startswith(message)


def test_links_may_lead_to_registered_hosts_and_below_them() -> None:
    body = (
        "[x](https://shop.huitou.example/a?b={{ member.name }}) https://huitou.example, and [no]({{ unsubscribe_url }})"
    )
    read_document(json.dumps(saying(email={"subject": "x", "body": body})))


def test_all_problems_are_told_at_once() -> None:
    bad = template(
        id="Hello!",
        name="",
        brand="mary",
        texts=[
            text(language="English"),
            text(language="zh-TW", line="{{ a }} {{ b }}"),
            text(language="ZH-tw"),
            {"language": "ja"},
        ],
    )
    found = refusal(speaking(bad, template(), template()))
    assert list(found) == [
        "/templates/0/id",
        "/templates/2/id",
        "/templates/0/name",
        "/templates/0/brand",
        "/templates/0/texts/0/language",
        "/templates/0/texts/2/language",
        "/templates/0/texts/3",
        "/templates/0/texts/1/line",
    ]
    assert found["/templates/0/brand"] == "There is no brand 'mary' in this programme. Did you mean 'maru'?"


def test_somebody_must_send_it() -> None:
    """The brand that speaks, else the group."""
    only_maru = [{"brand": "maru", "line": {"channel": "maru"}}]
    written = speaking(template(brand="maru"), template(id="second", brand="sora"), template(id="third"))
    written["messages"]["senders"] = only_maru
    found = refusal(written)
    missing = [["email", "sms"], ["email", "sms", "line"], ["email", "sms", "line"]]
    assert list(found) == [f"/templates/{n}/texts/0/{channel}" for n, gone in enumerate(missing) for channel in gone]
    assert found["/templates/0/texts/0/sms"] == (
        "Nobody sends this: the brand 'maru' or the group needs a sender under messages, senders."
    )


def test_what_all_messages_keep_to_is_looked_at() -> None:
    look = {"color": "red", "logo": "http://x/y.png", "address": "a\x00"}
    found = refusal(
        document(
            brands=[{"id": "maru", "name": "Maru", "look": look}, {"id": "sora", "name": "Sora"}],
            messages={
                "url_hosts": ["https://x.example", "a.example", "a.example"],
                "sms_price": "0",
                "line_price": "-0.1",
                "senders": [
                    {"brand": "group"},
                    {
                        "brand": "group",
                        "email": {"address": "x", "name": ""},
                        "sms": {"sender": "+1"},
                        "line": {"channel": "!"},
                    },
                    {"brand": "kaze", "email": SENDERS[0]["email"]},
                ],
            },
        )
    )
    assert list(found) == [
        "/messages/senders/1/email/name",
        "/brands/0/look/color",
        "/brands/0/look/logo",
        "/brands/0/look/address",
        "/messages/url_hosts/0",
        "/messages/url_hosts/2",
        "/messages/sms_price",
        "/messages/line_price",
        "/messages/senders/0",
        "/messages/senders/1/brand",
        "/messages/senders/1/email/address",
        "/messages/senders/1/sms/sender",
        "/messages/senders/1/line/channel",
        "/messages/senders/2/brand",
    ]


def test_who_may_try_messages_is_on_a_list_of_the_groups() -> None:
    """E31; what a brand says of its members, and what they do, makes none of them a tester."""
    ours = {"id": "ours", "name": "Ours", "brand": "maru", "list": True}
    tagged = {"id": "tagged", "name": "Tagged", "when": {"tags": ["care"]}}
    named = {
        name: document(segments=["staff", ours, tagged], messages={"testers": name})
        for name in ("staff", "ours", "stuff", "tagged")
    }
    assert refusal(named["tagged"]) == {"/messages/testers": "They are named one by one: 'tagged' must be a list."}
    assert catalogue(named["staff"]).testers == "staff"
    assert catalogue(document()).testers is None
    at, other, unknown = "/messages/testers", refusal(named["ours"]), refusal(named["stuff"])
    assert other == {at: "All brands try their messages on them: 'ours' can be no brand's own."}
    assert unknown == {at: "There is no segment 'stuff' in this programme. Did you mean 'staff'?"}


@pytest.mark.parametrize("sender", ["Huitou Club", "Huitou ", " "])
def test_a_sender_of_sms_has_no_blanks(sender: str) -> None:
    """End User Messaging takes none."""
    place = "/messages/senders/0/sms/sender"
    assert list(refusal(document(messages={"senders": [{"brand": "group", "sms": {"sender": sender}}]}))) == [place]


def test_decisions_carry_no_templates_and_messages_read_them_from_the_document() -> None:
    written = read_document(json.dumps(speaking(template())))
    catalogue = compile_catalogue(json.loads(canonical_json(written)))
    assert list(catalogue.templates) == ["hello"]
    assert catalogue.prices == {MessageChannel.SMS: Decimal("0.8")}
    assert catalogue.speaker("maru").name == "Maru"
    assert catalogue.speaker(None).name == "Huitou Club"


def test_a_document_of_before_there_were_templates_has_none() -> None:
    assert compile_catalogue({"name": "Old", "brands": [{"id": "maru", "name": "Maru"}]}).templates == {}


def sending_codes(*templates: dict[str, Any], named: str = "code") -> dict[str, Any]:
    """A programme that sends one-time codes by the template of this id."""
    said = speaking(*templates)
    return {**said, "messages": {**said["messages"], "verification": {"template": named}}}


def test_links_in_an_sms_are_counted_as_they_are_sent() -> None:
    """M24: each takes 93 characters where it leads through us."""
    said = saying(sms=f"{17 * 'https://huitou.example/1 '}{WAY_OUT}")
    assert catalogue(said).track_sms is False
    told = refusal({**said, "messages": {**said["messages"], "track_sms": True}})
    assert told["/templates/0/texts/0/sms"].startswith("For the sample member this takes 12 parts")


@pytest.mark.parametrize("track_sms", [True, False])
def test_the_way_out_may_stand_between_brackets_and_beside_words(*, track_sms: bool) -> None:
    said = saying(sms=f"新品https://huitou.example/a[b]，退訂({WAY_OUT})。")
    assert catalogue({**said, "messages": {**said["messages"], "track_sms": track_sms}}).track_sms is track_sms


def code_template(**changes: Any) -> dict[str, Any]:
    return {**template(id="code", kind="service"), "texts": [code_text()], **changes}


def code_text(**changes: Any) -> dict[str, Any]:
    email = {"subject": "Your code", "body": "It is {{ code }}."}
    return text(**{"email": email, "sms": "{{ code }}", "line": None, **changes})


def test_one_template_may_bring_one_time_codes() -> None:
    """M39"""
    assert catalogue(sending_codes(template(), code_template())).codes == CodeRules("code", 1_000, 5_000)
    assert catalogue(document()).codes is None


def test_how_many_codes_a_brand_may_have_sent_is_the_programmes_affair() -> None:
    written = sending_codes(code_template())
    written["messages"]["verification"] |= {"most_an_hour": 50, "most_a_day": 200}
    assert catalogue(written).codes == CodeRules("code", 50, 200)
    written["messages"]["verification"] |= {"most_an_hour": 0}
    assert list(refusal(written)) == ["/messages/verification/most_an_hour"]


def catalogue(written: dict[str, Any]) -> Catalogue:
    """As a published version has it."""
    return compile_catalogue(json.loads(canonical_json(read_document(json.dumps(written)))))


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"id": "cod"}, "/messages/verification/template", "There is no template 'code' in this programme."),
        ({"kind": "marketing"}, "/messages/verification/template", "Whoever waits for a code has asked for it"),
        ({"brand": "maru"}, "/messages/verification/template", "All brands send their codes by it"),
        ({"texts": [code_text(line="{{ code }}")]}, f"{AT}/line", "Codes go to phones and mailboxes"),
        ({"texts": [code_text(sms="Hello")]}, f"{AT}/sms", "This brings one-time codes: write {{ code }}"),
        (
            {"texts": [code_text(sms="{% if brand.name == 'Sora' %}{{ code }}{% endif %} hello")]},
            f"{AT}/sms",
            "This brings one-time codes: write {{ code }}",
        ),
        (
            {"texts": [code_text(sms="{{ member.name }}: {{ code }}")]},
            f"{AT}/sms",
            "Line 1: there is no variable 'member.name' here",
        ),
        (
            {"texts": [code_text(email={"subject": "Your code", "body": "Hello"})]},
            f"{AT}/email/body",
            "This brings one-time codes: write {{ code }}",
        ),
        (
            {"texts": [code_text(email={"subject": "{{ code | truncate: 5 }}", "body": "It is {{ code }}."})]},
            f"{AT}/email/subject",
            "Line 1: there is no variable 'code' here; use brand.name, program.name.",
        ),
    ],
)
def test_what_cannot_bring_a_code_is_refused(changes: dict[str, Any], place: str, message: str) -> None:
    assert refusal(sending_codes(code_template(**changes)))[place].startswith(message)


def test_no_other_template_says_a_code() -> None:
    other = template(id="other", kind="service", texts=[text(sms="{{ code }}", email=None, line=None)])
    found = refusal(sending_codes(code_template(), other))
    assert found["/templates/1/texts/0/sms"].startswith("Line 1: there is no variable 'code' here")

"""Whatever members are called, texts stay what they are (M24)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st

from huitou.kernel.channels import MessageChannel
from huitou.templates.choosing import text_for
from huitou.templates.email import Parts, email
from huitou.templates.linting import Terms, findings
from huitou.templates.model import Look, Speaker, Template, TemplateKind, Text
from huitou.templates.sms import SmsEncoding, sms
from huitou.templates.variables import SAMPLE_CODE, SAMPLE_UNSUBSCRIBE_URL, MemberFacts, known, values
from huitou.templates.writing import write
from tests.sample_templates import sample_catalogue

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"

wild = st.text(st.one_of(st.characters(), st.sampled_from("<>[]()*_#`&\"'\\!{}%|:/.@\ue000\ue001\n0")), max_size=40)
members = st.builds(
    MemberFacts,
    name=st.none() | wild,
    language=st.none() | st.sampled_from(["zh-TW", "zh", "en", "en-GB", "ja", "tlh"]),
    tier=st.none() | wild,
    points=st.decimals(0, 10**15, places=2),
    points_ending=st.none() | st.decimals(0, 10**15, places=2),
    points_end_on=st.none() | st.dates(date(1970, 1, 1), date(9998, 12, 31)),
)
BODY = """# {{ member.name }}

{{ member.name }} **{{ member.name }}** and *{{ member.tier }}* {{ member.points | points }}

- {{ member.name }}
- [{{ member.name }}](https://huitou.example/{{ member.name }}?q={{ member.tier }}#{{ member.name }})

[{{ member.name }}](https://huitou.example/)

[no]({{ member.name }}) [no](https://{{ member.name }}/) {{ member.points_end_on | date }}
"""


class Outline(HTMLParser):
    """The elements of a page with what they refer to, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.hosts: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.hosts |= {(value or "").split("/")[2] for name, value in attrs if name in {"href", "src"}}


def page(member: MemberFacts) -> str:
    said = values(member, brand="Maru", program="Club", unsubscribe_url=SAMPLE_UNSUBSCRIBE_URL)
    subject, preheader = write("{{ member.name }}", said, "en"), write("For {{ member.name }}", said, "en")
    parts = Parts(subject, write(BODY, said, "en"), preheader)
    return email(parts, Speaker("Maru", Look()), "en", SAMPLE_UNSUBSCRIBE_URL).html


PLAIN = page(MemberFacts("Mei", "en", "Gold", Decimal(1), None, None))


@given(members)
@example(MemberFacts("<b>[x](http://evil)", "en", "</p><script>", Decimal(0), None, None))
@example(MemberFacts("https://evil.example", "en", "&#x3c;", Decimal(0), None, None))
@example(MemberFacts(SAMPLE_UNSUBSCRIBE_URL, "en", None, Decimal(0), None, None))
def test_no_value_adds_an_element_or_leads_elsewhere(member: MemberFacts) -> None:
    found, plain = Outline(page(member)), Outline(PLAIN)
    unsubscribing = member.name == SAMPLE_UNSUBSCRIBE_URL
    assert unsubscribing or found.elements == plain.elements
    assert found.hosts == {"huitou.example", "unsubscribe.example"}


@given(members, st.sampled_from(sorted(sample_catalogue().templates)), st.sampled_from(MessageChannel))
def test_every_text_of_the_sample_programme_can_be_written_for_everybody(
    member: MemberFacts, name: str, channel: MessageChannel
) -> None:
    template = sample_catalogue().templates[name]
    chosen = text_for(template, channel, member.language)
    if chosen is None:
        return
    text, _ = chosen
    code = SAMPLE_CODE if name == sample_catalogue().code_template else None
    said = values(member, brand="Maru", program="Club", unsubscribe_url=SAMPLE_UNSUBSCRIBE_URL, code=code)
    if text.email and channel is MessageChannel.EMAIL:
        parts = Parts(write(text.email.subject, said, text.language), write(text.email.body, said, text.language))
        made = email(parts, Speaker("Maru"), text.language, SAMPLE_UNSUBSCRIBE_URL)
        assert "\n" not in made.subject
        assert made.html.encode()
    else:
        assert write(text.sms or text.line or "", said, text.language).fill().encode()


@given(members)
def test_what_brings_a_code_says_nothing_of_the_member(member: MemberFacts) -> None:
    """M39: whoever reads it may be somebody else, and has proven nothing yet."""
    said = values(member, brand="Maru", program="Club", unsubscribe_url=None, code=SAMPLE_CODE)
    assert said == {"brand.name": "Maru", "program.name": "Club", "code": SAMPLE_CODE}
    assert sorted(said) == sorted(known(marketing=False, codes=True))


pieces = st.sampled_from(
    [
        "{{ member.name }}",
        "{{ member.points | points }}",
        "{% if member.name %}",
        "{% endif %}",
        "{% else %}",
        "a",
        "\n",
        "{{ member.tier | upcase }}",
        "{% if member.points > 3 %}",
        "{% if member.tier == 'x' and member.name %}",
        "{{",
        "{% unless member.points_ending %}",
        "{% endunless %}",
        "{{ member.points_end_on | date }}",
        "{% if brand.name > 1 %}",
        "{{ member.name | truncate: member.points }}",
        "{{ x }}",
        "**",
        "[a](https://huitou.example)",
        "{{ 'a' | default: 3 }}",
    ]
)


@given(st.lists(pieces, max_size=12).map("".join), members)
def test_what_was_found_to_be_in_order_can_be_written_for_everybody(source: str, member: MemberFacts) -> None:
    """Whatever members are like: nobody is left without a message for what they are called."""
    template = template_of(source)
    if list(findings(template, template.texts[0], Terms({"huitou.example"}, "Gold", "Maru", "Club"))):
        return
    said = values(member, brand="Maru", program="Club", unsubscribe_url=None)
    write(source, said, "en")


def template_of(source: str) -> Template:
    return Template("t", "T", TemplateKind.SERVICE, None, (Text("en", line=source),))


def second_counting(text: str) -> tuple[int, int, bool]:
    """Parts are cut one after the other, from the alphabets as TS 23.038 prints them."""
    is_gsm = set(text) <= set(BASIC + EXTENSION)
    units = [(2 if each in EXTENSION else 1) if is_gsm else len(each.encode("utf-16-be")) // 2 for each in text]
    alone, joined = (160, 153) if is_gsm else (70, 67)
    if sum(units) <= alone:
        return sum(units), 1, is_gsm
    parts, rest = 0, units
    while rest:
        whole = [n for n in range(len(rest) + 1) if sum(rest[:n]) <= joined]
        parts, rest = parts + 1, rest[whole[-1] :]
    return sum(units), parts, is_gsm


@given(st.text(st.one_of(st.sampled_from(BASIC + EXTENSION), st.sampled_from("王😀ç")), max_size=400))
def test_parts_of_an_sms_are_those_of_a_second_counting(text: str) -> None:
    found = sms(text)
    assert (found.length, found.parts, found.encoding is SmsEncoding.GSM) == second_counting(text)


@given(st.sampled_from(BASIC + EXTENSION) | st.sampled_from("王😀ç"), st.integers(100, 500), st.sampled_from("a€王😀"))
def test_so_are_those_of_a_long_one(character: str, times: int, last: str) -> None:
    found = sms(character * times + last)
    assert (found.length, found.parts, found.encoding is SmsEncoding.GSM) == second_counting(character * times + last)

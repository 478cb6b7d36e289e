"""Campaigns are written in the programme, and refused where they cannot work (M19, E30)."""

from __future__ import annotations

import json
from datetime import time, timedelta
from typing import Any

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.program.campaigns import Campaign, Once, OnlyIn, Send, Wait
from huitou.program.validation import InvalidProgramError, read_document
from tests.builders import at, program
from tests.templates import speaking, template, text

SEGMENTS = [
    {"id": "lapsed", "name": "Lapsed", "when": {"days_since_last_purchase": {"at_least": 30}}},
    {"id": "of-sora", "name": "Sora's", "brand": "sora", "when": {"purchases": {"at_least": 1}}},
    "staff",
]
RECEIPT = template(id="receipt", kind="service", texts=[text(sms=None, line=None)])
OF_SORA = template(id="sora-says", brand="sora")
HELLO = {"send": {"template": "hello"}}
WRITTEN: dict[str, Any] = {
    "id": "away-30",
    "name": "三十天沒來",
    "brand": "maru",
    "enters": "lapsed",
    "once": "absence",
    "not_in": ["staff"],
    "dates": {"from": "2026-01-01", "to": "2026-12-31"},
    "at": "10:30",
    "holdout_percent": 10,
    "steps": [
        {"send": {"template": "hello", "channels": ["line", "email"], "purpose": "win_back"}},
        {"wait_days": 7},
        {"only_in": ["staff"]},
        HELLO,
    ],
}


def written(**changes: Any) -> dict[str, Any]:
    campaigns = [{**WRITTEN, **changes}]
    return speaking(template(), RECEIPT, OF_SORA, segments=SEGMENTS, campaigns=campaigns)


def test_a_campaign_is_read_as_it_is_written() -> None:
    """E9: its days are those of the programme's time zone, the last one included."""
    assert program(written()).campaigns["away-30"] == Campaign(
        id="away-30",
        name="三十天沒來",
        brand="maru",
        segment="lapsed",
        leaving=False,
        once=Once.ABSENCE,
        only_in=frozenset(),
        not_in=frozenset({"staff"}),
        starts_at=at("2026-01-01 00:00"),
        ends_at=at("2027-01-01 00:00"),
        catch_up=timedelta(days=1),
        at=time(10, 30),
        stays=True,
        goals=frozenset(),
        holdout_percent=10,
        priority=5,
        yields=timedelta(),
        paused=False,
        steps=(
            Send("hello", (MessageChannel.LINE, MessageChannel.EMAIL), "win_back"),
            Wait(7),
            OnlyIn(frozenset({"staff"})),
            Send("hello", (), None),
        ),
    )


def test_steps_of_higher_priority_come_first() -> None:
    """Of equals none yields, and each priority that nobody has is left out."""
    names = {"a": 9, "b": 5, "c": 5, "d": 1}
    document = {**written(), "campaigns": [{**WRITTEN, "id": name, "priority": names[name]} for name in names]}
    yields = {name: each.yields.total_seconds() for name, each in program(document).campaigns.items()}
    assert yields == {"a": 0, "b": 2, "c": 2, "d": 4}


def test_who_leaves_need_not_stay() -> None:
    found = program(written(enters=None, leaves="lapsed")).campaigns["away-30"]
    assert (found.segment, found.leaving, found.stays) == ("lapsed", True, False)


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"enters": None}, "", "Say when it begins: write `enters` or `leaves` with a segment, one of both."),
        ({"leaves": "staff"}, "", "Say when it begins"),
        ({"enters": "lapsd"}, "/enters", "There is no segment 'lapsd' in this programme. Did you mean 'lapsed'?"),
        ({"enters": "of-sora"}, "/enters", "'of-sora' belongs to the brand 'sora' alone; only its own campaigns"),
        ({"brand": None, "goals": ["of-sora"]}, "/goals/0", "'of-sora' belongs to the brand 'sora' alone"),
        ({"brand": "moru"}, "/brand", "There is no brand 'moru'"),
        ({"not_in": ["lapsed"]}, "/not_in/0", "so it would begin with nobody"),
        ({"enters": None, "leaves": "lapsed", "only_in": ["lapsed"]}, "/only_in/0", "so it would begin with nobody"),
        ({"goals": ["lapsed"]}, "/goals/0", "so it would end at once"),
        ({"goals": ["staff", "staff"]}, "/goals/1", "'staff' is in this list already."),
        ({"at": "10am"}, "/at", "'10am' is not a time of the day such as 09:30."),
        ({"dates": {}}, "/dates", "Name the first day (from), the last day (to) or both."),
        ({"dates": {"from": "2026-02-02", "to": "2026-01-01"}}, "/dates/to", "lies before the first"),
        ({"holdout_percent": 51}, "/holdout_percent", "This must be at most 50."),
        ({"steps": []}, "/steps", "At least 1 is needed."),
        ({"steps": [{}]}, "/steps/0", "A step is one thing: write `send`, `wait_days` or `only_in`."),
        ({"steps": [{"wait_days": 1, **HELLO}]}, "/steps/0", "A step is one thing"),
        ({"steps": [HELLO, {"wait_days": 1}]}, "/steps/1", "Nothing comes after this step, so it does nothing."),
        ({"steps": [{"only_in": ["nobody"]}, HELLO]}, "/steps/0/only_in/0", "There is no segment 'nobody'"),
        ({"steps": [{"send": {"template": "helo"}}]}, "/steps/0/send/template", "Did you mean 'hello'?"),
        ({"steps": [{"send": {"template": "sora-says"}}]}, "/steps/0/send/template", "The brand 'sora' speaks in it"),
        (
            {"steps": [{"send": {"template": "receipt", "channels": ["sms"]}}]},
            "/steps/0/send/channels/0",
            "The template does not speak by sms.",
        ),
        (
            {"steps": [{"send": {"template": "receipt", "purpose": "birthday"}}]},
            "/steps/0/send/purpose",
            "Nobody is asked for their consent to what they have to know.",
        ),
        ({"steps": [{"send": {"template": "hello", "purpose": "A B"}}]}, "/steps/0/send/purpose", "Write 1 to 32 of"),
    ],
)
def test_what_cannot_work_is_refused_at_its_place(changes: dict[str, Any], place: str, message: str) -> None:
    with pytest.raises(InvalidProgramError) as refused:
        read_document(json.dumps(written(**changes)))
    assert {each.pointer: each.message for each in refused.value.errors}.keys() == {f"/campaigns/0{place}"}
    assert message in refused.value.errors[0].message

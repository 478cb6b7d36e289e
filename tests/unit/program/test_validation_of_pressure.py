"""What keeps members from being bothered is written in the programme, and refused where it cannot work (M22, E30)."""

from __future__ import annotations

import json
from datetime import time
from typing import Any

import pytest

from huitou.pressure.model import Cap, QuietHours
from huitou.program.document import canonical_json
from huitou.program.pressure_compilation import compile_manners
from huitou.program.validation import InvalidProgramError, read_document
from huitou.templates.model import TemplateKind
from tests.builders import document


def published(**messages: Any) -> Any:
    """The stored document of a programme with these rules for messages."""
    return json.loads(canonical_json(read_document(json.dumps(document(messages=messages)))))


def test_the_night_is_quiet_unless_the_programme_says_otherwise() -> None:
    """E24"""
    assert compile_manners(published()).quiet == QuietHours(time(22), time(8))
    assert compile_manners(published(quiet_hours={"from": "21:30", "to": "09:00"})).quiet == QuietHours(
        time(21, 30), time(9)
    )
    assert compile_manners(published(quiet_hours=None)).quiet is None


def test_caps_are_about_marketing_unless_they_say_otherwise() -> None:
    caps = [{"most": 2, "days": 7}, {"most": 20, "days": 1, "kind": "service"}]
    manners = compile_manners(published(frequency_caps=caps))
    assert manners.caps == (Cap(TemplateKind.MARKETING, 2, 7), Cap(TemplateKind.SERVICE, 20, 1))
    assert manners.zone.key == "Asia/Taipei"


def test_a_document_of_before_there_were_caps_has_none_and_a_quiet_night() -> None:
    manners = compile_manners({"time_zone": "Asia/Taipei"})
    assert (manners.caps, manners.quiet) == ((), QuietHours(time(22), time(8)))


@pytest.mark.parametrize(
    ("messages", "place", "message"),
    [
        (
            {"quiet_hours": {"from": "22:00", "to": "22:00"}},
            "/quiet_hours/to",
            "No time lies between these; write null where no hours are quiet.",
        ),
        ({"quiet_hours": {"from": "10pm", "to": "08:00"}}, "/quiet_hours/from", "'10pm' is not a time of the day"),
        ({"frequency_caps": [{"most": 0, "days": 7}]}, "/frequency_caps/0/most", "This must be at least 1."),
        (
            {"frequency_caps": [{"most": 2, "days": 7}, {"most": 3, "days": 5}]},
            "/frequency_caps/1",
            "This never holds anything back: 2 within 7 days is less already.",
        ),
        (
            {"frequency_caps": [{"most": 2, "days": 7}, {"most": 2, "days": 7}]},
            "/frequency_caps/1",
            "This never holds anything back: 2 within 7 days is less already.",
        ),
        (
            {"frequency_caps": [{"most": 3, "days": 5}, {"most": 2, "days": 7}]},
            "/frequency_caps/0",
            "This never holds anything back: 2 within 7 days is less already.",
        ),
    ],
)
def test_what_holds_nothing_back_is_refused(messages: dict[str, Any], place: str, message: str) -> None:
    with pytest.raises(InvalidProgramError) as caught:
        read_document(json.dumps(document(messages=messages)))
    (error,) = caught.value.errors
    assert error.pointer == f"/messages{place}"
    assert error.message.startswith(message)


def test_caps_of_different_lengths_go_together() -> None:
    caps = [{"most": 2, "days": 7}, {"most": 1, "days": 1}, {"most": 2, "days": 7, "kind": "service"}]
    read_document(json.dumps(document(messages={"frequency_caps": caps})))

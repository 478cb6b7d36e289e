"""Builders of what members are told."""

from __future__ import annotations

from typing import Any

from tests.builders import document

SENDERS = [
    {
        "brand": "group",
        "email": {"address": "club@huitou.example", "name": "Huitou"},
        "sms": {"sender": "Huitou"},
        "line": {"channel": "huitou"},
    }
]
WAY_OUT = "{{ unsubscribe_url }}"


def template(**changes: Any) -> dict[str, Any]:
    """A template of the group's on all channels; ``changes`` replace its fields."""
    return {"id": "hello", "name": "Hello", "kind": "marketing", "texts": [text()], **changes}


def text(**changes: Any) -> dict[str, Any]:
    """What `template` says in English."""
    return {
        "language": "en",
        "email": {"subject": "Hello {{ member.name | default: 'you' }}", "body": "# Hello {{ member.name }}"},
        "sms": f"Hello. Stop: {WAY_OUT}",
        "line": "Hello {{ member.name | default: 'you' }}",
        **changes,
    }


def speaking(*templates: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A programme that says this, may link to huitou.example and pays 0.8 for a part of an SMS."""
    messages = {"url_hosts": ["huitou.example"], "sms_price": "0.8", "senders": SENDERS}
    return document(templates=list(templates), messages=messages, **changes)

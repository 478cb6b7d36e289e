"""The id of a member who was merged into another is an alias for ever, in every call (E15).

What belongs to a member is named ``<member>-<…>`` and keeps its name; only the id by itself is meant here.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from huitou.kernel.errors import MemberMovedError


def names(event: Mapping[str, Any], member: str) -> bool:
    """Whether the request names the member by id, in its path or its body."""
    return member in event["path"].split("/") or f'"{member}"' in _body(event)


def renamed(event: Mapping[str, Any], moved: MemberMovedError) -> dict[str, Any]:
    """The request as if it had named the member that goes on."""
    parts = {moved.member: moved.to}
    path = "/".join(parts.get(part, part) for part in event["path"].split("/"))
    values = {name: parts.get(value, value) for name, value in (event.get("pathParameters") or {}).items()}
    body = _body(event).replace(f'"{moved.member}"', f'"{moved.to}"')
    return {
        **event,
        "path": path,
        "pathParameters": values or None,
        "body": body if event.get("body") else event.get("body"),
        "isBase64Encoded": False,
    }


def renamed_value(value: Any, moved: MemberMovedError) -> Any:
    """A part of a body, likewise."""
    if isinstance(value, dict):
        return {name: renamed_value(each, moved) for name, each in value.items()}
    if isinstance(value, list):
        return [renamed_value(each, moved) for each in value]
    return moved.to if value == moved.member else value


def _body(event: Mapping[str, Any]) -> str:
    text: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return text
    try:
        return b64decode(text).decode()
    except ValueError:
        return ""  # no text: it was refused before anybody was named

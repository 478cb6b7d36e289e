"""E14: the same identity must come with the same content. What differs is named, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from huitou.kernel.errors import ContentReusedError, FieldError

LONGEST_SHOWN = 300


def require_same(stored: Mapping[str, object], given: Mapping[str, object], what: str) -> None:
    """Raises `ContentReusedError` naming each field in which ``given`` is not what is ``stored``, and how.

    Values are JSON and compared as they are, lists in any order: put them into canonical form first.
    """
    differing = [error for field, value in given.items() for error in _difference(field, stored.get(field), value)]
    if differing:
        raise ContentReusedError(f"This {what} is known with other content; nothing was changed.", errors=differing)


def _difference(field: str, was: object, now: object) -> Iterable[FieldError]:
    if was != now and isinstance(was, list) and isinstance(now, list):
        was, now = _without(was, now), _without(now, was)
    if was != now:
        yield FieldError(f"/{field}", f"was {_shown(was)}, is now {_shown(now)}")


def _without(items: list[object], others: list[object]) -> list[object]:
    """What ``items`` has more of than ``others``."""
    left = list(others)
    more = []
    for item in items:
        if item in left:
            left.remove(item)
        else:
            more.append(item)
    return more


def _shown(value: object) -> str:
    if value is None or value == []:
        return "absent"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"

"""E14: the same identity must come with the same content. What differs is named, field by field."""

from __future__ import annotations

from collections.abc import Mapping

from huitou.kernel.errors import ContentReusedError, FieldError


def require_same(stored: Mapping[str, object], given: Mapping[str, object], what: str) -> None:
    """Raises `ContentReusedError` naming each field in which ``given`` is not what is ``stored``.

    Values are compared as they are: put them into canonical form first.
    """
    differing = [
        FieldError(f"/{field}", f"was {_shown(stored.get(field))}, is now {_shown(value)}")
        for field, value in given.items()
        if stored.get(field) != value
    ]
    if differing:
        raise ContentReusedError(f"This {what} is known with other content; nothing was changed.", errors=differing)


def _shown(value: object) -> str:
    if value is None:
        return "absent"
    return "other content" if isinstance(value, list | tuple | dict) else repr(value)

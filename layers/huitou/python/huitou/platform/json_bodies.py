"""Reading a JSON body strictly: what two readers could understand differently is refused.

The standard parser keeps the last of two equal keys, reads ``NaN`` and ``1e999``, and lets half a surrogate pair
through, which then fails far from here.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from huitou.platform.problems import BodyTooLargeError, MalformedError

KIB = 1024
MIB = 1024 * KIB


def read_object(text: str, limit: int) -> dict[str, Any]:
    """The JSON object in ``text``. Raises `MalformedError`; `BodyTooLargeError` beyond ``limit`` bytes."""
    require_size(text, limit)
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse_constant)
    except RecursionError:
        raise MalformedError("The body is nested too deeply.") from None
    except ValueError as error:
        raise MalformedError(_reason(error)) from None
    if not isinstance(value, dict):
        raise MalformedError("The body must be a JSON object.")
    if "\\ud" in text or "\\uD" in text:
        _require_whole_characters(value)
    return value


def require_size(text: str, limit: int) -> None:
    """Counts bytes of UTF-8, and only where the characters leave it open."""
    if len(text) > limit or (len(text) * 4 > limit and len(text.encode(errors="surrogatepass")) > limit):
        raise BodyTooLargeError(f"The body may have at most {limit} bytes.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedError("The body gives a key twice in one object.")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise MalformedError("The body has a number that is too large.")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedError(f"{name} is not JSON.")


def _require_whole_characters(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise MalformedError("The body has half of a surrogate pair.") from None


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}."
    return "The body has a number that is too large."

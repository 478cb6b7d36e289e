"""From the text of a programme to its fields: finds everything that has the wrong shape, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from huitou.kernel.errors import FieldError
from huitou.kernel.pointers import pointer_to
from huitou.program.document import ProgramDocument

_SENTENCES: Mapping[str, str] = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field here.",
    "string_type": 'Text is expected here; put a number in quotes, for example "1.50".',
    "int_type": "A whole number is expected here.",
    "tuple_type": "A list is expected here.",
    "model_type": "A group of fields is expected here.",
    "model_attributes_type": "A group of fields is expected here.",
    "date_type": "A day is expected here, for example 2026-11-01.",
    "date_parsing": "A day is expected here, for example 2026-11-01.",
    "date_from_datetime_parsing": "A day is expected here, for example 2026-11-01.",
    "date_from_datetime_inexact": "A day is expected here, for example 2026-11-01.",
    "literal_error": "Choose {expected}.",
    "union_tag_invalid": "Choose one of {expected_tags}.",
    "union_tag_not_found": "Say of which type it is.",
    "greater_than_equal": "This must be at least {ge}.",
    "less_than_equal": "This must be at most {le}.",
    "too_short": "At least {min_length} is needed.",
    "too_long": "At most {max_length} are allowed.",
}


def parse_document(text: str | bytes) -> ProgramDocument | tuple[FieldError, ...]:
    """The document, or all that is wrong with its shape."""
    try:
        return ProgramDocument.model_validate_json(text)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        if details[0]["type"] == "json_invalid":
            return (FieldError("", f"This is not JSON: {details[0]['ctx']['error']}."),)
        raw = from_json(text)
        told = (detail for detail in details if not _is_long_enough(detail, raw))
        return tuple(FieldError(_pointer(detail, raw), _sentence(detail)) for detail in told)


def _sentence(detail: ErrorDetails) -> str:
    sentence = _SENTENCES.get(detail["type"])
    return sentence.format(**detail.get("ctx", {})) if sentence else f"{detail['msg']}."


def _is_long_enough(detail: ErrorDetails, raw: Any) -> bool:
    """pydantic counts only the items that it takes: what is wrong with the others is told already."""
    if detail["type"] != "too_short":
        return False
    _, parent = _parent(detail, raw)
    items, least = parent[detail["loc"][-1]], detail["ctx"]["min_length"]
    return bool(len(items) >= least)


def _pointer(detail: ErrorDetails, raw: Any) -> str:
    path, _ = _parent(detail, raw)
    path += detail["loc"][-1:]
    return pointer_to([*path, "type"] if detail["type"].startswith("union_tag") else path)


def _parent(detail: ErrorDetails, raw: Any) -> tuple[list[str | int], Any]:
    """What the place is in, and the way there.

    pydantic puts the chosen ``type`` of a union into the path; the reader's document has no such step.
    """
    path: list[str | int] = []
    for step in detail["loc"][:-1]:
        if isinstance(raw, dict) and step not in raw:
            continue
        path.append(step)
        raw = raw[step]
    return path, raw

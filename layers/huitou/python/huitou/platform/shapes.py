"""Reading untrusted values into pydantic shapes, with the misfit in our words (E30)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from huitou.kernel.errors import FieldError
from huitou.platform.problems import ValidationFailedError, pointer_of

MOST_FINDINGS = 50

M = TypeVar("M", bound=BaseModel)


def read_shape(kind: type[M], value: object) -> M:
    """``value``, parsed from JSON before, as a ``kind``. Raises `ValidationFailedError`."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise misfit(error.errors(include_url=False, include_input=False)) from None


def misfit(findings: Iterable[Mapping[str, Any]]) -> ValidationFailedError:
    """Pydantic's findings by place. They say what was expected and do not quote what was given."""
    fields = [
        FieldError(pointer_of(each["loc"]), each["msg"].removeprefix("Value error, "))
        for each in list(findings)[:MOST_FINDINGS]
    ]
    return ValidationFailedError("The request does not fit the schema.", errors=fields)

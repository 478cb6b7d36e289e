"""What every part of the programme document is made of: exact types, ids, labels, amounts, days."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

ID_PATTERN = r"[a-z0-9][a-z0-9_-]{0,30}"
"""Ids end up inside keys of the table: nothing that separates, nothing that needs escaping."""

_AMOUNT_PATTERN = r"^\d{1,15}(\.\d{1,6})?$"
_HOUR_PATTERN = r"^([01]\d|2[0-3]):[0-5]\d$"


def _as_decimal_string(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


# `validation` checks these patterns, with sentences of its own; the schema carries them for editors.
Id = Annotated[str, Field(json_schema_extra={"pattern": f"^{ID_PATTERN}$"})]
Label = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": 80})]
Amount = Annotated[
    str,
    BeforeValidator(_as_decimal_string),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": _AMOUNT_PATTERN}, {"type": "integer", "minimum": 0}]}),
]
Hour = Annotated[str, Field(json_schema_extra={"pattern": _HOUR_PATTERN})]


class Part(BaseModel):
    """What all parts of the document share: exact types, no field that nobody reads."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class DateRangePart(Part):
    """A range of days, both included, on the store's calendar."""

    first: Annotated[date | None, Field(alias="from")] = None
    """The first day, for example 2026-11-01. Without it: since ever."""

    last: Annotated[date | None, Field(alias="to")] = None
    """The last day. Without it: until further notice."""


class TimeRangePart(Part):
    """A time of the day on the store's clock. A range may run over midnight: from 22:00 to 02:00."""

    begin: Annotated[Hour, Field(alias="from")]
    """The first minute that counts, for example 14:00."""

    end: Annotated[Hour, Field(alias="to")]
    """The first minute that no longer counts; 00:00 for the end of the day."""

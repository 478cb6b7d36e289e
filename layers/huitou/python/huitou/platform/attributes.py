"""Values in items: in the domain they are what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from pynamodb.attributes import Attribute
from pynamodb.constants import MAP, NUMBER, STRING

from huitou.kernel.instants import format_instant, parse_instant

E = TypeVar("E", bound=StrEnum)


class IntegerAttribute(Attribute[int]):
    """A whole number, exactly; pynamodb's own number goes through JSON and may come back as a float."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        return str(value)

    def deserialize(self, value: str) -> int:
        return int(value)


class InstantAttribute(Attribute[datetime]):
    """To the millisecond, of fixed width."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        return format_instant(value)

    def deserialize(self, value: str) -> datetime:
        return parse_instant(value)


class DateAttribute(Attribute[date]):
    """A day of the calendar."""

    attr_type = STRING

    def serialize(self, value: date) -> str:
        return value.isoformat()

    def deserialize(self, value: str) -> date:
        return date.fromisoformat(value)


class ChoiceAttribute(Attribute[E]):
    """One of an enumeration, by its value."""

    attr_type = STRING

    def __init__(self, choices: type[E], **options: Any) -> None:
        super().__init__(**options)
        self._choices = choices

    def serialize(self, value: E) -> str:
        return value.value

    def deserialize(self, value: str) -> E:
        return self._choices(value)


class CountsAttribute(Attribute[Mapping[str, int]]):
    """Whole numbers by name."""

    attr_type = MAP

    def serialize(self, value: Mapping[str, int]) -> dict[str, Any]:
        return {name: {NUMBER: str(number)} for name, number in value.items()}

    def deserialize(self, value: Mapping[str, Any]) -> dict[str, int]:
        return {name: int(number[NUMBER]) for name, number in value.items()}

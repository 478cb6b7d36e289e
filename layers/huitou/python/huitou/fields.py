"""What the requests of all parts share: their base and their fields, as pydantic types."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from huitou.kernel.instants import to_instant

_NO_CONTROL = r"^[^\x00-\x1f\x7f]+$"

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_NO_CONTROL)]
Number = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_NO_CONTROL)]
"""What somebody else's system calls a thing."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_NO_CONTROL)]


class Body(BaseModel):
    """What callers send: nothing but the fields named, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    def __repr__(self) -> str:
        """Its name alone: the resolver writes its arguments as text for its debug log, and a body is personal data."""
        return f"<{type(self).__name__}>"

    __str__ = __repr__


def _written(value: object) -> object:
    """A number is no date: one reader takes it for seconds, the next for milliseconds."""
    if isinstance(value, date) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise ValueError("write it as 2026-01-31, with a time as 2026-01-31T18:30:00+08:00")


def _countable(value: datetime) -> datetime:
    """Ids count time from 1970, and every calendar must have a day for it."""
    if 1970 < value.year < 9999:
        return to_instant(value)
    raise ValueError("must lie after 1970 and before 9999")


Day = Annotated[date, BeforeValidator(_written)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_countable)]
"""An RFC 3339 instant with offset, read into UTC and whole milliseconds."""

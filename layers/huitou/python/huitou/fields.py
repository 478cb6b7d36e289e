"""What the requests and answers of all parts share: their bases and fields, as pydantic types."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from itertools import pairwise
from types import new_class
from typing import Annotated, Any
from unicodedata import normalize

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from huitou.kernel.instants import to_instant

_NO_CONTROL = r"^[^\x00-\x1f\x7f]+$"


def _plain(value: object) -> object:
    """NFKC without blanks at the ends; zeros in front and the case of letters stay, since tills tell them apart."""
    return normalize("NFKC", value).strip(" ") if isinstance(value, str) else value


Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_NO_CONTROL)]
Number = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_NO_CONTROL)]
"""What somebody else's system calls a thing."""
Printed = Annotated[Number, BeforeValidator(_plain)]
"""A number that people read off paper and type: full-width signs and blanks around it make no other number."""
ClientReference = Annotated[Number, Field(description="Yours: given back as it came, never read.")]
TemplateName = Annotated[str, StringConstraints(min_length=1, max_length=31)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_NO_CONTROL)]


class _Described(BaseModel):
    """A shape whose fields are described by the strings under them, as everything here.

    pydantic can do that too, but reads and parses the source of each class for it whenever a function starts;
    this does it when somebody asks for the description.
    """

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for kind in cls.__mro__:
            for field, text in _field_docstrings(kind).items():
                if field in properties:
                    properties[field].setdefault("description", text)
        return schema


class Body(_Described):
    """What callers send: nothing but the fields named, and never changed.

    What checks it is made when the first one is read, for itself and its parts at once: most starts of a function
    see one kind of body, and parts are no use alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    def __repr__(self) -> str:
        """Its name alone: the resolver writes its arguments as text for its debug log, and a body is personal data."""
        return f"<{type(self).__name__}>"

    __str__ = __repr__


class View:
    """What callers get: a description of an answer, which becomes a shape of pydantic's where somebody asks for it.

    A function answers without. Its views are many, and making models of them would be a good part of its start.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(_shape_of(source))


@cache
def _shape_of(view: type) -> type[BaseModel]:
    """The model with the fields of ``view`` and of those that it stands on."""
    if view is View:
        return _Described
    bases = tuple(_shape_of(base) for base in view.__bases__)
    declared = {name: value for name, value in vars(view).items() if name not in {"__dict__", "__weakref__"}}
    return new_class(view.__name__, bases, exec_body=lambda namespace: namespace.update(declared))


def _field_docstrings(kind: type) -> Mapping[str, str]:
    if not issubclass(kind, _Described) or kind.__module__ == __name__:
        return {}
    (written,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    statements = written.body if isinstance(written, ast.ClassDef) else []
    found = {}
    for pair in pairwise(statements):
        match pair:
            case ast.AnnAssign(target=ast.Name(id=field)), ast.Expr(value=ast.Constant(value=str(text))):
                found[field] = inspect.cleandoc(text)
    return found


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

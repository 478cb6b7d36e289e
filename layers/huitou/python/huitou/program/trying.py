"""A part that somebody is still writing, tried in the active programme as if it stood there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from huitou.kernel.errors import FieldError
from huitou.kernel.pointers import pointer_to
from huitou.program.document import ProgramDocument
from huitou.program.succession import breaches
from huitou.program.validation import InvalidProgramError, read_document, read_shape, refusal
from huitou.program.versions import ProgramVersion

Field = Literal["campaigns", "segments", "templates"]


class Tried(NamedTuple):
    """The programme with the part in it, and the part's place in its list."""

    document: ProgramDocument
    place: int


class Misfit(Exception):  # noqa: N818 - no refusal yet: whoever tries says what was refused
    """What a publication would say, with places within the part; what is elsewhere names its place."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__(f"{len(errors)} problems")
        self.errors = errors

    @property
    def count(self) -> str:
        return "1 problem" if len(self.errors) == 1 else f"{len(self.errors)} problems"


def tried(field: Field, written: Mapping[str, Any], version: ProgramVersion) -> Tried:
    """It takes the place of the one with its id, if there is one. Raises `Misfit`.

    Of templates only the one that is tried is looked at; what names others, as campaigns do, is left out. A campaign
    is tried with all there is.
    """
    stored = json.loads(version.document)
    if field != "campaigns":
        _leave_out_templates(stored, kept=written.get("id") if field == "templates" else None)
    entries = stored.setdefault(field, [])
    ids = [entry["id"] if isinstance(entry, dict) else entry for entry in entries]
    place = ids.index(written.get("id")) if written.get("id") in ids else len(entries)
    entries[place : place + 1] = [written]
    try:
        document = read_document(json.dumps(stored))
        if found := breaches(read_shape(version.document), document):
            raise refusal(found)
    except InvalidProgramError as error:
        raise Misfit(tuple(_within(pointer_to((field, place)), error.errors))) from error
    return Tried(document, place)


def _leave_out_templates(stored: dict[str, Any], kept: Any) -> None:
    """And what names them, other than the one that is ``kept``."""
    stored.pop("campaigns", None)
    stored.pop("templates", None)
    if kept is None or kept != _code_template(stored):
        stored.get("messages", {}).pop("verification", None)


def _code_template(stored: Mapping[str, Any]) -> str | None:
    verification = stored.get("messages", {}).get("verification")
    return verification["template"] if verification else None


def _within(part: str, errors: Iterable[FieldError]) -> Iterable[FieldError]:
    for each in errors:
        if each.pointer == part or each.pointer.startswith(f"{part}/"):
            yield FieldError(each.pointer.removeprefix(part), each.message)
        else:
            yield FieldError("", f"{each.pointer}: {each.message}")

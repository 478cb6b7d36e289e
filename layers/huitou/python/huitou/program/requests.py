"""What the programme's part of the API takes and answers with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from huitou.fields import Body, Text, View
from huitou.kernel.errors import FieldError
from huitou.kernel.instants import format_instant
from huitou.program.differences import Change, Kind
from huitou.program.document import ProgramDocument
from huitou.program.model import Store
from huitou.program.validation import MAX_PROBLEMS
from huitou.program.versions import Draft, ProgramVersion


class _DescribedAsDocument:
    """Makes the API description show the document's fields, and leaves reading it to `validation`.

    There all problems are found at once, in sentences that a marketer understands.
    """

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(ProgramDocument.__pydantic_core_schema__)


DocumentBody = Annotated[dict[str, Any], _DescribedAsDocument]


MOST_CHANGES = 1000
"""Of a comparison are shown; the count of all is told."""

BasedOn = Annotated[int, Field(ge=0, le=99_999_999)]


class DraftBody(Body):
    """A document that is being written."""

    document: dict[str, Any]
    """A programme document; it need not be complete, nor work."""
    based_on: BasedOn | None = None
    """The version that it is meant to replace (0: none). By default the active one; when it is changed, as before."""


class RollbackBody(Body):
    """Which version shall hold again."""

    version: Annotated[int, Field(ge=1, le=99_999_999)]
    """The number of a published version."""
    reason: Text
    """For the audit log, and for whoever reads the history."""


class StoreView(View):
    """A store as callers see it."""

    store_id: str
    brand: str
    name: str
    region: str
    time_zone: str


class StorePage(View):
    """Stores by id."""

    items: list[StoreView]
    next_cursor: str | None


class ProgramVersionView(View):
    """A version without its document."""

    version: int
    name: str
    published_at: datetime
    published_by: str
    """The id of the key that published it."""
    restores: int | None
    """After a rollback: the version whose document this is."""
    reason: str | None
    """After a rollback: why."""


class ProgramVersionPage(View):
    """Versions, the newest first."""

    items: list[ProgramVersionView]
    next_cursor: str | None


class PublishedProgramView(ProgramVersionView):
    """A version as it was published."""

    document: DocumentBody


class PublicationView(ProgramVersionView):
    """What a publication did."""

    replayed: bool
    """Whether the same document was active already, so that nothing was changed."""
    rebuild: Literal["started", "not_needed", "not_started"]
    """Whether everybody is looked at anew. not_started: that could not be; ask for it, or publish again."""
    rebuild_id: str | None
    """The one that was started, by this call or the one that it repeats."""


class ProblemView(View):
    """Something that cannot work."""

    pointer: str
    """Where, as a JSON pointer into the document."""
    message: str


class ExaminationView(View):
    """Whether a document could be published now."""

    valid: bool
    count: int
    """Of all problems."""
    problems: list[ProblemView]
    """The first 100."""


class ChangeView(View):
    """One difference between two programmes."""

    pointer: str
    """Where, by ids: `/earning/base/points` is the field `points` of the rule `base`."""
    change: Kind
    was: Any
    """Null for what was added."""
    is_: Any = Field(alias="is", description="Null for what was removed.")


class DifferencesView(View):
    """What a programme says otherwise than another."""

    version: int | None
    """Null for a draft."""
    against: int | None
    """The version that it is compared with; null for none, where everything is new."""
    count: int
    """Of all changes."""
    changes: list[ChangeView]
    """The first 1000, in the order of the document."""


class DraftView(View):
    """A draft without its document."""

    draft_id: str
    revision: int
    """Counts the changes; the ETag."""
    name: str | None
    """The name in its document, if there is one."""
    based_on: int
    """The version that it is meant to replace; 0 for none."""
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str
    """The id of the key that changed it last."""
    published_as: int | None
    """The version that it became."""


class DraftPage(View):
    """Drafts, in no meaningful order."""

    items: list[DraftView]
    next_cursor: str | None


class WholeDraftView(DraftView):
    """A draft."""

    document: dict[str, Any]


class CreatedDraftView(DraftView):
    """What became of a new draft."""

    replayed: bool
    """Whether the same command had created it before; it is shown as it is now."""


class ProgramSchemaView(BaseModel):
    """The JSON Schema of the document."""

    model_config = ConfigDict(extra="allow")
    type: Literal["object"]


def store_view(store: Store) -> Mapping[str, Any]:
    """As `StoreView`."""
    return {
        "store_id": store.id,
        "brand": store.brand,
        "name": store.name,
        "region": store.region,
        "time_zone": store.zone.key,
    }


def version_view(version: ProgramVersion) -> Mapping[str, Any]:
    """As `ProgramVersionView`."""
    return {
        "version": version.number,
        "name": json.loads(version.document)["name"],
        "published_at": format_instant(version.published_at),
        "published_by": version.published_by,
        "restores": version.restores,
        "reason": version.reason,
    }


def published_view(version: ProgramVersion) -> Mapping[str, Any]:
    """As `PublishedProgramView`."""
    return {**version_view(version), "document": json.loads(version.document)}


def examination_view(problems: Sequence[FieldError]) -> Mapping[str, Any]:
    """As `ExaminationView`."""
    return {
        "valid": not problems,
        "count": len(problems),
        "problems": [{"pointer": each.pointer, "message": each.message} for each in problems[:MAX_PROBLEMS]],
    }


def differences_view(changes: Sequence[Change], version: int | None, against: int | None) -> Mapping[str, Any]:
    """As `DifferencesView`."""
    shown = [
        {"pointer": each.pointer, "change": each.kind, "was": each.was, "is": each.now}
        for each in changes[:MOST_CHANGES]
    ]
    return {"version": version, "against": against, "count": len(changes), "changes": shown}


def draft_view(draft: Draft) -> Mapping[str, Any]:
    """As `DraftView`."""
    name = json.loads(draft.document).get("name")
    return {
        "draft_id": draft.id,
        "revision": draft.revision,
        "name": name if isinstance(name, str) else None,
        "based_on": draft.based_on,
        "created_at": format_instant(draft.created_at),
        "created_by": draft.created_by,
        "changed_at": format_instant(draft.changed_at),
        "changed_by": draft.changed_by,
        "published_as": draft.published_as,
    }


def whole_draft_view(draft: Draft) -> Mapping[str, Any]:
    """As `WholeDraftView`."""
    return {**draft_view(draft), "document": json.loads(draft.document)}


def page_view(items: list[Mapping[str, Any]], next_cursor: str | None) -> Mapping[str, Any]:
    """As `StorePage`, `ProgramVersionPage` or `DraftPage`."""
    return {"items": items, "next_cursor": next_cursor}

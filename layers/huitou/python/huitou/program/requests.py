"""What the programme's part of the API takes and answers with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from huitou.fields import View
from huitou.kernel.instants import format_instant
from huitou.program.document import ProgramDocument
from huitou.program.model import Store
from huitou.program.versions import ProgramVersion


class _DescribedAsDocument:
    """Makes the API description show the document's fields, and leaves reading it to `validation`.

    There all problems are found at once, in sentences that a marketer understands.
    """

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(ProgramDocument.__pydantic_core_schema__)


DocumentBody = Annotated[dict[str, Any], _DescribedAsDocument]


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
    }


def published_view(version: ProgramVersion) -> Mapping[str, Any]:
    """As `PublishedProgramView`."""
    return {**version_view(version), "document": json.loads(version.document)}


def page_view(items: list[Mapping[str, Any]], next_cursor: str | None) -> Mapping[str, Any]:
    """As `StorePage` or `ProgramVersionPage`."""
    return {"items": items, "next_cursor": next_cursor}

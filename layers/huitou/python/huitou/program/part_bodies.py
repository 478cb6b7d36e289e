"""Parts of the programme's document as bodies of requests: read by the validation, described by the grammar."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


@dataclass(frozen=True, slots=True)
class _DescribedAs:
    """Makes the API description show a part's fields, and leaves reading them to the programme's validation.

    The grammar is loaded by its name: not when a function starts, only where the API is described.
    """

    module: str
    part: str

    def __get_pydantic_json_schema__(self, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(getattr(import_module(self.module), self.part).__pydantic_core_schema__)


CampaignBody = Annotated[dict[str, Any], _DescribedAs("huitou.program.document_campaigns", "CampaignPart")]
SegmentBody = Annotated[dict[str, Any], _DescribedAs("huitou.program.document_segments", "SegmentPart")]
TemplateBody = Annotated[dict[str, Any], _DescribedAs("huitou.program.document_messages", "TemplatePart")]

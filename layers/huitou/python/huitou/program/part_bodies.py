"""Parts of the programme's document as bodies of requests: read by the validation, described by the grammar."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class _DescribedAsSegment:
    """Makes the API description show the fields of a segment, and leaves reading them to the programme's validation."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        from huitou.program.document_segments import SegmentPart  # noqa: PLC0415 - not when a function starts

        return handler(SegmentPart.__pydantic_core_schema__)


class _DescribedAsTemplate:
    """As `_DescribedAsSegment`."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        from huitou.program.document_messages import TemplatePart  # noqa: PLC0415 - as above

        return handler(TemplatePart.__pydantic_core_schema__)


SegmentBody = Annotated[dict[str, Any], _DescribedAsSegment]
TemplateBody = Annotated[dict[str, Any], _DescribedAsTemplate]

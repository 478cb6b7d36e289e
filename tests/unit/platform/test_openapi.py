"""The description of the API is made from its code, whole and always alike."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
import schemathesis
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import BaseModel
from schemathesis.core.result import Ok

from huitou.kernel.errors import ConflictError
from huitou.platform.http import (
    Answer,
    App,
    Cursor,
    IdempotencyKey,
    IfMatch,
    Limit,
    answer,
    create_app,
    documented,
    permission,
)
from huitou.platform.openapi import describe
from tests.descriptions import answer_of


class TakenError(ConflictError):
    """Somebody was faster."""

    code = "taken"


class SaleBody(BaseModel):
    title: str
    quantity: int = 1


class SaleView(BaseModel):
    id: str


def sales() -> App:
    app = create_app("sales", "Sales", body_limits={"/v1/sales": 1000})

    @app.post("/v1/sales", responses=documented({201: SaleView}, TakenError, headers=("Location",)))
    def record(body: Annotated[SaleBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
        """Records a sale.

        Once.
        """
        del body, idempotency_key
        return answer(None)

    return app


def lists() -> App:
    app = create_app("lists")

    @app.get(
        "/v1/sales", summary="List sales", security=permission("purchases:read"), responses=documented({200: SaleView})
    )
    def list_sales(cursor: Cursor = None, limit: Limit = 20) -> Answer:
        del cursor, limit
        return answer(None)

    @app.delete("/v1/sales/<sale>", responses=documented({204: None}))
    def remove(sale: str, if_match: IfMatch = None) -> Answer:
        del sale, if_match
        return answer(None, 204)

    return app


def operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = describe([sales(), lists()])["paths"][path][method]
    return found


def response(found: dict[str, Any], status: str) -> dict[str, Any]:
    return answer_of(describe([sales(), lists()]), found, status)


def codes(found: dict[str, Any], status: str) -> str:
    described: str = response(found, status)["description"]
    return described.partition(": ")[2]


def test_the_apps_become_one_document() -> None:
    document = describe([sales(), lists()])

    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]["/v1/sales"]) == {"get", "post"}
    assert document["security"] == [{"key": []}]
    assert document["paths"]["/v1/openapi.json"]["get"]["security"] == []


def test_an_operation_is_named_and_described_by_its_function() -> None:
    assert operation("post", "/v1/sales")["operationId"] == "record"
    assert operation("post", "/v1/sales")["description"] == "Records a sale.\n\nOnce."
    assert operation("get", "/v1/sales")["summary"] == "List sales"


def test_every_refusal_is_a_problem_with_its_codes_listed() -> None:
    """E30."""
    found = operation("post", "/v1/sales")

    for status in ("400", "401", "403", "409", "413", "415", "422", "429", "500", "502", "503", "504"):
        content = response(found, status)["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert codes(found, "400") == "`idempotency_key_required`, `malformed`"
    assert codes(found, "409") == "`taken`"
    assert codes(found, "429") == "`contention`, `too_many_requests`"
    assert "Retry-After" in response(found, "429")["headers"]


def test_what_a_route_does_not_take_it_does_not_refuse() -> None:
    removal, listing = operation("delete", "/v1/sales/{sale}"), operation("get", "/v1/sales")

    assert set(removal["responses"]) == {"204", "401", "403", "404", "422", "429", "500", "502", "503", "504"}
    assert "413" not in listing["responses"]
    assert codes(listing, "422") == "`invalid_cursor`, `validation_failed`"


def test_limits_of_bodies_are_stated() -> None:
    """E33."""
    assert operation("post", "/v1/sales")["requestBody"]["description"] == "At most 1000 bytes."


def test_the_permission_that_a_route_asks_for_is_named() -> None:
    """M35."""
    assert operation("get", "/v1/sales")["security"] == [{"key": ["purchases:read"]}]
    assert operation("get", "/v1/sales")["description"].endswith("Needs the permission `purchases:read`.")


def test_operations_stand_under_the_heading_of_their_app() -> None:
    assert operation("post", "/v1/sales")["tags"] == ["Sales"]


def test_headers_of_an_answer_are_described() -> None:
    assert set(operation("post", "/v1/sales")["responses"]["201"]["headers"]) == {"Location"}


def test_the_body_of_a_sample_is_the_example() -> None:
    sample = {"resource": "/v1/sales", "httpMethod": "POST", "body": '{"title": "tea"}'}

    described = describe([sales()], [sample])["paths"]["/v1/sales"]["post"]["requestBody"]["content"]
    assert described["application/json"]["example"] == {"title": "tea"}


def test_derived_titles_go_and_a_property_called_title_stays() -> None:
    schema = describe([sales()])["paths"]["/v1/sales"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    schemas = describe([sales()])["components"]["schemas"]
    sale = schema if "properties" in schema else schemas[schema["$ref"].rpartition("/")[2]]

    assert set(sale["properties"]) == {"title", "quantity"}
    assert "title" not in sale
    assert "title" not in sale["properties"]["quantity"]


def test_two_meanings_of_one_name_are_refused() -> None:
    other = create_app("other")

    @other.get("/v1/sales", responses=documented({200: SaleView}))
    def list_sales() -> Answer:
        return answer(None)

    @other.get("/v1/others", responses=documented({200: SaleView}))
    def record() -> Answer:
        return answer(None)

    with pytest.raises(ValueError, match="'get'"):
        describe([lists(), other])
    with pytest.raises(ValueError, match="record"):
        describe([sales(), other])


def test_the_same_code_gives_the_same_document() -> None:
    first, second = describe([sales(), lists()]), describe([lists(), sales()])

    assert json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


def test_a_test_tool_understands_the_document() -> None:
    schema = schemathesis.openapi.from_dict(describe([sales(), lists()]))

    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    assert sorted((each.method, each.path) for each in found) == [
        ("delete", "/v1/sales/{sale}"),
        ("get", "/v1/openapi.json"),
        ("get", "/v1/sales"),
        ("post", "/v1/sales"),
    ]

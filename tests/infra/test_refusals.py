"""The gateway's own refusals speak as the functions do (E30)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.openapi import written
from huitou.kernel.errors import DomainError, ForbiddenError, UnavailableError
from huitou.platform import problems
from infra.constructs.api import REFUSALS
from tests.descriptions import answer_of
from tests.infra.conftest import Deployment

OURS: dict[str, type[DomainError]] = {
    "ACCESS_DENIED": ForbiddenError,
    "BAD_REQUEST_BODY": problems.MalformedError,
    "INTEGRATION_FAILURE": UnavailableError,
    "MISSING_AUTHENTICATION_TOKEN": problems.RouteNotFoundError,
    "REQUEST_TOO_LARGE": problems.BodyTooLargeError,
    "UNAUTHORIZED": problems.UnauthenticatedError,
    "UNSUPPORTED_MEDIA_TYPE": problems.UnsupportedMediaTypeError,
}


def test_every_kind_of_refusal_is_a_problem_document(production: Deployment) -> None:
    """E30: one shape for every refusal, with a stable code and the request's id."""
    refusals = _refusals(production)
    assert set(refusals) == {kind for kind, *_ in REFUSALS}
    for refusal in refusals.values():
        body = json.loads(refusal["ResponseTemplates"]["application/json"])
        assert set(body) >= {"type", "title", "detail", "code", "errors", "request_id"}
        assert body["request_id"] == "$context.requestId"
        assert body["type"] == f"/problems/{body['code']}"
        assert body.get("status") == (int(refusal["StatusCode"]) if "StatusCode" in refusal else None)
        assert refusal["ResponseParameters"]["gatewayresponse.header.Content-Type"] == "'application/problem+json'"


@pytest.mark.parametrize("kind", sorted(OURS))
def test_a_refusal_has_the_code_and_status_of_the_same_error_in_a_function(production: Deployment, kind: str) -> None:
    refusal = _refusals(production)[kind]
    body = json.loads(refusal["ResponseTemplates"]["application/json"])
    assert body["code"] == OURS[kind].code
    assert body["status"] == problems.status_of(OURS[kind])


def test_what_only_the_gateway_refuses_is_in_the_description(production: Deployment) -> None:
    """E30: every code is listed where it may come."""
    document = json.loads(written().read_text("utf-8"))
    purchase = document["paths"]["/v1/purchases"]["post"]
    for kind in ("ACCESS_DENIED", "INTEGRATION_TIMEOUT", "THROTTLED"):
        body = json.loads(_refusals(production)[kind]["ResponseTemplates"]["application/json"])
        assert f"`{body['code']}`" in answer_of(document, purchase, str(body["status"]))["description"]


def test_who_has_no_key_is_told_how_to_show_one(production: Deployment) -> None:
    unauthorized = _refusals(production)["UNAUTHORIZED"]
    assert unauthorized["ResponseParameters"]["gatewayresponse.header.WWW-Authenticate"] == "'Bearer'"


def test_who_is_too_fast_is_told_when_to_come_back(production: Deployment) -> None:
    """E33: Retry-After with 429 and 503."""
    for kind in ("THROTTLED", "QUOTA_EXCEEDED", "INTEGRATION_FAILURE"):
        assert "gatewayresponse.header.Retry-After" in _refusals(production)[kind]["ResponseParameters"]


def test_access_logs_name_nobody(production: Deployment) -> None:
    (stage,) = production.properties("AWS::ApiGateway::Stage")
    assert not stage["TracingEnabled"]
    fields = json.loads(stage["AccessLogSetting"]["Format"])
    assert "$context.resourcePath" in fields.values()  # the route, with {member_id} as it stands
    personal = (
        "$context.path",
        "$context.identity.sourceIp",
        "$context.identity.userAgent",
        "$context.identity.caller",
    )
    assert not set(personal) & set(fields.values())


def test_the_answer_of_the_authorizer_is_kept_for_a_minute(production: Deployment) -> None:
    (authorizer,) = production.properties("AWS::ApiGateway::Authorizer")
    assert authorizer["AuthorizerResultTtlInSeconds"] == 60
    assert authorizer["IdentitySource"] == "method.request.header.Authorization"


def _refusals(deployment: Deployment) -> dict[str, dict[str, Any]]:
    return {each["ResponseType"]: each for each in deployment.properties("AWS::ApiGateway::GatewayResponse")}

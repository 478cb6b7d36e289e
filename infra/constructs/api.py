"""The HTTPS API: explicit routes in front of functions, refusals in the same shape as our own errors (E30)."""

import json
from collections.abc import Mapping
from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.review import acknowledge
from infra.settings import Settings

STAGE: Final = "live"
AUTHORIZER_CACHE: Final = Duration.seconds(60)

# (gateway's type of refusal, status, our stable code, title). A path or method that does not exist is called a missing
# authentication token by the gateway, and a key that is not ours "access denied".
REFUSALS: Final = (
    ("ACCESS_DENIED", 403, "forbidden", "This key may not do that"),
    ("API_CONFIGURATION_ERROR", 500, "internal_error", "Something went wrong on our side"),
    ("AUTHORIZER_CONFIGURATION_ERROR", 500, "internal_error", "Something went wrong on our side"),
    ("AUTHORIZER_FAILURE", 500, "internal_error", "Something went wrong on our side"),
    ("BAD_REQUEST_BODY", 400, "malformed_request", "The request cannot be read"),
    ("BAD_REQUEST_PARAMETERS", 400, "malformed_request", "The request cannot be read"),
    ("EXPIRED_TOKEN", 401, "unauthorized", "A valid key is needed"),
    ("INTEGRATION_FAILURE", 502, "unavailable", "The service did not answer; try again"),
    ("INTEGRATION_TIMEOUT", 504, "timeout", "The service took too long; try again"),
    ("INVALID_API_KEY", 401, "unauthorized", "A valid key is needed"),
    ("INVALID_SIGNATURE", 401, "unauthorized", "A valid key is needed"),
    ("MISSING_AUTHENTICATION_TOKEN", 404, "not_found", "There is nothing at this path for this method"),
    ("QUOTA_EXCEEDED", 429, "too_many_requests", "Too many requests; slow down"),
    ("REQUEST_TOO_LARGE", 413, "body_too_large", "The body is too large"),
    ("RESOURCE_NOT_FOUND", 404, "not_found", "There is nothing at this path for this method"),
    ("THROTTLED", 429, "too_many_requests", "Too many requests; slow down"),
    ("UNAUTHORIZED", 401, "unauthorized", "A valid key is needed"),
    ("UNSUPPORTED_MEDIA_TYPE", 415, "unsupported_media_type", "Send application/json"),
    ("WAF_FILTERED", 403, "forbidden", "This key may not do that"),
    # Whatever the gateway invents next keeps its own status, which the body therefore does not repeat.
    ("DEFAULT_4XX", None, "refused", "The request was refused"),
    ("DEFAULT_5XX", None, "internal_error", "Something went wrong on our side"),
)

# No path with an id, no address, no key: what identifies a member stays out of the logs.
ACCESS_LOG: Final = {
    "request_id": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "key_id": "$context.authorizer.key_id",
    "brand": "$context.authorizer.brand",
    "refusal": "$context.error.responseType",
    "latency_ms": "$context.responseLatency",
    "function_latency_ms": "$context.integration.latency",
}


class HttpApi(Construct):
    """A regional REST API whose routes each name the function that answers.

    `routes` maps a function's name to lines such as "GET /v1/stores"; those in `public` need no key. All others pass
    the `authorizer`, whose answer is cached for a minute per `Authorization` header.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: Settings,
        functions: Mapping[str, lambda_.Function],
        routes: Mapping[str, tuple[str, ...]],
        public: frozenset[str],
        authorizer: lambda_.Function,
    ) -> None:
        super().__init__(scope, name)
        self.rest_api = apigateway.RestApi(
            self,
            "rest",
            rest_api_name=f"huitou-{settings.stage}",
            description="Huitou: members, purchases, points",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            min_compression_size=None,
            cloud_watch_role=True,
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN,
            deploy_options=self._stage_options(settings),
        )
        self._authorizer = apigateway.RequestAuthorizer(
            self,
            "keys",
            handler=authorizer,
            identity_sources=[apigateway.IdentitySource.header("Authorization")],
            results_cache_ttl=AUTHORIZER_CACHE,
        )
        for function_name, lines in routes.items():
            integration = apigateway.LambdaIntegration(
                functions[function_name], allow_test_invoke=False, scope_permission_to_method=False
            )
            for line in lines:
                self._add_route(line, integration, is_public=line in public)
        for refusal in REFUSALS:
            self._add_refusal(*refusal)
        self._acknowledge()

    def _stage_options(self, settings: Settings) -> apigateway.StageOptions:
        access_log = logs.LogGroup(
            self, "access", retention=settings.log_retention, removal_policy=RemovalPolicy.DESTROY
        )
        return apigateway.StageOptions(
            stage_name=STAGE,
            tracing_enabled=True,
            throttling_rate_limit=settings.requests_per_second,
            throttling_burst_limit=settings.burst,
            logging_level=apigateway.MethodLoggingLevel.ERROR,
            data_trace_enabled=False,
            access_log_destination=apigateway.LogGroupLogDestination(access_log),
            access_log_format=apigateway.AccessLogFormat.custom(json.dumps(ACCESS_LOG)),
        )

    def _add_route(self, line: str, integration: apigateway.Integration, *, is_public: bool) -> None:
        method, path = line.split(" ")
        resource = self.rest_api.root.resource_for_path(path)
        if not is_public:
            resource.add_method(
                method,
                integration,
                authorizer=self._authorizer,
                authorization_type=apigateway.AuthorizationType.CUSTOM,
            )
            return
        public = resource.add_method(method, integration, authorization_type=apigateway.AuthorizationType.NONE)
        reason = "Documentation of the API, the same for everybody."
        acknowledge(public, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})

    def _add_refusal(self, kind: str, status: int | None, code: str, title: str) -> None:
        headers = {"Content-Type": "'application/problem+json'"}
        if status == 401:
            headers["WWW-Authenticate"] = "'Bearer'"
        if status == 429:
            headers["Retry-After"] = "'1'"
        self.rest_api.add_gateway_response(
            kind,
            type=apigateway.ResponseType.of(kind),
            status_code=None if status is None else str(status),
            response_headers=headers,
            templates={"application/json": problem_template(status, code, title)},
        )

    def _acknowledge(self) -> None:
        acknowledge(
            self,
            {
                "AwsSolutions-APIG2": "Each function validates its requests against the models that also make the "
                "OpenAPI document, and answers with the place of every mistake, which the gateway cannot.",
                "AwsSolutions-APIG3": "A firewall costs more than an idle system does; keys, throttling and limits "
                "stand in front, and the REST API lets one be attached when there is something to filter.",
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                "AmazonAPIGatewayPushToCloudWatchLogs]": "The account-wide role of API Gateway, for which AWS "
                "maintains the policy.",
                "AwsSolutions-COG4": "Callers are tills and apps with keys of their own, which our authorizer checks; "
                "people sign in elsewhere.",
            },
        )


def problem_template(status: int | None, code: str, title: str) -> str:
    """The body of a refusal as RFC 9457 wants it. The gateway fills in the request id."""
    problem: dict[str, object] = {"type": "about:blank", "title": title}
    if status is not None:
        problem["status"] = status
    return json.dumps(
        {**problem, "detail": title, "code": code, "errors": [], "request_id": "$context.requestId"}, ensure_ascii=False
    )

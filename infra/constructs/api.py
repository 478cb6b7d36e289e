"""The HTTPS API: explicit routes in front of functions, refusals in the same shape as our own errors (E30)."""

import json
from collections.abc import Iterable, Mapping
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

# What the gateway refuses by itself: its name for it, status, and our code and title (those of `platform.problems`).
# A path that does not exist is a "missing authentication token" to it.
_KEY_NEEDED: Final = ("unauthenticated", "A valid API key is required")
_REFUSED: Final = ("forbidden", "Not allowed")
_UNKNOWN: Final = ("route_not_found", "No such path")
_UNREADABLE: Final = ("malformed", "The request cannot be read")
_TOO_MANY: Final = ("too_many_requests", "Too many requests at once")
_INTERNAL: Final = ("internal", "Something went wrong on our side")
_NO_ANSWER: Final = ("unavailable", "Temporarily unavailable")

REFUSALS: Final = (
    ("ACCESS_DENIED", 403, *_REFUSED),
    ("API_CONFIGURATION_ERROR", 500, *_INTERNAL),
    ("AUTHORIZER_CONFIGURATION_ERROR", 500, *_INTERNAL),
    ("AUTHORIZER_FAILURE", 500, *_INTERNAL),
    ("BAD_REQUEST_BODY", 400, *_UNREADABLE),
    ("BAD_REQUEST_PARAMETERS", 400, *_UNREADABLE),
    ("EXPIRED_TOKEN", 401, *_KEY_NEEDED),
    ("INTEGRATION_FAILURE", 503, *_NO_ANSWER),
    ("INTEGRATION_TIMEOUT", 504, *_NO_ANSWER),
    ("INVALID_API_KEY", 401, *_KEY_NEEDED),
    ("INVALID_SIGNATURE", 401, *_KEY_NEEDED),
    ("MISSING_AUTHENTICATION_TOKEN", 404, *_UNKNOWN),
    ("QUOTA_EXCEEDED", 429, *_TOO_MANY),
    ("REQUEST_TOO_LARGE", 413, "body_too_large", "The body is too large"),
    ("RESOURCE_NOT_FOUND", 404, *_UNKNOWN),
    ("THROTTLED", 429, *_TOO_MANY),
    ("UNAUTHORIZED", 401, *_KEY_NEEDED),
    ("UNSUPPORTED_MEDIA_TYPE", 415, "unsupported_media_type", "Only application/json is understood"),
    ("WAF_FILTERED", 403, *_REFUSED),
    # Whatever the gateway invents next keeps its own status, which the body therefore does not repeat.
    ("DEFAULT_4XX", None, "refused", "The request was refused"),
    ("DEFAULT_5XX", None, *_INTERNAL),
)

# No path with an id, no address, no key: what identifies a member stays out of the logs. The gateway's own traces hold
# whole addresses, also the tokens of links and the codes of coupons in them: so the functions alone are traced.
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

    `routes` maps a function's name to lines such as "GET /v1/stores"; those in `public` need no key, for the reason
    given there, and have a throttle of their own, so that a crowd at one of them leaves room for the tills. All others
    pass the `authorizer`, whose answer is cached for a minute per `Authorization` header.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: Settings,
        functions: Mapping[str, lambda_.Function],
        routes: Mapping[str, tuple[str, ...]],
        public: Mapping[str, str],
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
            deploy_options=self._stage_options(settings, public),
        )
        self._authorizer = apigateway.RequestAuthorizer(
            self,
            "keys",
            handler=authorizer,
            identity_sources=[apigateway.IdentitySource.header("Authorization")],
            results_cache_ttl=AUTHORIZER_CACHE,
        )
        for function_name, lines in routes.items():
            integration = apigateway.LambdaIntegration(functions[function_name], scope_permission_to_method=False)
            for line in lines:
                self._add_route(line, integration, public.get(line))
        for refusal in REFUSALS:
            self._add_refusal(*refusal)
        self._acknowledge()

    def _stage_options(self, settings: Settings, public: Iterable[str]) -> apigateway.StageOptions:
        access_log = logs.LogGroup(
            self, "access", retention=settings.log_retention, removal_policy=RemovalPolicy.DESTROY
        )
        return apigateway.StageOptions(
            stage_name=STAGE,
            tracing_enabled=False,
            throttling_rate_limit=settings.requests_per_second,
            throttling_burst_limit=settings.burst,
            logging_level=apigateway.MethodLoggingLevel.ERROR,
            data_trace_enabled=False,
            method_options={path_of(line): _own_throttle(settings) for line in public},
            access_log_destination=apigateway.LogGroupLogDestination(access_log),
            access_log_format=apigateway.AccessLogFormat.custom(json.dumps(ACCESS_LOG)),
        )

    def _add_route(self, line: str, integration: apigateway.Integration, why_public: str | None) -> None:
        method, path = line.split(" ")
        resource = self.rest_api.root.resource_for_path(path)
        if why_public is None:
            resource.add_method(
                method,
                integration,
                authorizer=self._authorizer,
                authorization_type=apigateway.AuthorizationType.CUSTOM,
            )
            return
        public = resource.add_method(method, integration, authorization_type=apigateway.AuthorizationType.NONE)
        acknowledge(public, {"AwsSolutions-APIG4": why_public, "AwsSolutions-COG4": why_public})

    def _add_refusal(self, kind: str, status: int | None, code: str, title: str) -> None:
        headers = {"Content-Type": "'application/problem+json'"}
        if status == 401:
            headers["WWW-Authenticate"] = "'Bearer'"
        if status in {429, 503}:
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
                "Serverless-APIGWXrayEnabled": "Its traces hold whole addresses, with tokens of links and codes of "
                "coupons; the functions are traced.",
                "AwsSolutions-COG4": "Callers are tills and apps with keys of their own, which our authorizer checks; "
                "people sign in elsewhere.",
            },
        )


def path_of(line: str) -> str:
    """``GET /v1/stores`` as the settings of a stage name it."""
    method, path = line.split(" ")
    return f"{path}/{method}"


def _own_throttle(settings: Settings) -> apigateway.MethodDeploymentOptions:
    """What a method has of its own, it has instead of the stage's: all is said again."""
    return apigateway.MethodDeploymentOptions(
        throttling_rate_limit=settings.public_requests_per_second,
        throttling_burst_limit=settings.public_burst,
        logging_level=apigateway.MethodLoggingLevel.ERROR,
        data_trace_enabled=False,
    )


def problem_template(status: int | None, code: str, title: str) -> str:
    """The body of a refusal as RFC 9457 wants it. The gateway fills in the request id."""
    problem: dict[str, object] = {"type": f"/problems/{code}", "title": title}
    if status is not None:
        problem["status"] = status
    return json.dumps(
        {**problem, "detail": title, "code": code, "errors": [], "request_id": "$context.requestId"}, ensure_ascii=False
    )

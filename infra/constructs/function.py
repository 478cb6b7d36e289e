"""A Lambda function with a role, a log group and a budget of its own."""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.review import acknowledge, acknowledge_wildcards
from infra.settings import ARCHITECTURE, RUNTIME, Settings
from infra.sources import ROOT


class HandlerFunction(lambda_.Function):
    """The function whose code is the folder `functions/<name>`, which holds `handler.py` with `handler`.

    It may write its own logs and traces and nothing else: whatever it needs beyond that is granted by `allow`.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: Settings,
        layers: Sequence[lambda_.ILayerVersion],
        environment: dict[str, str],
        timeout: Duration,
        memory_mib: int = 512,
    ) -> None:
        function_name = f"huitou-{settings.stage}-{name}"
        log_group = logs.LogGroup(
            scope,
            f"{name}-logs",
            log_group_name=f"/aws/lambda/{function_name}",
            retention=settings.log_retention,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = iam.Role(
            scope,
            f"{name}-role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {name} may do",
        )
        log_group.grant_write(role)
        super().__init__(
            scope,
            name,
            function_name=function_name,
            code=lambda_.Code.from_asset(str(ROOT / "functions" / name), exclude=["**/__pycache__", "**/*.pyc"]),
            handler="handler.handler",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            layers=list(layers),
            role=role,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            memory_size=memory_mib,
            timeout=timeout,
            environment={
                "POWERTOOLS_SERVICE_NAME": name,
                "POWERTOOLS_METRICS_NAMESPACE": "Huitou",
                "POWERTOOLS_LOG_LEVEL": "INFO",
                **environment,
            },
        )
        acknowledge_wildcards(role, "X-Ray offers no resource to narrow the writing of traces to.", "*")
        runtime = "One version behind the newest on purpose: every pinned package is tested on it."
        acknowledge(self, {"AwsSolutions-L1": runtime, "Serverless-LambdaLatestVersion": runtime})
        acknowledge(
            self,
            {
                "Serverless-LambdaDLQ": "Its caller or its queue sees the failure; a function that is called "
                "asynchronously gets a failure destination, which this rule does not know."
            },
        )

    def allow(self, actions: Sequence[str], resource: str, *, partitions: Sequence[str] = ()) -> None:
        """Grant exactly these actions on exactly this ARN; of a table, only on `partitions` if there are any."""
        only = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(partitions)}} if partitions else None
        self.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=[resource], conditions=only))


def layer_of(scope: Construct, name: str, archive: Path, description: str) -> lambda_.LayerVersion:
    """A layer made of a file that the layer builder has packed."""
    return lambda_.LayerVersion(
        scope,
        name,
        code=lambda_.Code.from_asset(str(archive)),
        description=f"{Stack.of(scope).stack_name}: {description}",
        compatible_runtimes=[RUNTIME],
        compatible_architectures=[ARCHITECTURE],
    )

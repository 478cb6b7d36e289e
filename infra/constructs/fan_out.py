"""A state machine that cuts work into chunks, applies them in parallel and reports."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.constructs.review import acknowledge_wildcards
from infra.settings import Settings

TIMEOUT: Final = Duration.hours(12)
# What our functions raise where the table was throttled or out of reach: nothing is lost by doing it again.
REPEATABLE: Final = ("UnavailableError", "ContentionError", "StaleReadError")
LOG_DELIVERY: Final = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
TRACES: Final = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)


class FanOut(Construct):
    """partition → apply, once per chunk → report.

    - The input goes to `partition` as it is. It returns at least `manifest_key`, the key in `bucket` of a JSON array
      of chunks. Without a `partition`, the input itself is taken for what it would have returned.
    - `apply` receives `{"run": <what partition returned>, "chunk": <one element>}` and may be called again for the
      same chunk; it must give the same result.
    - `report` receives what `partition` returned, after all chunks. If a step failed for good, it receives what was
      known until then with `error`: `{"Error", "Cause"}`, and the execution still ends as failed.

    `executions` is the ARN of all executions that somebody started.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: Settings,
        bucket: s3.IBucket,
        apply: lambda_.Function,
        report: lambda_.Function,
        partition: lambda_.Function | None = None,
    ) -> None:
        super().__init__(scope, name)
        state_machine_name = f"huitou-{settings.stage}-{name}"
        self.executions = f"{self._arn_of(state_machine_name, 'execution')}:*"
        work = sfn.DistributedMap(
            self,
            "apply-chunks",
            item_reader=sfn.S3JsonItemReader(bucket=bucket, key=sfn.JsonPath.string_at("$.manifest_key")),
            item_selector={
                "run": sfn.JsonPath.object_at("$"),
                "chunk": sfn.JsonPath.object_at("$$.Map.Item.Value"),
            },
            max_concurrency=settings.import_workers,
            map_execution_type=sfn.StateMachineType.STANDARD,
            result_path=sfn.JsonPath.DISCARD,
        )
        work.item_processor(self._call("apply", apply))
        failed = self._call("report-failure", report).next(sfn.Fail(self, "failed"))
        work.add_catch(failed, result_path="$.error")
        steps = work.next(self._call("report", report))
        if partition:
            steps = self._call("partition", partition).add_catch(failed, result_path="$.error").next(steps)
        log_group = logs.LogGroup(
            self,
            "logs",
            log_group_name=f"/aws/vendedlogs/states/{state_machine_name}",
            retention=settings.log_retention,
            removal_policy=RemovalPolicy.DESTROY,
        )
        functions = [function for function in (partition, apply, report) if function]
        role = self._role(state_machine_name, bucket, functions)
        self.state_machine = sfn.StateMachine(
            self,
            "states",
            state_machine_name=state_machine_name,
            definition_body=sfn.DefinitionBody.from_chainable(steps),
            role=role.without_policy_updates(),
            timeout=TIMEOUT,
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=False),
        )
        self.state_machine.node.try_remove_child("DistributedMapPolicy")
        # The policy is a resource of its own, which nothing in the state machine refers to.
        self.state_machine.node.add_dependency(role)

    def _role(self, name: str, bucket: s3.IBucket, functions: Sequence[lambda_.Function]) -> iam.Role:
        """Exactly what the states do. (Left alone, CDK would add permissions for other kinds of maps.)"""
        role = iam.Role(
            self,
            "role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description="What the states of a fan-out may do",
        )
        for actions, resources in (
            (["lambda:InvokeFunction"], [function.function_arn for function in functions]),
            (["s3:GetObject"], [bucket.arn_for_objects("*")]),
            (["states:StartExecution"], [self._arn_of(name, "stateMachine")]),
            (
                ["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"],
                [f"{self._arn_of(name, 'execution')}*"],
            ),
            ([*LOG_DELIVERY, *TRACES], ["*"]),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
        acknowledge_wildcards(role, "Neither log delivery nor X-Ray offers a resource to narrow to.", "*")
        acknowledge_wildcards(
            role,
            "A map's executions get their names when it starts them.",
            f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{name}*",
        )
        return role

    def _arn_of(self, name: str, resource: str) -> str:
        """Of the state machine called ``name``, or of the resources that are named after it."""
        return Stack.of(self).format_arn(
            service="states", resource=resource, resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )

    def _call(self, name: str, function: lambda_.Function) -> tasks.LambdaInvoke:
        call = tasks.LambdaInvoke(
            self,
            name,
            lambda_function=function,
            payload_response_only=True,
            retry_on_service_exceptions=False,
        )
        call.add_retry(
            errors=[
                "Lambda.ServiceException",
                "Lambda.AWSLambdaException",
                "Lambda.SdkClientException",
                "Lambda.TooManyRequestsException",
                "Sandbox.Timedout",
                *REPEATABLE,
            ],
            interval=Duration.seconds(2),
            max_attempts=6,
            backoff_rate=2,
            jitter_strategy=sfn.JitterType.FULL,
        )
        return call

"""What the functions of a stack share: layers, alarms, what they are told of, and what they may do."""

from collections.abc import Sequence
from functools import cached_property
from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.constructs.alarm import Alarms
from infra.constructs.fan_out import FanOut
from infra.constructs.function import HandlerFunction, layer_of
from infra.constructs.queue import WorkQueue
from infra.constructs.review import acknowledge, acknowledge_wildcards
from infra.layer_builder import HOST, LAMBDA, Target, build_dependency_layer, build_package_layer, packed
from infra.settings import Settings
from infra.stacks.data import DataStack

READ: Final = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
# A transaction needs no permission of its own, only those of its parts.
WRITE: Final = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")
# To look at a member: facts are read and packed, where the member stands is put, old places on lists are deleted.
LOOK: Final = ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")

API_TIMEOUT: Final = Duration.seconds(15)
WORKER_TIMEOUT: Final = Duration.minutes(1)
LARGE_MIB: Final = 1769  # one whole processor


class FunctionStack(Stack):
    """A stack of functions that work on the tables of ``data``."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings, data: DataStack, alarms: Alarms) -> None:
        super().__init__(scope, name)
        self.settings = settings
        self.data = data
        self.alarms = alarms
        self.members = {"HUITOU_MEMBERS_TABLE": data.members.table_name}
        self.program = {"HUITOU_PROGRAM_TABLE": data.program.table_name}
        self.identity = {"HUITOU_IDENTITY_SECRET": data.identity_secret.secret_arn}
        self.links = {"HUITOU_LINK_SECRET": data.link_secret.secret_arn}
        self.addresses = {"HUITOU_ADDRESS_SECRET": data.address_secret.secret_arn}
        self.codes = {"HUITOU_CODE_SECRET": data.code_secret.secret_arn}
        self.line_tokens = {"HUITOU_LINE_SECRET": data.line_secret.secret_arn}
        self.files = {"HUITOU_IMPORT_BUCKET": data.imports.bucket_name}
        self._layers = [self._package_layer(), self.dependency_layer("lean", "that every function needs")]

    @cached_property
    def messaging(self) -> lambda_.LayerVersion:
        """The layer of who has to do with templates and providers."""
        return self.dependency_layer("messaging", "that write messages, and check what was written for them")

    def function(
        self,
        name: str,
        environment: dict[str, str],
        timeout: Duration = API_TIMEOUT,
        memory_mib: int = 512,
        more_layers: Sequence[lambda_.ILayerVersion] = (),
    ) -> HandlerFunction:
        """A handler with the layers that all have; ``environment`` is what it is told of."""
        return HandlerFunction(
            self,
            name,
            settings=self.settings,
            layers=[*self._layers, *more_layers],
            environment=environment,
            timeout=timeout,
            memory_mib=memory_mib,
        )

    def work_through(
        self, queue: WorkQueue, worker: HandlerFunction, batch: int = 10, at_once: int | None = None
    ) -> None:
        """Hands what is in the queue to its worker; what fails comes again by itself."""
        worker.add_event_source(
            sources.SqsEventSource(
                queue,
                batch_size=batch,
                max_concurrency=at_once or self.settings.due_workers,
                report_batch_item_failures=True,
            )
        )
        acknowledge(
            worker,
            {"Serverless-LambdaEventSourceMappingDestination": "Lambda takes none for SQS; the queue has its own."},
        )

    def let_see_executions(self, function: HandlerFunction, fan_out: FanOut) -> None:
        """Whether one goes on, and when it has ended."""
        function.allow(["states:DescribeExecution"], fan_out.executions)
        acknowledge_wildcards(
            self,
            "An execution is named after what it works for.",
            f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:"
            f"huitou-{self.settings.stage}-{fan_out.node.id}:*",
        )

    def let_read_program(self, function: HandlerFunction) -> None:
        """Each version of the programme, and which one holds."""
        function.allow(["dynamodb:GetItem"], self.data.program.table_arn, partitions=["PROGRAM"])

    def let_judge(self, function: HandlerFunction) -> None:
        """Whoever works out where a member stands, may have to know of everybody (M16, M18)."""
        self.let_read_program(function)
        function.allow(["dynamodb:GetItem"], self.data.program.table_arn, partitions=["INSIGHTS"])

    def let_read_identity_secret(self, function: HandlerFunction) -> None:
        """By which a phone or an address becomes a key."""
        function.allow(["secretsmanager:GetSecretValue"], self.data.identity_secret.secret_arn)

    def let_read_link_secret(self, function: HandlerFunction) -> None:
        """By which links in messages are signed and read."""
        function.allow(["secretsmanager:GetSecretValue"], self.data.link_secret.secret_arn)

    def let_read_address_secret(self, function: HandlerFunction) -> None:
        """By which an address is known that nothing is sent to."""
        function.allow(["secretsmanager:GetSecretValue"], self.data.address_secret.secret_arn)

    def let_read_code_secret(self, function: HandlerFunction) -> None:
        """By which one-time codes are worked out."""
        function.allow(["secretsmanager:GetSecretValue"], self.data.code_secret.secret_arn)

    @property
    def _target(self) -> Target:
        return HOST if self.settings.is_local else LAMBDA

    def _package_layer(self) -> lambda_.LayerVersion:
        layer = build_package_layer("huitou", self._target)
        return layer_of(self, "huitou", packed(layer), "the product's package")

    def dependency_layer(self, name: str, purpose: str) -> lambda_.LayerVersion:
        """What `layers/dependencies/<name>.txt` pins; ``purpose`` ends the sentence that describes it."""
        layer = build_dependency_layer(name, self._target)
        return layer_of(self, f"dependencies-{name}", packed(layer), f"third-party packages {purpose}")

"""Work on many members at once: the states of Step Functions that carry it out, a stack of their own.

The calls that begin it are in front of another stack, see `job_calls`.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Final

from aws_cdk import Duration, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from infra.constructs.alarm import Alarms
from infra.constructs.fan_out import FanOut
from infra.constructs.function import HandlerFunction
from infra.constructs.queue import DeadLetterQueue
from infra.constructs.review import acknowledge_wildcards, in_findings
from infra.settings import Settings
from infra.stacks.data import MEMBERS_INDEX, DataStack
from infra.stacks.functions import LARGE_MIB, LOOK, READ, WORKER_TIMEOUT, WRITE, FunctionStack

CHUNK_TIMEOUT: Final = Duration.minutes(15)


class JobStack(FunctionStack):
    """What goes through all members, or a file, part by part."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings, data: DataStack, alarms: Alarms) -> None:
        super().__init__(scope, name, settings=settings, data=data, alarms=alarms)
        self.imports = self._imports()
        self.accounts = self._accounts()
        self.simulations = self._simulations()
        self.counts = self._counts()
        self.rebuilds = self._rebuilds()
        self.insights = self._insights()
        self.results = self._results()

    def _imports(self) -> FanOut:
        """A file is cut into chunks, each of which is applied."""
        files = self.data.imports
        partition = self.function("partition_import", {**self.program, **self.files}, CHUNK_TIMEOUT, LARGE_MIB)

        everything = {**self.members, **self.program, **self.identity, **self.files}
        apply = self.function("apply_import", everything, CHUNK_TIMEOUT, LARGE_MIB)
        apply.allow([*READ, *WRITE], self.data.members.table_arn)
        self.let_read_identity_secret(apply)
        self.let_judge(apply)

        report = self.function("report_import", {**self.program, **self.files}, CHUNK_TIMEOUT, LARGE_MIB)
        for function in (partition, report):
            self.let_read_program(function)
        let_import(self, partition, apply, report)
        return FanOut(
            self, "import", settings=self.settings, bucket=files, partition=partition, apply=apply, report=report
        )

    def _accounts(self) -> FanOut:
        """M13: all members are counted, shard by shard."""
        table = self.data.program.table_arn
        count = self.function("count_accounts", {**self.members, **self.program}, CHUNK_TIMEOUT, LARGE_MIB)
        count.allow(["dynamodb:Query"], self.data.members.table_arn)
        count.allow(["dynamodb:Query"], f"{self.data.members.table_arn}/index/{MEMBERS_INDEX}")
        self.let_read_program(count)

        report = self.function("report_accounts", self.program, CHUNK_TIMEOUT, LARGE_MIB)
        report.allow(["dynamodb:GetItem", "dynamodb:Query"], table, partitions=["SETTLEMENTS"])
        let_sum_up(self, "account", report)
        return self._states("account", count, report)

    def _simulations(self) -> FanOut:
        """M14: all members are replayed under both programmes, and none is changed."""
        files = self.data.imports
        told = {**self.members, **self.program, **self.files}
        replay = self.function("replay_members", told, CHUNK_TIMEOUT, LARGE_MIB, [self.messaging])
        replay.allow(["dynamodb:GetItem", "dynamodb:Query"], self.data.members.table_arn)
        replay.allow(["dynamodb:Query"], f"{self.data.members.table_arn}/index/{MEMBERS_INDEX}")
        replay.allow(["dynamodb:GetItem"], self.data.program.table_arn, partitions=["INSIGHTS"])

        report = self.function("report_simulation", {**self.program, **self.files}, CHUNK_TIMEOUT, LARGE_MIB)
        let_sum_up(self, "simulation", report)
        for function in (replay, report):
            function.allow(["s3:GetObject"], files.arn_for_objects("simulations/*"))
        return self._states("simulation", replay, report)

    def _counts(self) -> FanOut:
        """M16, M20: everybody is asked whether they would be in a segment that is being written, or what a campaign
        would tell them, and nobody is changed.
        """
        apply = self._going_through("count_members", READ, self.addresses, [self.messaging])
        self.let_read_address_secret(apply)
        return self._states("count", apply, self.function("report_count", self.program, WORKER_TIMEOUT))

    def _rebuilds(self) -> FanOut:
        """E20: everybody is looked at anew under the programme that holds."""
        apply = self._going_through("rebuild_members", LOOK)
        return self._states("rebuild", apply, self.function("report_rebuild", self.program, WORKER_TIMEOUT))

    def _insights(self) -> FanOut:
        """M16, M18: all members are gone through once a week. What is found may move some."""
        files, table = self.data.imports, self.data.program.table_arn
        told = {**self.program, **self.files}
        begin = self.function("begin_insights", told)
        measure = self.function("measure_members", {**self.members, **told}, CHUNK_TIMEOUT, LARGE_MIB)
        measure.allow(["dynamodb:Query"], self.data.members.table_arn)
        measure.allow(["dynamodb:Query"], f"{self.data.members.table_arn}/index/{MEMBERS_INDEX}")

        fit = self.function("fit_insights", told_of(self, self.rebuilds), CHUNK_TIMEOUT, LARGE_MIB, [self.science])
        let_begin(self, fit, self.rebuilds)
        fit.allow(["dynamodb:GetItem", "dynamodb:PutItem"], table, partitions=["INSIGHTS"])
        for function, on_files in ((begin, "s3:PutObject"), (measure, "s3:PutObject"), (fit, "s3:GetObject")):
            self.let_read_program(function)
            function.allow([on_files], files.arn_for_objects("insights/*"))
        acknowledge_wildcards(
            self,
            "What shards come to are files, named after their run.",
            f"{in_findings(self.data, files.bucket_arn)}/insights/*",
        )
        fan_out = FanOut(
            self, "insight", settings=self.settings, bucket=files, partition=begin, apply=measure, report=fit
        )
        self._once_a_week(fan_out)
        return fan_out

    def _results(self) -> FanOut:
        """M21: what a campaign came to is added up over all members, and none is changed."""
        measure = self.function("measure_campaign", {**self.members, **self.program}, CHUNK_TIMEOUT, LARGE_MIB)
        measure.allow(["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"], self.data.members.table_arn)
        measure.allow(["dynamodb:Query"], f"{self.data.members.table_arn}/index/{MEMBERS_INDEX}")
        report = self.function("report_result", self.program, WORKER_TIMEOUT, LARGE_MIB, [self.science])
        for function in (measure, report):
            self.let_read_program(function)
        let_sum_up(self, "result", report)
        return self._states("result", measure, report)

    @cached_property
    def science(self) -> lambda_.LayerVersion:
        """The layer of who fits models and weighs results."""
        return self.dependency_layer("science", "that models are fitted and results weighed with")

    def _once_a_week(self, fan_out: FanOut) -> None:
        """In the night to Monday. A run that could not be started is made up for by the next one."""
        failures = DeadLetterQueue(self, "failed-insights", alarms=self.alarms)
        machine = fan_out.state_machine
        role = iam.Role(self, "insights-role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        started = iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine.state_machine_arn])
        role.add_to_policy(started)
        role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[failures.queue_arn]))
        scheduler.Schedule(
            self,
            "insights-schedule",
            schedule=scheduler.ScheduleExpression.cron(
                minute="30", hour="3", week_day="MON", time_zone=TimeZone.of(self.settings.time_zone)
            ),
            target=targets.StepFunctionsStartExecution(
                machine,
                role=role.without_policy_updates(),
                dead_letter_queue=failures,
                input=scheduler.ScheduleTargetInput.from_object({}),
            ),
        )

    def _going_through(
        self,
        name: str,
        look: Sequence[str],
        told: Mapping[str, str] = MappingProxyType({}),
        more_layers: Sequence[lambda_.ILayerVersion] = (),
    ) -> HandlerFunction:
        """The function that goes through the members of a shard, and judges each as a look does."""
        members = self.data.members.table_arn
        everything = {**self.members, **self.program, **told}
        function = self.function(name, everything, CHUNK_TIMEOUT, LARGE_MIB, more_layers)
        function.allow(look, members)
        function.allow(["dynamodb:Query"], f"{members}/index/{MEMBERS_INDEX}")
        self.let_judge(function)
        return function

    def _states(self, kind: str, apply: HandlerFunction, report: HandlerFunction) -> FanOut:
        """The states of a kind of jobs: ``apply`` for each part, then ``report``. Both keep what they have come to."""
        _let_keep(self, kind, apply, report)
        _acknowledge_files(self, kind)
        return FanOut(self, kind, settings=self.settings, bucket=self.data.imports, apply=apply, report=report)


def told_of(stack: FunctionStack, states: FanOut) -> dict[str, str]:
    """The environment of a function that begins jobs of a kind."""
    machine = f"HUITOU_{states.node.id.upper()}_STATE_MACHINE"
    return {**stack.program, **stack.files, machine: states.state_machine.state_machine_arn}


def let_begin(stack: FunctionStack, function: HandlerFunction, states: FanOut) -> None:
    """Keep a job of a kind with the list of its work and start it; who asks again sees it with what it has found."""
    kind = states.node.id
    _let_keep(stack, kind, function)
    let_sum_up(stack, kind, function)
    function.allow(["s3:PutObject"], stack.data.imports.arn_for_objects(f"{kind}s/*"))
    _acknowledge_files(stack, kind)
    function.allow(["states:StartExecution"], states.state_machine.state_machine_arn)


def let_sum_up(stack: FunctionStack, kind: str, function: HandlerFunction) -> None:
    """Read what all parts of a job have come to."""
    function.allow(["dynamodb:Query"], stack.data.program.table_arn, partitions=_of(kind))


def let_import(stack: FunctionStack, *functions: HandlerFunction) -> None:
    """An import, and its files."""
    files = stack.data.imports
    for function in functions:
        function.allow([*READ, *WRITE], stack.data.program.table_arn, partitions=_of("import"))
        function.allow(["s3:GetObject", "s3:PutObject"], files.arn_for_objects("*"))
    acknowledge_wildcards(
        stack,
        "The bucket holds imports only, and their keys are not known before they are made.",
        f"{in_findings(stack.data, files.bucket_arn)}/*",
    )


def _let_keep(stack: FunctionStack, kind: str, *functions: HandlerFunction) -> None:
    """A job, and what one of its parts has come to: items of a partition for each job."""
    for function in functions:
        function.allow(["dynamodb:GetItem", "dynamodb:PutItem"], stack.data.program.table_arn, partitions=_of(kind))


def _acknowledge_files(stack: FunctionStack, kind: str) -> None:
    acknowledge_wildcards(
        stack,
        "The files of a job are named after it.",
        f"{in_findings(stack.data, stack.data.imports.bucket_arn)}/{kind}s/*",
    )


def _of(kind: str) -> list[str]:
    return [f"{kind.upper()}#*"]

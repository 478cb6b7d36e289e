"""Work on many members at once: calls that start it, and the states of Step Functions that carry it out.

Most functions here add a kind of job, imports or insights to the stack, and return the functions that answer calls.
"""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets

from infra.constructs.fan_out import FanOut
from infra.constructs.function import HandlerFunction
from infra.constructs.queue import DeadLetterQueue
from infra.constructs.review import acknowledge_wildcards, in_findings
from infra.stacks.data import MEMBERS_INDEX
from infra.stacks.functions import LARGE_MIB, LOOK, READ, WORKER_TIMEOUT, WRITE, FunctionStack

CHUNK_TIMEOUT: Final = Duration.minutes(15)

Calls = dict[str, lambda_.Function]


def import_functions(stack: FunctionStack) -> Calls:
    """The call that starts an import, and the states that carry it out."""
    files = stack.data.imports
    partition = stack.function("partition_import", {**stack.program, **stack.files}, CHUNK_TIMEOUT, LARGE_MIB)

    everything = {**stack.members, **stack.program, **stack.identity, **stack.files}
    apply = stack.function("apply_import", everything, CHUNK_TIMEOUT, LARGE_MIB)
    apply.allow([*READ, *WRITE], stack.data.members.table_arn)
    stack.let_read_identity_secret(apply)

    report = stack.function("report_import", {**stack.program, **stack.files}, CHUNK_TIMEOUT, LARGE_MIB)

    fan_out = FanOut(
        stack, "import", settings=stack.settings, bucket=files, partition=partition, apply=apply, report=report
    )
    states = fan_out.state_machine.state_machine_arn
    serve = stack.function(
        "serve_imports",
        {**stack.program, **stack.files, "HUITOU_IMPORT_STATE_MACHINE": states},
    )
    serve.allow(["states:StartExecution"], states)
    stack.let_see_executions(serve, fan_out)
    stack.let_judge(apply)
    for function in (partition, report, serve):
        stack.let_read_program(function)
    for function in (partition, apply, report, serve):
        function.allow([*READ, *WRITE], stack.data.program.table_arn, partitions=["IMPORT#*"])
        function.allow(["s3:GetObject", "s3:PutObject"], files.arn_for_objects("*"))
    acknowledge_wildcards(
        stack,
        "The bucket holds imports only, and their keys are not known before they are made.",
        f"{in_findings(stack.data, files.bucket_arn)}/*",
    )
    return {"serve_imports": serve}


def account_functions(stack: FunctionStack) -> Calls:
    """The calls about money, and the states that count all members shard by shard."""
    table = stack.data.program.table_arn
    count = stack.function("count_accounts", {**stack.members, **stack.program}, CHUNK_TIMEOUT, LARGE_MIB)
    count.allow(["dynamodb:Query"], stack.data.members.table_arn)
    count.allow(["dynamodb:Query"], f"{stack.data.members.table_arn}/index/{MEMBERS_INDEX}")
    stack.let_read_program(count)

    report = stack.function("report_accounts", stack.program, CHUNK_TIMEOUT, LARGE_MIB)
    report.allow(["dynamodb:GetItem", "dynamodb:Query"], table, partitions=["SETTLEMENTS"])

    _let_sum_up(stack, "account", report)
    states = _states(stack, "account", count, report)
    serve = stack.function("serve_accounts", told_of(stack, states))
    serve.allow([*READ, *WRITE], table, partitions=["SETTLEMENTS", "AUDIT#*"])
    stack.let_read_program(serve)
    let_begin(stack, serve, states)
    stack.let_see_executions(serve, states)
    return {"serve_accounts": serve}


def simulation_functions(stack: FunctionStack) -> Calls:
    """What-if: the calls, and the states that replay all members under both programmes, changing none."""
    files, table = stack.data.imports, stack.data.program.table_arn
    index = f"{stack.data.members.table_arn}/index/{MEMBERS_INDEX}"
    told = {**stack.members, **stack.program, **stack.files}
    replay = stack.function("replay_members", told, CHUNK_TIMEOUT, LARGE_MIB)
    replay.allow(["dynamodb:GetItem", "dynamodb:Query"], stack.data.members.table_arn)
    replay.allow(["dynamodb:Query"], index)
    replay.allow(["dynamodb:GetItem"], table, partitions=["INSIGHTS"])

    report = stack.function("report_simulation", {**stack.program, **stack.files}, CHUNK_TIMEOUT, LARGE_MIB)
    _let_sum_up(stack, "simulation", report)
    states = _states(stack, "simulation", replay, report)
    for function in (replay, report):
        function.allow(["s3:GetObject"], files.arn_for_objects("simulations/*"))
    told = {**stack.members, **told_of(stack, states)}
    serve = stack.function("serve_simulations", told, more_layers=[stack.messaging])
    serve.allow(["dynamodb:Query"], index)
    stack.let_judge(serve)
    let_begin(stack, serve, states)
    stack.let_see_executions(serve, states)
    return {"serve_simulations": serve}


def insight_functions(stack: FunctionStack, rebuilds: FanOut) -> Calls:
    """M16, M18: the calls, and the states that go through all members once a week. What they find may move some."""
    files, table = stack.data.imports, stack.data.program.table_arn
    told = {**stack.program, **stack.files}
    begin = stack.function("begin_insights", told)
    stack.let_read_program(begin)

    measure = stack.function("measure_members", {**stack.members, **told}, CHUNK_TIMEOUT, LARGE_MIB)
    measure.allow(["dynamodb:Query"], stack.data.members.table_arn)
    measure.allow(["dynamodb:Query"], f"{stack.data.members.table_arn}/index/{MEMBERS_INDEX}")
    stack.let_read_program(measure)

    science = stack.dependency_layer("science", "that models are fitted with")
    fit = stack.function("fit_insights", told_of(stack, rebuilds), CHUNK_TIMEOUT, LARGE_MIB, more_layers=[science])
    let_begin(stack, fit, rebuilds)
    stack.let_read_program(fit)
    fit.allow(["dynamodb:GetItem", "dynamodb:PutItem"], table, partitions=["INSIGHTS"])

    fan_out = FanOut(
        stack, "insight", settings=stack.settings, bucket=files, partition=begin, apply=measure, report=fit
    )
    _once_a_week(stack, fan_out)
    serve = stack.function(
        "serve_insights",
        {**stack.program, "HUITOU_INSIGHT_STATE_MACHINE": fan_out.state_machine.state_machine_arn},
    )
    serve.allow(["dynamodb:GetItem"], table, partitions=["INSIGHTS"])
    stack.let_read_program(serve)
    serve.allow(["states:StartExecution"], fan_out.state_machine.state_machine_arn)
    for function, on_files in ((begin, "s3:PutObject"), (measure, "s3:PutObject"), (fit, "s3:GetObject")):
        function.allow([on_files], files.arn_for_objects("insights/*"))
    acknowledge_wildcards(
        stack,
        "What shards come to are files, named after their run.",
        f"{in_findings(stack.data, files.bucket_arn)}/insights/*",
    )
    return {"serve_insights": serve}


def _once_a_week(stack: FunctionStack, fan_out: FanOut) -> None:
    """In the night to Monday. A run that could not be started is made up for by the next one."""
    failures = DeadLetterQueue(stack, "failed-insights", alarms=stack.alarms)
    machine = fan_out.state_machine
    role = iam.Role(stack, "insights-role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
    role.add_to_policy(iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine.state_machine_arn]))
    role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[failures.queue_arn]))
    scheduler.Schedule(
        stack,
        "insights-schedule",
        schedule=scheduler.ScheduleExpression.cron(
            minute="30", hour="3", week_day="MON", time_zone=TimeZone.of(stack.settings.time_zone)
        ),
        target=targets.StepFunctionsStartExecution(
            machine,
            role=role.without_policy_updates(),
            dead_letter_queue=failures,
            input=scheduler.ScheduleTargetInput.from_object({}),
        ),
    )


def rebuild_states(stack: FunctionStack) -> FanOut:
    """E20: the states that look at everybody anew under the programme that holds."""
    apply = _going_through(stack, "rebuild_members", LOOK)
    return _states(stack, "rebuild", apply, stack.function("report_rebuild", stack.program, WORKER_TIMEOUT))


def rebuild_functions(stack: FunctionStack, rebuilds: FanOut) -> Calls:
    """The calls that start rebuilds and look at them."""
    serve = stack.function("serve_rebuilds", told_of(stack, rebuilds))
    stack.let_read_program(serve)
    let_begin(stack, serve, rebuilds)
    stack.let_see_executions(serve, rebuilds)
    return {"serve_rebuilds": serve}


def count_states(stack: FunctionStack) -> FanOut:
    """M16: the states that ask everybody whether they would be in a segment that is being written, changing nobody."""
    apply = _going_through(stack, "count_members", ["dynamodb:GetItem", "dynamodb:Query"])
    return _states(stack, "count", apply, stack.function("report_count", stack.program, WORKER_TIMEOUT))


def told_of(stack: FunctionStack, states: FanOut) -> dict[str, str]:
    """The environment of a function that begins jobs of a kind."""
    machine = f"HUITOU_{states.node.id.upper()}_STATE_MACHINE"
    return {**stack.program, **stack.files, machine: states.state_machine.state_machine_arn}


def let_begin(stack: FunctionStack, function: HandlerFunction, states: FanOut) -> None:
    """Keep a job of a kind with the list of its work and start it; who asks again sees it with what it has found."""
    kind = states.node.id
    _let_keep(stack, kind, function)
    _let_sum_up(stack, kind, function)
    function.allow(["s3:PutObject"], stack.data.imports.arn_for_objects(f"{kind}s/*"))
    function.allow(["states:StartExecution"], states.state_machine.state_machine_arn)


def _going_through(stack: FunctionStack, name: str, look: Sequence[str]) -> HandlerFunction:
    """The function that goes through the members of a shard, and judges each as a look does."""
    members = stack.data.members.table_arn
    function = stack.function(name, {**stack.members, **stack.program}, CHUNK_TIMEOUT, LARGE_MIB)
    function.allow(look, members)
    function.allow(["dynamodb:Query"], f"{members}/index/{MEMBERS_INDEX}")
    stack.let_judge(function)
    return function


def _states(stack: FunctionStack, kind: str, apply: HandlerFunction, report: HandlerFunction) -> FanOut:
    """The states of a kind of jobs: ``apply`` for each part, then ``report``. Both keep what they have come to."""
    files = stack.data.imports
    _let_keep(stack, kind, apply, report)
    acknowledge_wildcards(
        stack, "The files of a job are named after it.", f"{in_findings(stack.data, files.bucket_arn)}/{kind}s/*"
    )
    return FanOut(stack, kind, settings=stack.settings, bucket=files, apply=apply, report=report)


def _let_keep(stack: FunctionStack, kind: str, *functions: HandlerFunction) -> None:
    """A job, and what one of its parts has come to: items of a partition for each job."""
    for function in functions:
        function.allow(["dynamodb:GetItem", "dynamodb:PutItem"], stack.data.program.table_arn, partitions=_of(kind))


def _let_sum_up(stack: FunctionStack, kind: str, function: HandlerFunction) -> None:
    """Read what all parts of a job have come to."""
    function.allow(["dynamodb:Query"], stack.data.program.table_arn, partitions=_of(kind))


def _of(kind: str) -> list[str]:
    return [f"{kind.upper()}#*"]

"""The calls that begin work on many members, and look at it. `jobs` carries it out."""

from aws_cdk import aws_lambda as lambda_

from infra.stacks.data import MEMBERS_INDEX
from infra.stacks.functions import READ, WRITE, FunctionStack
from infra.stacks.jobs import JobStack, let_begin, let_import, told_of


def functions(stack: FunctionStack, jobs: JobStack) -> dict[str, lambda_.Function]:
    """By name; those of counts are with segments, and what publishes a programme begins a rebuild, too."""
    return {
        "serve_imports": _imports(stack, jobs),
        "serve_accounts": _accounts(stack, jobs),
        "serve_simulations": _simulations(stack, jobs),
        "serve_insights": _insights(stack, jobs),
        "serve_rebuilds": _rebuilds(stack, jobs),
        "serve_results": _results(stack, jobs),
    }


def _imports(stack: FunctionStack, jobs: JobStack) -> lambda_.Function:
    serve = stack.function("serve_imports", told_of(stack, jobs.imports))
    serve.allow(["states:StartExecution"], jobs.imports.state_machine.state_machine_arn)
    stack.let_see_executions(serve, jobs.imports)
    stack.let_read_program(serve)
    let_import(stack, serve)
    return serve


def _accounts(stack: FunctionStack, jobs: JobStack) -> lambda_.Function:
    serve = stack.function("serve_accounts", told_of(stack, jobs.accounts))
    serve.allow([*READ, *WRITE], stack.data.program.table_arn, partitions=["SETTLEMENTS", "AUDIT#*"])
    stack.let_read_program(serve)
    let_begin(stack, serve, jobs.accounts)
    stack.let_see_executions(serve, jobs.accounts)
    return serve


def _simulations(stack: FunctionStack, jobs: JobStack) -> lambda_.Function:
    told = {**stack.members, **told_of(stack, jobs.simulations)}
    serve = stack.function("serve_simulations", told, more_layers=[stack.messaging])
    serve.allow(["dynamodb:Query"], f"{stack.data.members.table_arn}/index/{MEMBERS_INDEX}")
    stack.let_judge(serve)
    let_begin(stack, serve, jobs.simulations)
    stack.let_see_executions(serve, jobs.simulations)
    return serve


def _insights(stack: FunctionStack, jobs: JobStack) -> lambda_.Function:
    machine = jobs.insights.state_machine.state_machine_arn
    serve = stack.function("serve_insights", {**stack.program, "HUITOU_INSIGHT_STATE_MACHINE": machine})
    serve.allow(["dynamodb:GetItem"], stack.data.program.table_arn, partitions=["INSIGHTS"])
    stack.let_read_program(serve)
    serve.allow(["states:StartExecution"], machine)
    return serve


def _rebuilds(stack: FunctionStack, jobs: JobStack) -> lambda_.Function:
    serve = stack.function("serve_rebuilds", told_of(stack, jobs.rebuilds))
    stack.let_read_program(serve)
    let_begin(stack, serve, jobs.rebuilds)
    stack.let_see_executions(serve, jobs.rebuilds)
    return serve


def _results(stack: FunctionStack, jobs: JobStack) -> lambda_.Function:
    serve = stack.function("serve_results", told_of(stack, jobs.results))
    stack.let_read_program(serve)
    let_begin(stack, serve, jobs.results)
    stack.let_see_executions(serve, jobs.results)
    return serve

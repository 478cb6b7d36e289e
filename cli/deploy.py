"""`huitou deploy`: the CDK app, onto the local stack or onto AWS."""

from typing import Annotated

import typer

from cli.local_stack import LocalStack, require
from cli.tools import ROOT, cdk, out

LOCAL = "local"
ACCOUNT = "000000000000"

Stage = Annotated[str, typer.Option(help="`local`, or the name of a stage on AWS.")]


def deploy_local(stack: LocalStack) -> None:
    """Bootstrap the emulator if that was never done, and deploy all stacks."""
    if not stack.outputs():
        cdk(["bootstrap", f"aws://{ACCOUNT}/{stack.environment()['AWS_REGION']}"], stack.environment(), quiet=True)
    cdk(
        ["deploy", "--all", "--require-approval", "never", "--progress", "events"]
        + ["--outputs-file", str(stack.outputs_file), "--output", str(ROOT / "cdk.out" / LOCAL)]
        + ["--context", f"stage={LOCAL}"],
        stack.environment(),
        quiet=True,
    )


def deploy(stage: Stage = LOCAL) -> None:
    """Deploys the whole platform."""
    if stage == LOCAL:
        stack = require()
        deploy_local(stack)
        out.print(f"The API answers at {stack.api_url()}/v1.")
        return
    cdk(
        ["deploy", "--all", "--require-approval", "never", "--context", f"stage={stage}"]
        + ["--outputs-file", str(ROOT / "cdk.out" / f"{stage}-outputs.json")],
        {},
    )

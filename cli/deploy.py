"""`huitou bootstrap`, `synth`, `diff`, `deploy` and `env`: the CDK app, for the local stack or for a stage on AWS."""

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import boto3
import httpx
import typer

from cli import openapi
from cli.local_stack import LocalStack, require
from cli.tools import CommandError, cdk, out
from infra.routes import PUBLIC_URL
from infra.sources import ROOT, digest_of

LOCAL: Final = "local"
LOCAL_ACCOUNT: Final = "000000000000"
# What CDK keeps between deployments: the assembly, and the outputs of the last one. Two of its commands at once lock
# each other out of a folder, so a local stack in a folder of its own has its own.
ASSEMBLIES: Final = Path(os.environ.get("HUITOU_LOCAL", ROOT)) / "cdk.out"

Stage = Annotated[str, typer.Option(help="`local`, or the name of a stage on AWS.")]
Synthesised = Annotated[bool, typer.Option("--synthesised", help="Take what `huitou synth` wrote, as it is.")]


def bootstrap() -> None:
    """Prepares the AWS account and region of your credentials for deployments: once, before the first."""
    session = boto3.Session()
    if session.region_name is None:
        raise CommandError("no region is set: export AWS_REGION=ap-northeast-1, or yours")
    account = session.client("sts").get_caller_identity()["Account"]
    cdk(_bootstrapping(account, session.region_name), {})


def synth(stage: Stage = LOCAL) -> None:
    """Writes the CloudFormation templates; fails if cdk-nag finds what nobody has acknowledged."""
    assembly = ASSEMBLIES / stage
    cdk(["synth", "--quiet", *_app(stage)], {})
    out.print(f"The templates are in {os.path.relpath(assembly)}.")


def diff(stage: Stage = LOCAL, synthesised: Synthesised = False) -> None:
    """Shows what a deployment would change."""
    cdk(["diff", "--all", *_source(stage, synthesised)], _environment(stage))


def deploy(stage: Stage = LOCAL, synthesised: Synthesised = False) -> None:
    """Deploys everything, and says where the API is."""
    if stage == LOCAL:
        deploy_local(require(), synthesised)
    else:
        told = [*_public(stage, os.environ.get("HUITOU_PUBLIC_URL")), *_outputs_to(_outputs_file(stage))]
        cdk(["deploy", "--all", *_UNATTENDED, *_source(stage, synthesised), *told], {})
    out.print(f"The API answers at {_addresses(stage)['HUITOU_API_URL']}/v1.")


def env(stage: Stage = LOCAL) -> None:
    """Prints what other commands and AWS tools need to know of a stage: eval "$(huitou env)"."""
    for name, value in {**_environment(stage), **_addresses(stage)}.items():
        out.print(f"export {name}={shlex.quote(value)}")


def deploy_local(stack: LocalStack, synthesised: bool = False) -> None:
    """Bootstrap the emulator if that was never done, and deploy all stacks onto it."""
    environment = stack.environment()
    if not _is_bootstrapped(stack):
        cdk(_bootstrapping(LOCAL_ACCOUNT, environment["AWS_REGION"]), environment, quiet=True)
    told = [*_public(LOCAL, stack.endpoint), *_outputs_to(stack.outputs_file)]
    cdk(["deploy", "--all", *_UNATTENDED, *_source(LOCAL, synthesised), *told], environment, quiet=True)
    _stamp(stack).write_text(_digest())


def is_deployed(stack: LocalStack) -> bool:
    """Whether the emulator runs exactly what is in the working tree: it may also have lost its memory in a crash."""
    stamp = _stamp(stack)
    if not stamp.exists() or stamp.read_text() != _digest():
        return False
    return httpx.get(f"{stack.api_url()}/v1/openapi.json", timeout=60).is_success


def _bootstrapping(account: str, region: str) -> list[str]:
    """CDK runs the app for this, too."""
    openapi.written()
    return ["bootstrap", f"aws://{account}/{region}", *_into("bootstrap")]


def _is_bootstrapped(stack: LocalStack) -> bool:
    ssm = stack.client("ssm")
    try:
        ssm.get_parameter(Name="/cdk-bootstrap/hnb659fds/version")
    except ssm.exceptions.ParameterNotFound:
        return False
    return True


def _stamp(stack: LocalStack) -> Path:
    return Path(stack.folder) / "deployed"


def _digest() -> str:
    """Of everything that goes into a deployment."""
    tools = (ROOT / "cdk.json", ROOT / "package-lock.json")
    return digest_of({*openapi.sources(), *(ROOT / "infra").rglob("*.py"), *(ROOT / "layers").rglob("*.txt"), *tools})


_UNATTENDED: Final = ("--require-approval", "never")


def _source(stage: str, synthesised: bool) -> list[str]:
    """What CDK works on: an assembly that exists, or the app, which makes one."""
    if synthesised:
        return ["--app", str(ASSEMBLIES / stage)]
    return _app(stage)


def _app(stage: str) -> list[str]:
    """The app for a stage, with the description of the API that one of its functions answers with."""
    openapi.written()
    return [*_context(stage), *_into(stage)]


def _into(name: str) -> list[str]:
    """A folder of its own for what CDK synthesises: two commands at once would lock each other out of one."""
    return ["--output", str(ASSEMBLIES / name)]


def _context(stage: str) -> list[str]:
    """Settings of a stage that are not for everybody's eyes come from the environment."""
    named = {
        "stage": stage,
        "alarm_email": os.environ.get("HUITOU_ALARM_EMAIL"),
        "repository": os.environ.get("HUITOU_REPOSITORY"),
    }
    return [part for name, value in named.items() if value for part in ("--context", f"{name}={value}")]


def _public(stage: str, address: str | None) -> list[str]:
    """Where members reach the API. What was told at the last deployment is forgotten, like all that is told."""
    named = ["--parameters", f"huitou-{stage}-service:{PUBLIC_URL}={address}"] if address else []
    return ["--no-previous-parameters", *named]


def _environment(stage: str) -> Mapping[str, str]:
    """Which AWS a stage lies on: the emulator, or whatever the caller's credentials open."""
    return require().environment() if stage == LOCAL else {}


def _outputs_to(file: Path) -> list[str]:
    return ["--outputs-file", str(file)]


def _outputs_file(stage: str) -> Path:
    return ASSEMBLIES / f"{stage}.outputs.json"


def _addresses(stage: str) -> dict[str, str]:
    """Where a stage's API and tables are, by the variables that other commands read."""
    outputs = outputs_of(stage)
    url = require().api_url() if stage == LOCAL else outputs["ApiUrl"].rstrip("/")
    return {
        "HUITOU_API_URL": url,
        "HUITOU_PROGRAM_TABLE": outputs["ProgramTable"],
        "HUITOU_MEMBERS_TABLE": outputs["MembersTable"],
        "HUITOU_IMPORT_BUCKET": outputs["ImportBucket"],
    }


def outputs_of(stage: str) -> dict[str, str]:
    """What all stacks of a stage said about themselves when they were deployed last."""
    if stage == LOCAL:
        return require().outputs()
    file = _outputs_file(stage)
    if not file.exists():
        raise CommandError(f"{stage} was not deployed from here: run `huitou deploy --stage {stage}`")
    return {name: value for outputs in json.loads(file.read_text()).values() for name, value in outputs.items()}

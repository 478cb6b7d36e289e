"""`huitou local`: the emulator on this machine, with its state in `.local/` (or the folder HUITOU_LOCAL).

The port is part of the state: queue addresses hold it, so a stack is always started again on the port it was made on.
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import boto3
import httpx
import typer

from cli.tools import CommandError, out
from infra.sources import ROOT

app = typer.Typer(help="The emulator that the local stack runs on.", no_args_is_help=True)

FOLDER: Final = Path(os.environ.get("HUITOU_LOCAL", ROOT / ".local"))
REGION: Final = "ap-northeast-1"
FIRST_PORT: Final = 4566
# A year of purchases is 400 MB to read at the start, and to write at the end.
START_SECONDS: Final = 300
STOP_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A running emulator: its process, its port and where it keeps its state."""

    pid: int
    port: int
    folder: str

    @property
    def endpoint(self) -> str:
        """The address of every service. A number, not a name, so that clients put buckets into the path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def outputs_file(self) -> Path:
        """What the last deployment said about itself."""
        return Path(self.folder) / "outputs.json"

    def environment(self) -> dict[str, str]:
        """Environment variables that point AWS clients here and nowhere else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """A boto3 client of this service here."""
        session = boto3.session.Session("test", "test", region_name=REGION)
        return session.client(service, endpoint_url=self.endpoint)  # type: ignore[call-overload]  # any service

    def outputs(self) -> dict[str, str]:
        """The outputs of all deployed stacks in one mapping; empty before the first deployment."""
        if not self.outputs_file.exists():
            return {}
        stacks = json.loads(self.outputs_file.read_text())
        return {name: value for outputs in stacks.values() for name, value in outputs.items()}

    def api_url(self) -> str:
        """The address of the deployed API, without /v1."""
        api = self.outputs().get("ApiId")
        if api is None:
            raise CommandError("nothing is deployed yet: run `make run`")
        return f"{self.endpoint}/_aws/execute-api/{api}/live"


def running(folder: Path = FOLDER) -> LocalStack | None:
    """The emulator that runs on this folder's state, or None."""
    return _remembered(folder) if _is_locked(folder) else None


def require(folder: Path = FOLDER) -> LocalStack:
    """The running emulator; ends the command if there is none."""
    stack = running(folder)
    if stack is None:
        raise CommandError("the local stack is not running: start it with `make run`")
    return stack


def start(folder: Path = FOLDER) -> LocalStack:
    """Start the emulator, or return the one that runs already. State in `folder` is taken up again."""
    folder = folder.resolve()
    stack = running(folder)
    if stack is not None:
        return stack
    folder.mkdir(parents=True, exist_ok=True)
    before = _remembered(folder)
    port = _same_port(before.port) if before else _free_port()
    with (folder / "ministack.log").open("ab") as log:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            cwd=folder,
            env={**os.environ, **_emulator_settings(folder, port)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    stack = LocalStack(process.pid, port, str(folder))
    _state_file(folder).write_text(json.dumps(asdict(stack)))
    _wait_until_healthy(stack, process)
    return stack


def stop(folder: Path = FOLDER) -> None:
    """Stop the emulator of this folder, if it runs, and wait until its state is written."""
    stack = running(folder)
    if stack is None:
        return
    os.kill(stack.pid, signal.SIGTERM)
    for _ in _until(STOP_SECONDS):
        if not _is_locked(folder):
            return
    raise CommandError(f"the emulator (process {stack.pid}) is still writing after {STOP_SECONDS} s; look again later")


def _emulator_settings(folder: Path, port: int) -> dict[str, str]:
    return {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "LOG_LEVEL": os.environ.get("MINISTACK_LOG_LEVEL", "WARNING"),
        # Nothing else may listen on this machine.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }


def _same_port(port: int) -> int:
    if not _is_free(port):
        raise CommandError(
            f"port {port}, on which this local stack was made, is taken by another program. "
            "Stop that program, or start over with `make clean run`."
        )
    return port


def _free_port() -> int:
    """The port asked for by HUITOU_PORT, else the first free one from 4566 on."""
    asked = os.environ.get("HUITOU_PORT")
    if asked is None:
        return next(port for port in range(FIRST_PORT, 65536) if _is_free(port))
    if not asked.isdigit() or not _is_free(int(asked)):
        raise CommandError(f"HUITOU_PORT={asked} is not a free port")
    return int(asked)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _wait_until_healthy(stack: LocalStack, process: "subprocess.Popen[bytes]") -> None:
    log = Path(stack.folder) / "ministack.log"
    for _ in _until(START_SECONDS):
        if process.poll() is not None:
            raise CommandError(f"the emulator ended with code {process.returncode}; its last words are in {log}")
        try:
            if httpx.get(f"{stack.endpoint}/_ministack/health", timeout=2).is_success:
                return
        except httpx.HTTPError:
            continue
    raise CommandError(f"the emulator did not answer within {START_SECONDS} s; see {log}")


def _until(seconds: float) -> Iterator[None]:
    """Yields about five times a second until the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.2)


def _state_file(folder: Path) -> Path:
    return folder / "stack.json"


def _remembered(folder: Path) -> LocalStack | None:
    file = _state_file(folder)
    return LocalStack(**json.loads(file.read_text())) if file.exists() else None


def _is_locked(folder: Path) -> bool:
    """Whether an emulator runs on this folder: it holds a lock on its log for as long as it lives."""
    log = folder / "ministack.log"
    if not log.exists():
        return False
    with log.open("ab") as probe:
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@app.command("start")
def start_command() -> None:
    """Starts the emulator on a free port. Nothing is deployed by this: see `make run`."""
    out.print(f"The emulator answers at {start().endpoint}.")


@app.command("stop")
def stop_command() -> None:
    """Stops the emulator. What it holds is there again after the next start."""
    stop()
    out.print("The emulator is stopped.")


@app.command("status")
def status_command() -> None:
    """Says whether the emulator runs, and where the API is."""
    stack = require()
    out.print(f"emulator  {stack.endpoint}")
    if stack.outputs():
        out.print(f"API       {stack.api_url()}/v1")

"""`huitou run`: from nothing to a platform with a year of shopping in it. Running it again takes up what is there."""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer

from cli.deploy import deploy_local, is_deployed
from cli.imports import DEMONSTRATION_MEMBERS
from cli.local_stack import LocalStack, start
from cli.program_file import SAMPLE
from cli.tools import CommandError, err, out
from infra.sources import ROOT

PARTNER: Final = "complete_journey"

All = Annotated[bool, typer.Option("--all", help="Import the whole year; it takes several minutes.")]
Members = Annotated[int, typer.Option(help="How many households to import otherwise.", min=1)]


def run(everything: All = False, members: Members = DEMONSTRATION_MEMBERS) -> None:
    """Starts the local platform, deploys it, publishes the sample programme and imports real purchases."""
    with _step("Starting the emulator"):
        stack = start()
    with _step("Deploying the platform (the first time takes a minute)"):
        if not is_deployed(stack):
            deploy_local(stack)
    with _step("Making an API key"):
        api = Api(stack.api_url(), _key(stack))
    settings = {"HUITOU_API_URL": api.url, "HUITOU_API_KEY": api.key}
    _huitou(["program", "publish", str(SAMPLE)], settings)
    _huitou(["import", "sample", *(["--all"] if everything else ["--members", str(members)])], settings)
    _say_what_to_try(stack, api)


class Api:
    """The deployed API and a key to it."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer to a call; ends the command if it is a refusal."""
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = httpx.request(method, self.url + path, headers=headers, json=body, timeout=60)
        if answer.is_error:
            raise CommandError(f"{method} {path} was refused: {answer.text}")
        return answer.json()

    def curl(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> str:
        """The same call for a shell."""
        parts = ["curl", "-s", "-H", f"Authorization: Bearer {self.key}"]
        if body is not None:
            parts += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        elif method != "GET":
            parts += ["-X", method]
        return shlex.join([*parts, self.url + path])


def _say_what_to_try(stack: LocalStack, api: Api) -> None:
    household = {"external": {"partner": PARTNER, "id": "1"}}
    member = api.call("POST", "/v1/members/lookup", household)["member_id"]
    now = datetime.now(UTC)
    sale = {
        "member": {"id": member},
        "brand": "sora",
        "store": "367",
        "terminal": "1",
        "receipt": f"{now:%H%M%S}",
        "occurred_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "currency": "USD",
        "lines": [{"sku": "1082185", "category": "PRODUCE", "quantity": "1", "amount": "12.40"}],
        "total": "12.40",
    }
    out.print()
    out.print(f"The API         {api.url}/v1")
    out.print(f"Its description {api.url}/v1/openapi.json")
    out.print(f'The emulator    {stack.endpoint}   (AWS tools: eval "$(.venv/bin/huitou env)")')
    for text, line in (
        ("Who is household 1 of the data?", api.curl("POST", "/v1/members/lookup", household)),
        ("What do they have?", api.curl("GET", f"/v1/members/{member}/wallet")),
        ("They buy fruit; the points say why.", api.curl("POST", "/v1/purchases", sale)),
        ("And everything that happened to their points:", api.curl("GET", f"/v1/members/{member}/entries?limit=3")),
    ):
        out.print(f"\n# {text}\n{line}")
    out.print("\nmake stop puts all this aside; make run takes it up again.")


def _key(stack: LocalStack) -> str:
    """A key for everything, made once and kept beside the local stack's state."""
    file = Path(stack.folder) / "key"
    if file.exists() and _is_good(stack, file.read_text()):
        return file.read_text()
    key = _huitou(["keys", "mint", "make run"], {}, quiet=True).strip()
    file.touch(mode=0o600)
    file.write_text(key)
    return key


def _is_good(stack: LocalStack, key: str) -> bool:
    headers = {"Authorization": f"Bearer {key}"}
    return (
        httpx.get(f"{stack.api_url()}/v1/stores", headers=headers, timeout=60).status_code != httpx.codes.UNAUTHORIZED
    )


def _huitou(arguments: list[str], settings: Mapping[str, str], *, quiet: bool = False) -> str:
    """Another command of ours, with its own progress; ends this one if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE if quiet else None,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(f"`huitou {' '.join(arguments)}` failed")
    return done.stdout or ""


@contextmanager
def _step(text: str) -> Iterator[None]:
    """Shows that something goes on, and how long it took."""
    begin = time.monotonic()
    with err.status(text):
        yield
    err.print(f"✓ {text.partition(' (')[0]} — {time.monotonic() - begin:.0f} s")

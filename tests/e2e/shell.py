"""The command `huitou`, as somebody types it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

import httpx
from typer.testing import CliRunner

from cli.main import app
from infra.sources import ROOT


def huitou(settings: Mapping[str, str], *command: str, code: int = 0) -> str:
    """What it prints, with no settings but these; it must end with ``code``."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HUITOU_", "AWS_"))}
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *command],
        cwd=ROOT,
        env={**inherited, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + (done.stderr if code else "")


def typed(settings: Mapping[str, str], *command: str, code: int = 0) -> str:
    """The same in this process, which need not load everything first."""
    done = CliRunner().invoke(app, command, env=settings)
    assert done.exit_code == code, done.output
    return done.output if code else done.stdout


def settings_of(api: httpx.Client) -> dict[str, str]:
    """The settings of somebody with the key of this client."""
    key = api.headers["Authorization"].removeprefix("Bearer ")
    return {"HUITOU_API_URL": str(api.base_url).rstrip("/"), "HUITOU_API_KEY": key}

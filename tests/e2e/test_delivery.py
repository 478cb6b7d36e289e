"""What the deploy workflow does, done by its shell twin on the emulator (M37)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import httpx

from cli.local_stack import LocalStack
from huitou.access.service import KeyService
from infra.sources import ROOT
from tests.e2e.calls import PROGRAM


def test_a_delivery_checks_compares_deploys_publishes_and_leaves_no_key(
    stack: LocalStack, api: httpx.Client, keys: KeyService, tmp_path: Path
) -> None:
    program = tmp_path / "program.yaml"
    program.write_text(json.dumps(PROGRAM))  # every JSON document is a YAML document
    before = api.get("/v1/program").json()

    delivered = _deliver(stack, program)

    assert delivered.returncode == 0, delivered.stderr + delivered.stdout
    assert [line for line in delivered.stdout.splitlines() if line.startswith("──")] == [
        "── synth (local)",
        "── diff (local)",
        "── deploy (local)",
        "── publish (local)",
    ]
    assert api.get("/v1/program").json() == before  # published again, the same programme stays the same version
    (key,) = [key for key in keys.all() if key.label == "delivery"]
    assert key.revoked_at is not None
    assert key.permissions == {"program:read", "program:publish"}


def test_a_programme_that_cannot_work_stops_the_delivery_and_its_key_is_revoked_all_the_same(
    stack: LocalStack, api: httpx.Client, keys: KeyService, tmp_path: Path
) -> None:
    """E30: refused with the reason and the path."""
    program = tmp_path / "program.yaml"
    program.write_text(json.dumps({**PROGRAM, "home_currency": "pebbles"}))

    delivered = _deliver(stack, program, "publish")

    assert delivered.returncode != 0
    assert "home_currency" in delivered.stderr
    assert all(key.revoked_at for key in keys.all() if key.label == "delivery")


def test_an_unknown_step_is_named(stack: LocalStack, tmp_path: Path) -> None:
    delivered = _deliver(stack, tmp_path / "program.yaml", "fly")
    assert delivered.returncode == 2
    assert "unknown step fly" in delivered.stderr


def _deliver(stack: LocalStack, program: Path, *steps: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "bin" / "deliver", "local", program, *steps],
        env={**os.environ, "HUITOU_LOCAL": stack.folder},
        capture_output=True,
        text=True,
        check=False,
    )

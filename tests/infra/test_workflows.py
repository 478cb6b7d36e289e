"""The workflows and the shell do the same, and neither keeps a secret (M37)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.layer_builder import PYTHON_VERSION
from infra.sources import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
DELIVER = (ROOT / "bin" / "deliver").read_text()


def test_the_deploy_workflow_tests_and_then_takes_the_steps_of_the_script_in_their_order() -> None:
    steps = _steps("deploy")
    names = [step["name"] for step in steps if "name" in step]
    by_default = re.search(r"\$\{@:-([a-z ]+)\}", DELIVER)
    assert by_default is not None
    assert names == ["test", *by_default.group(1).split()]
    for step in steps:
        if step.get("name") in names[1:]:
            assert step["run"] == f'bin/deliver "$STAGE" "$PROGRAM" {step["name"]}'


def test_aws_is_entered_by_the_workflows_identity_and_only_after_the_tests() -> None:
    steps = _steps("deploy")
    (enter,) = [step for step in steps if "configure-aws-credentials" in step.get("uses", "")]
    assert set(enter["with"]) == {"role-to-assume", "aws-region"}
    assert steps.index(enter) > [step.get("name") for step in steps].index("test")
    assert _workflow("deploy")["permissions"] == {"contents": "read", "id-token": "write"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_no_workflow_reads_a_stored_secret(file: Path) -> None:
    assert "secrets." not in file.read_text()


def test_what_is_deployed_is_built_with_lambdas_python() -> None:
    """Else its layers would ship without bytecode."""
    (python,) = [step for step in _steps("deploy") if "setup-python" in step.get("uses", "")]
    assert python["with"]["python-version"] == PYTHON_VERSION


def test_ci_runs_what_people_run() -> None:
    assert [step["run"] for step in _steps("ci", "test") if "run" in step] == ["bash .ci/run"]
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def _workflow(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yaml").read_text())
    return document


def _steps(workflow: str, job: str | None = None) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = _workflow(workflow)["jobs"][job or workflow]["steps"]
    return steps

"""The templates of a stage on AWS and of the local one, synthesised once for all tests in this folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.app import synthesise
from infra.settings import settings_for

HERE = Path(__file__).parent
MORE_LAYERS = {
    "count_members": ("messaging",),
    "dispatch_messages": ("messaging",),
    "fit_insights": ("science",),
    "replay_members": ("messaging",),
    "report_result": ("science",),
    "serve_program": ("messaging",),
    "serve_segments": ("messaging",),
    "serve_simulations": ("messaging",),
    "serve_templates": ("messaging",),
    "serve_webhooks": ("messaging",),
}
"""Of which functions have more packages than all have."""

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deployment:
    """All resources of a stage's stacks, how many each stack has, what is told to them when they are deployed, and what
    they tell then.
    """

    resources: dict[str, Resource]
    sizes: dict[str, int]
    parameters: dict[str, Any]
    outputs: dict[str, Any]

    def of(self, kind: str) -> dict[str, Resource]:
        """Resources of a CloudFormation type by logical id; a test about none of them would prove nothing."""
        found = {name: each for name, each in self.resources.items() if each["Type"] == kind}
        assert found, f"no {kind} in the template"
        return found

    def properties(self, kind: str) -> list[dict[str, Any]]:
        return [each["Properties"] for each in self.of(kind).values()]

    def function(self, name: str) -> dict[str, Any]:
        """Properties of the function `functions/<name>`."""
        return next(each for each in self.properties("AWS::Lambda::Function") if _ends(each["FunctionName"], name))

    def statements(self, role: str) -> list[dict[str, Any]]:
        """What a role may do, by all policies that are attached to it."""
        return [
            statement
            for policy in self.properties("AWS::IAM::Policy")
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    def allowed(self, function: str) -> set[str]:
        """The actions that a function may take, besides writing its own logs and traces."""
        role = self.function(function)["Role"]["Fn::GetAtt"][0]
        actions = {action for statement in self.statements(role) for action in listed(statement["Action"])}
        return {action for action in actions if not action.startswith(("logs:", "xray:"))}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that look at templates share them: one worker runs them all."""
    for item in items:
        if {"production", "local"}.intersection(getattr(item, "fixturenames", ())) and HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("templates"))


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A stage on AWS. That it can be synthesised at all shows that cdk-nag is content."""
    return _synthesised("production", tmp_path_factory.mktemp("production"))


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The local stage."""
    return _synthesised("local", tmp_path_factory.mktemp("local"))


def _synthesised(stage: str, folder: Path) -> Deployment:
    synthesise(settings_for(stage, alarm_email="alarms@example.com", repository="example/huitou"), str(folder))
    templates = {file.name: json.loads(file.read_text()) for file in sorted(folder.glob("*.template.json"))}
    resources = {name: each for template in templates.values() for name, each in template["Resources"].items()}
    sizes = {name: len(template["Resources"]) for name, template in templates.items()}
    parameters = {name: each for template in templates.values() for name, each in template["Parameters"].items()}
    outputs = {name: each for template in templates.values() for name, each in template.get("Outputs", {}).items()}
    return Deployment(resources, sizes, parameters, outputs)


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _ends(function_name: str, name: str) -> bool:
    return function_name.split("-", 2)[-1] == name

"""CDK runs the app, which packages the description of the API: it is there by then, also on a fresh clone."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import boto3
import pytest

from cli import deploy, openapi


def bootstrap() -> None:
    """Prepares an account in the region of somebody's credentials."""
    deploy.bootstrap()


def synth() -> None:
    """Of a stage on AWS."""
    deploy.synth("production")


def diff() -> None:
    """Of a stage on AWS, from the sources."""
    deploy.diff("production")


@pytest.mark.parametrize("command", [bootstrap, synth, diff], ids=lambda command: command.__name__)
def test_the_description_is_made_before_cdk_runs_the_app(
    command: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    identity = SimpleNamespace(get_caller_identity=lambda: {"Account": "123456789012"})
    session = SimpleNamespace(region_name="ap-northeast-1", client=lambda _: identity)
    monkeypatch.setattr(boto3, "Session", lambda: session)
    monkeypatch.setattr(openapi, "written", lambda: done.append("described"))
    monkeypatch.setattr(deploy, "cdk", lambda arguments, _: done.append(arguments[0]))
    command()
    assert done == ["described", command.__name__]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://m.huitou.example", ["--parameters", "huitou-production-service:PublicUrl=https://m.huitou.example"]),
        ("", []),
    ],
)
def test_links_in_messages_begin_with_what_is_told_at_this_deployment(
    address: str, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """M25: and what was told at the one before is forgotten."""
    done: list[str] = []
    monkeypatch.setenv("HUITOU_PUBLIC_URL", address)
    monkeypatch.setattr(deploy, "cdk", lambda arguments, _: done.extend(arguments))
    monkeypatch.setattr(deploy, "_addresses", lambda _: {"HUITOU_API_URL": "https://api.example.com"})
    deploy.deploy("production", synthesised=True)
    assert "--no-previous-parameters" in done
    assert [each for each in done if each in {"--parameters", *told}] == told

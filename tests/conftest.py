"""For all tests: no network for those of values and decisions, and how thorough the property tests are.

``HYPOTHESIS_PROFILE=proof`` is what `make proof` asks for; else they are quick.
"""

from __future__ import annotations

import os
import socket
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from huitou.platform import secrets

OFFLINE = frozenset({"unit", "property"})

settings.register_profile("quick", max_examples=60, stateful_step_count=25, deadline=None)
settings.register_profile(
    "proof",
    max_examples=500,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(autouse=True)
def no_secret_of_another_test() -> None:
    """A function keeps a secret's text as long as it lives; tests give the same name to other texts."""
    secrets._text.cache_clear()


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit or property test that opens a connection fails there and then."""
    if not OFFLINE.intersection(request.node.path.parts):
        return

    def refuse(_socket: socket.socket, address: object) -> NoReturn:
        raise AssertionError(f"A test of values and decisions opened a connection to {address!r}.")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)

"""For all tests: those of values and decisions have no network."""

from __future__ import annotations

import socket
from typing import NoReturn

import pytest

OFFLINE = frozenset({"unit", "property"})


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit or property test that opens a connection fails there and then."""
    if not OFFLINE.intersection(request.node.path.parts):
        return

    def refuse(_socket: socket.socket, address: object) -> NoReturn:
        raise AssertionError(f"A {'/'.join(OFFLINE)} test opened a connection to {address!r}.")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)

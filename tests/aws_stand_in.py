"""Stands in for a service of AWS that has to fail: it answers what the test says, and keeps what it was asked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any, NamedTuple

from tests.loopback import Quiet, served


class Asked(NamedTuple):
    """A request. ``peer`` is the port of the client's connection."""

    path: str
    json: dict[str, Any]
    peer: int


class Answer(NamedTuple):
    """What the service says. ``body`` None: it hangs up in place of an answer; ``cut``: in the midst of it."""

    status: int = 200
    body: bytes | None = b"{}"
    code: str | None = None
    """The name of the error, as the JSON protocols tell it."""
    content_type: str = "application/json"
    cut: bool = False
    after: float = 0.0
    """Seconds until it says so."""


class AwsStandIn:
    """``answer`` is for all that is posted, ``told`` for who only looks; ``asked`` is what was posted."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.told = Answer()
        self.asked: list[Asked] = []
        self.endpoint = ""
        self._has_come = Event()

    def come(self, asked: Asked) -> None:
        """A request was read."""
        self.asked.append(asked)
        self._has_come.set()

    def awaited(self) -> list[Asked]:
        """What came, once something has: who gives up soon may be gone before it is read."""
        assert self._has_come.wait(10)
        return self.asked

    def refuse(self, status: int, code: str, **fields: str) -> None:
        """From now on it answers with this error."""
        told = {"__type": code, "message": "No.", "Message": "No.", **fields}
        self.answer = Answer(status, json.dumps(told).encode(), code)

    def refuse_in_xml(self, status: int, code: str) -> None:
        """As `refuse`, in the protocol of SNS."""
        error = f"<Type>Sender</Type><Code>{code}</Code><Message>No.</Message>"
        body = f"<ErrorResponse><Error>{error}</Error><RequestId>1</RequestId></ErrorResponse>"
        self.answer = Answer(status, body.encode())

    def say(self, **fields: str) -> None:
        """From now on all is well, and it answers this."""
        self.answer = Answer(200, json.dumps(fields).encode())


@contextmanager
def aws_stand_in() -> Iterator[AwsStandIn]:
    """One that runs."""
    service = AwsStandIn()

    class Handler(Quiet):
        def do_POST(self) -> None:  # noqa: N802 - the base class calls it so
            body = self.body()
            told = json.loads(body) if body.startswith(b"{") else {}
            service.come(Asked(self.path, told, self.client_address[1]))
            _give(self, service.answer)

        def do_GET(self) -> None:  # noqa: N802
            _give(self, service.told)

    with served(Handler) as service.endpoint:
        yield service


def _give(handler: Quiet, answer: Answer) -> None:
    time.sleep(answer.after)
    if answer.body is None:
        handler.close_connection = True
        return
    headers = {"Content-Type": answer.content_type} | ({"x-amzn-ErrorType": answer.code} if answer.code else {})
    if answer.cut:
        handler.close_connection = True
        handler.send_response(answer.status)
        handler.send_header("Content-Length", str(len(answer.body) + 1))
        handler.end_headers()
        handler.wfile.write(answer.body)
        return
    handler.answer(answer.status, headers, answer.body)

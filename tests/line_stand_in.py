"""Stands in for LINE: takes pushes as the Messaging API does, and refuses what that would refuse.

It reads the bearer token, the form of the retry key, and the message; it remembers retry keys for 24 hours, counts
the messages of the month and tells how many they are, and accepts what is for somebody who has blocked the account
without delivering it.
https://developers.line.biz/en/reference/messaging-api/#send-push-message
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Lock
from typing import Any, NamedTuple

from tests.loopback import Quiet, served

KEY_LIFE = timedelta(hours=24)
LONGEST_TEXT = 5000
PUSH = "/v2/bot/message/push"
QUOTA = "/v2/bot/message/quota"
CONSUMPTION = "/v2/bot/message/quota/consumption"
MOST_MESSAGES = 5
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_USER = re.compile(r"U[0-9a-f]{32}")


class Push(NamedTuple):
    """What somebody got."""

    request_id: str
    channel: str
    to: str
    text: str


class Said(NamedTuple):
    """An answer."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = {}


NOT_FOUND = Said(404, {"message": "Not found"})


class PushRefusedError(Exception):
    """Raised with the `Said` that says why."""


@dataclass
class LineStandIn:
    """``tokens`` names the LINE channel of each access token; ``now`` tells the time of the retry keys."""

    tokens: Mapping[str, str]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    quota: int | None = None
    """How many messages a month the plan has; None: as many as you like."""
    used: int = 0
    """Of these, in this month."""
    reserved: int = 0
    """Of these, by a delivery that has not ended, for whom it may not find."""
    too_quick: bool = False
    blocked: set[str] = field(default_factory=set)
    failing: int | None = None
    """Answers this status and does nothing else."""
    loses_answers: bool = False
    """Does what it is asked to, and hangs up in place of an answer."""
    delivered: list[Push] = field(default_factory=list)
    calls: int = 0
    """Pushes, whatever came of them."""
    asked: list[str] = field(default_factory=list)
    """What of its plan."""
    endpoint: str = ""
    _accepted: dict[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _lock: Lock = field(default_factory=Lock)

    def push(self, headers: Mapping[str, str], body: bytes) -> Said:
        """One request, at one time."""
        with self._lock:
            self.calls += 1
            request_id = f"request-{next(self._numbers)}"
            try:
                said = self._push(request_id, headers, body)
            except PushRefusedError as refused:
                (said,) = refused.args
            return said._replace(headers={**said.headers, "x-line-request-id": request_id})

    def _push(self, request_id: str, headers: Mapping[str, str], body: bytes) -> Said:
        if self.failing:
            raise _refused(self.failing, "Internal server error")
        channel = self._channel(headers.get("Authorization", ""))
        key = _retry_key(headers.get("X-Line-Retry-Key"))
        to, texts = _message(body)
        if key:
            self._is_new(channel, key)
        self._has_room(len(texts))
        if key:
            self._accepted[channel, key] = (request_id, self.now())
        if to not in self.blocked:
            self.delivered += [Push(request_id, channel, to, text) for text in texts]
        return Said(200, {"sentMessages": [{"id": str(next(self._numbers))} for _ in texts]})

    def _channel(self, authorization: str) -> str:
        kind, _, token = authorization.partition(" ")
        if kind != "Bearer" or token not in self.tokens:
            raise _refused(401, "Authentication failed. Confirm that the access token is valid.")
        return self.tokens[token]

    def _is_new(self, channel: str, key: str) -> None:
        request_id, accepted_at = self._accepted.get((channel, key), ("", datetime.min.replace(tzinfo=UTC)))
        if self.now() - accepted_at < KEY_LIFE:
            headers = {"x-line-accepted-request-id": request_id}
            raise PushRefusedError(Said(409, {"message": "The retry key is already accepted"}, headers))

    def _has_room(self, messages: int) -> None:
        if self.too_quick:
            raise _refused(429, "The API rate limit has been exceeded. Try again later.")
        if self.quota is not None and self.used + self.reserved + messages > self.quota:
            raise _refused(429, "You have reached your monthly limit.")
        self.used += messages

    def plan(self, headers: Mapping[str, str], path: str) -> Said:
        """https://developers.line.biz/en/reference/messaging-api/#get-quota, and #get-consumption."""
        with self._lock:
            self.asked.append(path)
            try:
                return self._plan(headers, path)
            except PushRefusedError as refused:
                return Said(*refused.args[0])

    def _plan(self, headers: Mapping[str, str], path: str) -> Said:
        if self.failing:
            raise _refused(self.failing, "Internal server error")
        self._channel(headers.get("Authorization", ""))
        if path == CONSUMPTION:
            return Said(200, {"totalUsage": self.used})
        return Said(200, {"type": "none"} if self.quota is None else {"type": "limited", "value": self.quota})


def _refused(status: int, message: str) -> PushRefusedError:
    return PushRefusedError(Said(status, {"message": message}))


def _retry_key(key: str | None) -> str | None:
    if key is not None and not _UUID.fullmatch(key):
        raise _refused(400, "Invalid retry key")
    return key


def _message(body: bytes) -> tuple[str, list[str]]:
    try:
        asked = json.loads(body)
    except ValueError as error:
        raise _refused(400, "The request body could not be parsed as JSON") from error
    to, messages = asked.get("to"), asked.get("messages")
    if not isinstance(to, str) or not _USER.fullmatch(to):
        raise _refused(400, "The property, 'to', in the request body is invalid")
    if not isinstance(messages, list) or not 1 <= len(messages) <= MOST_MESSAGES or not all(map(_is_text, messages)):
        raise _refused(400, "The request body has 1 error(s)")
    return to, [message["text"] for message in messages]


def _is_text(message: Mapping[str, Any]) -> bool:
    """LINE counts UTF-16 code units."""
    text = message.get("text")
    return (
        message.get("type") == "text"
        and isinstance(text, str)
        and 1 <= len(text.encode("utf-16-le")) // 2 <= LONGEST_TEXT
    )


@contextmanager
def line_stand_in(tokens: Mapping[str, str], **settings: Any) -> Iterator[LineStandIn]:
    """One that runs, at its ``endpoint``."""
    line = LineStandIn(tokens, **settings)

    class Handler(Quiet):
        def do_POST(self) -> None:  # noqa: N802 - the base class calls it so
            body = self.body()
            self.say(line.push(self.headers, body) if self.path == PUSH else NOT_FOUND)  # type: ignore[arg-type]

        def do_GET(self) -> None:  # noqa: N802
            known = self.path in {QUOTA, CONSUMPTION}
            self.say(line.plan(self.headers, self.path) if known else NOT_FOUND)  # type: ignore[arg-type]

        def say(self, said: Said) -> None:
            if line.loses_answers:
                self.close_connection = True
                return
            headers = {"Content-Type": "application/json", **said.headers}
            self.answer(said.status, headers, json.dumps(said.body).encode())

    with served(Handler) as line.endpoint:
        yield line

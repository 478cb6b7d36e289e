"""LINE messages by the Messaging API (E26).

LINE remembers each retry key for 24 hours: a repeat of what it accepted is answered with 409 and the id of the first
request, and is not sent again. Accepted does not mean delivered: what is for somebody who has blocked the account is
accepted too, and goes nowhere.

Whether a plan is used up is asked only after a push was refused in words that may mean it: LINE says the same while
another delivery keeps messages in reserve. What is known of a plan holds for some minutes, in which nothing is pushed
under one that is used up.

LINE's package takes more than a second to be imported, so only the function that sends imports this module, and only
when it has something for LINE.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

from linebot.v3.messaging import (  # type: ignore[import-untyped]
    ApiClient,
    ApiException,
    Configuration,
    MessagingApi,
    PushMessageRequest,
    TextMessage,
)
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from huitou.channels.model import Accepted, Outcome, Parcel, written
from huitou.channels.reasons import (
    CONNECTION_LOST,
    EXHAUSTED,
    INVALID,
    NO_CONNECTION,
    NOT_AUTHORIZED,
    NOT_SET_UP,
    PROVIDER_ERROR,
    SPENT,
    THROTTLED,
    TIMEOUT,
    UNREADABLE,
)
from huitou.kernel.errors import UnavailableError

ADDRESS: Final = "https://api.line.me"
TIMEOUTS: Final = (1.0, 5.0)
"""Seconds: to connect, and to answer."""
MOST_TOKENS: Final = 16
"""As many keep their connections."""
OUT_OF_MESSAGES: Final = "monthly limit"
"""LINE answers 429 to those who are too quick and to those who have no messages left, and says which in words alone."""
KNOWN_FOR: Final = 300.0
"""Seconds: as long as somebody who has bought a larger plan waits."""

Tokens = Callable[[str], str | None]
"""The access token of a LINE channel, by the name that the programme has for it; None: nobody knows one.

Raises `UnavailableError`.
"""


class LinePush:
    """`Provider`; built once per function. ``endpoint`` None: LINE's own.

    ``clock`` counts seconds, and has to go on while the function sleeps.
    """

    repeats_safely_for: timedelta | None = timedelta(hours=24) - timedelta(minutes=5)
    """LINE counts 24 hours from the first request. The rest is for clocks that differ, and for the way."""

    def __init__(self, tokens: Tokens, endpoint: str | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._tokens = tokens
        self._clock = clock
        self._plans: dict[str, _Plan] = {}
        self._api = lru_cache(maxsize=MOST_TOKENS)(partial(_api, endpoint or ADDRESS))

    def hand_over(self, parcel: Parcel) -> Outcome:
        request = PushMessageRequest(to=parcel.to, messages=[TextMessage(text=written(parcel.message.line))])
        try:
            token = self._tokens(parcel.sender.identity)
        except UnavailableError:
            return NOT_AUTHORIZED
        if not token:
            return NOT_SET_UP
        if self._plan(token).is_used_up and not parcel.is_repeat:
            return SPENT
        return self._push(request, parcel.retry_key, token)

    def _push(self, request: PushMessageRequest, retry_key: str, token: str) -> Outcome:
        try:
            answer = self._api(token).push_message_with_http_info(request, retry_key, _request_timeout=TIMEOUTS)
        except ApiException as error:
            return self._too_much(error, token) if error.status == 429 else _refusal(error, retry_key)
        except HTTPError as error:
            return _failure(error)
        except (LookupError, ValueError):
            return UNREADABLE
        return Accepted(answer.headers.get("x-line-request-id", retry_key)) if answer.data else UNREADABLE

    def _too_much(self, error: Any, token: str) -> Outcome:
        if OUT_OF_MESSAGES not in (error.body or ""):
            return THROTTLED
        if self._plan(token) is _UNKNOWN:
            self._plans[token] = _Plan(_is_used_up(self._api(token)), self._clock() + KNOWN_FOR)
        return SPENT if self._plan(token).is_used_up else EXHAUSTED

    def _plan(self, token: str) -> _Plan:
        """As far as it is known."""
        plan = self._plans.get(token, _UNKNOWN)
        return plan if self._clock() < plan.until else _UNKNOWN


class _Plan(NamedTuple):
    """What was said of one, and until when that is believed."""

    is_used_up: bool
    until: float


_UNKNOWN: Final = _Plan(is_used_up=False, until=0)


def _is_used_up(api: MessagingApi) -> bool:
    """By LINE's own count, which may be some minutes old; False, where it does not say."""
    try:
        quota = api.get_message_quota(_request_timeout=TIMEOUTS)
        if quota is None or quota.value is None:
            return False
        used = api.get_message_quota_consumption(_request_timeout=TIMEOUTS)
        return used is not None and used.total_usage >= quota.value
    except (ApiException, HTTPError, LookupError, ValueError):
        return False


def _api(address: str, token: str) -> MessagingApi:
    configuration = Configuration(host=address, access_token=token)
    configuration.retries = False
    return MessagingApi(ApiClient(configuration))


def _refusal(error: Any, retry_key: str) -> Outcome:
    if error.status == 409:
        return Accepted(error.headers.get("x-line-accepted-request-id", retry_key))
    if error.status in {401, 403}:
        return NOT_AUTHORIZED
    if error.status in {408, 425}:
        return TIMEOUT
    if 400 <= error.status < 500:
        return INVALID
    return PROVIDER_ERROR if error.status else CONNECTION_LOST


def _failure(error: HTTPError) -> Outcome:
    match error:
        case NewConnectionError() | ConnectTimeoutError():
            return NO_CONNECTION
        case ReadTimeoutError():
            return TIMEOUT
        case _:
            return CONNECTION_LOST

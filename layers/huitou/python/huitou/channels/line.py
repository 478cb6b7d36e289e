"""LINE messages by the Messaging API (E26).

LINE remembers each retry key for 24 hours: a repeat of what it accepted is answered with 409 and the id of the first
request, and is not sent again. Accepted does not mean delivered: what is for somebody who has blocked the account is
accepted too, and goes nowhere.

LINE's package takes more than a second to be imported, so only the function that sends imports this module, and only
when it has something for LINE.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any, Final

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
"""LINE answers 429 to those who are too quick and to those whose plan is used up, and says which in words alone."""

Tokens = Callable[[str], str | None]
"""The access token of a LINE channel, by the name that the programme has for it; None: nobody knows one.

Raises `UnavailableError`.
"""


class LinePush:
    """`Provider`; built once per function. ``endpoint`` None: LINE's own."""

    repeats_safely_for: timedelta | None = timedelta(hours=24) - timedelta(minutes=5)
    """LINE counts 24 hours from the first request. The rest is for clocks that differ, and for the way."""

    def __init__(self, tokens: Tokens, endpoint: str | None = None) -> None:
        self._tokens = tokens
        self._api = lru_cache(maxsize=MOST_TOKENS)(partial(_api, endpoint or ADDRESS))

    def hand_over(self, parcel: Parcel) -> Outcome:
        request = PushMessageRequest(to=parcel.to, messages=[TextMessage(text=written(parcel.message.line))])
        try:
            token = self._tokens(parcel.sender.identity)
        except UnavailableError:
            return NOT_AUTHORIZED
        return self._push(request, parcel.retry_key, token) if token else NOT_SET_UP

    def _push(self, request: PushMessageRequest, retry_key: str, token: str) -> Outcome:
        try:
            answer = self._api(token).push_message_with_http_info(request, retry_key, _request_timeout=TIMEOUTS)
        except ApiException as error:
            return _refusal(error, retry_key)
        except HTTPError as error:
            return _failure(error)
        except (LookupError, ValueError):
            return UNREADABLE
        return Accepted(answer.headers.get("x-line-request-id", retry_key)) if answer.data else UNREADABLE


def _api(address: str, token: str) -> MessagingApi:
    configuration = Configuration(host=address, access_token=token)
    configuration.retries = False
    return MessagingApi(ApiClient(configuration))


def _refusal(error: Any, retry_key: str) -> Outcome:
    if error.status == 409:
        return Accepted(error.headers.get("x-line-accepted-request-id", retry_key))
    if error.status == 429:
        return EXHAUSTED if OUT_OF_MESSAGES in (error.body or "") else THROTTLED
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

"""One attempt at a service of AWS, and how it ended.

What matters is whether the message may have been sent. It was surely not where the service refused it, where no
connection came about, or where botocore found the request wanting before it wrote any of it. In all other cases,
among them each answer of the 5xx kind whatever code it names, nobody knows. A refusal that may pass by itself is not
told as one for good.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.session import get_session

from huitou.channels.model import Accepted, Outcome, Refused
from huitou.channels.reasons import (
    CONNECTION_LOST,
    INVALID,
    NO_CONNECTION,
    NOT_AUTHORIZED,
    PROVIDER_ERROR,
    THROTTLED,
    TIMEOUT,
    UNREADABLE,
)
from huitou.platform.answers import NOT_READABLE

Service = Literal["pinpoint-sms-voice-v2", "sesv2", "sns"]

_THROTTLING: Final = (
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
)
"""What botocore repeats more slowly, and SNS's own word. Not LimitExceededException: for SES that is the quota."""
_NO_LEAVE: Final = (
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
"""A clock that is wrong is among them: who signed, and when, is not believed."""
_OF_ALL: Final[Mapping[str, Outcome]] = (
    dict.fromkeys(_THROTTLING, THROTTLED)
    | dict.fromkeys(_NO_LEAVE, NOT_AUTHORIZED)
    | dict.fromkeys(("RequestTimeout", "RequestTimeoutException"), TIMEOUT)
    | dict.fromkeys(("InternalError", "InternalFailure"), PROVIDER_ERROR)
)
"""Codes that every service may answer; those of older protocols come with the status 400."""

_CONFIG: Final = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1, "mode": "standard"})
MOST_IDLE: Final = 20.0
"""Seconds. A function that slept does not hear that the other end hung up, and would take that for a lost answer."""


class AwsService:
    """A client of ``service``; built once per function.

    ``refusals`` are the service's own codes, as ``Code`` or, where it says more, ``Code.Reason``. ``clock`` counts
    seconds, and has to go on while the function sleeps.
    """

    def __init__(
        self,
        service: Service,
        region: str,
        refusals: Mapping[str, Refused],
        endpoint: str | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client: Any = get_session().create_client(service, region, endpoint_url=endpoint, config=_CONFIG)
        self._refusals = refusals
        self._clock = clock
        self._used_at = clock()

    def attempt(self, operation: str, request: Mapping[str, Any]) -> Outcome:
        """Calls ``operation``, by its name in Python, whose answer names the message in ``MessageId``."""
        self._hang_up_if_idle()
        call = getattr(self._client, operation)
        try:
            name = call(**request)["MessageId"]
        except ClientError as error:
            return self._refusal(error.response)
        except BotoCoreError as error:
            return _failure(error)
        except UnicodeEncodeError:
            return INVALID
        except NOT_READABLE:
            return UNREADABLE
        return Accepted(name) if name and isinstance(name, str) else UNREADABLE

    def _hang_up_if_idle(self) -> None:
        now = self._clock()
        if now - self._used_at > MOST_IDLE:
            self._client.close()
        self._used_at = now

    def _refusal(self, answer: Mapping[str, Any]) -> Outcome:
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if not 400 <= status < 500:
            return PROVIDER_ERROR
        code = answer.get("Error", {}).get("Code", "")
        detail = answer.get("Reason") or answer.get("ResourceType")
        known = self._refusals.get(f"{code}.{detail}") or self._refusals.get(code) or _OF_ALL.get(code)
        return known or _by_status(status)


def _by_status(status: int) -> Outcome:
    """Of the 4xx kind."""
    if status in {401, 403}:
        return NOT_AUTHORIZED
    if status in {408, 425}:
        return TIMEOUT
    return THROTTLED if status == 429 else INVALID


def _failure(error: BotoCoreError) -> Outcome:
    match error:
        case EndpointConnectionError() | ConnectTimeoutError():
            return NO_CONNECTION
        case NoCredentialsError() | PartialCredentialsError() | CredentialRetrievalError():
            return NOT_AUTHORIZED
        case ParamValidationError():
            return INVALID
        case ReadTimeoutError():
            return TIMEOUT
        case _:
            return CONNECTION_LOST

"""A secret's text, fetched once per function instance, at first use.

At first use and not while the function starts: the routes can then be imported, to describe them or to test
them, where there is no secret to fetch.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from huitou.kernel.errors import UnavailableError
from huitou.platform.answers import NOT_READABLE

MINUTES = 5
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 3, "mode": "standard"})


class Secret:
    """``name`` is the name or ARN of a secret in Secrets Manager."""

    def __init__(self, name: str, region: str, endpoint: str | None = None) -> None:
        self._at = (name, region, endpoint)

    def text(self) -> str:
        """The current text. A rotation is seen by instances that start after it."""
        return _text(*self._at)

    def recent_text(self) -> str:
        """The text as it was at most `MINUTES` ago, for what is rotated while functions run.

        Raises `UnavailableError` where it cannot be fetched, and where it is no text.
        """
        try:
            return _text(*self._at, period=int(time.time()) // (60 * MINUTES))
        except (BotoCoreError, ClientError, *NOT_READABLE) as error:
            raise UnavailableError("A secret could not be fetched.") from error


@lru_cache(maxsize=8)
def _text(name: str, region: str, endpoint: str | None, period: int = 0) -> str:
    """``period`` tells apart what was fetched at different times."""
    del period
    client: Any = get_session().create_client("secretsmanager", region, endpoint_url=endpoint, config=_CONFIG)
    return str(client.get_secret_value(SecretId=name)["SecretString"])

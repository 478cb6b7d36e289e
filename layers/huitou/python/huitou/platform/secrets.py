"""A secret's text, fetched once per function instance, at first use.

At first use and not while the function starts: the routes can then be imported, to describe them or to test
them, where there is no secret to fetch.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from botocore.config import Config
from botocore.session import get_session

_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 3, "mode": "standard"})


class Secret:
    """``name`` is the name or ARN of a secret in Secrets Manager."""

    def __init__(self, name: str, region: str, endpoint: str | None = None) -> None:
        self._at = (name, region, endpoint)

    def text(self) -> str:
        """The current text. A rotation is seen by instances that start after it."""
        return _text(*self._at)


@lru_cache(maxsize=4)
def _text(name: str, region: str, endpoint: str | None) -> str:
    client: Any = get_session().create_client("secretsmanager", region, endpoint_url=endpoint, config=_CONFIG)
    return str(client.get_secret_value(SecretId=name)["SecretString"])

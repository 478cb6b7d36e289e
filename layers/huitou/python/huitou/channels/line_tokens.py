"""The access tokens of LINE channels, all in one secret.

Its text is JSON, by the name that the programme has for each channel: ``{"huitou": {"access_token": "…"}}``. Whatever
else a channel's part holds is for others.
"""

from __future__ import annotations

import json
import re
from typing import Final

from huitou.platform.secrets import Secret

_TOKEN: Final = re.compile(r"[!-~]+")
"""What can stand in a header."""


class LineTokens:
    """`line.Tokens`; a token that is replaced is known after some minutes (`Secret.recent_text`)."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def __call__(self, channel: str) -> str | None:
        """None too where the secret or the token is not of its form: what it says goes into no error.

        Raises `UnavailableError`.
        """
        text = self._secret.recent_text()
        try:
            token = json.loads(text)[channel]["access_token"]
        except (ValueError, LookupError, TypeError):
            return None
        return token if isinstance(token, str) and _TOKEN.fullmatch(token) else None

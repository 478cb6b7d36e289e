"""The access tokens of LINE channels and the secrets by which they sign, all in one secret.

Its text is JSON, by the name that the programme has for each channel:
``{"huitou": {"access_token": "…", "channel_secret": "…"}}``. Whatever else a channel's part holds is for others.
"""

from __future__ import annotations

import json
import re
from typing import Final

from huitou.platform.secrets import Secret

ACCESS_TOKEN: Final = "access_token"  # noqa: S105 - the name of one
CHANNEL_SECRET: Final = "channel_secret"  # noqa: S105
_TOKEN: Final = re.compile(r"[!-~]+")
"""What can stand in a header."""


class LineTokens:
    """`line.Tokens`; a token that is replaced is known after some minutes (`Secret.recent_text`)."""

    def __init__(self, secret: Secret, part: str = ACCESS_TOKEN) -> None:
        self._secret = secret
        self._part = part

    def __call__(self, channel: str) -> str | None:
        """None too where the secret or the token is not of its form: what it says goes into no error.

        Raises `UnavailableError`.
        """
        text = self._secret.recent_text()
        try:
            token = json.loads(text)[channel][self._part]
        except (ValueError, LookupError, TypeError):
            return None
        return token if isinstance(token, str) and _TOKEN.fullmatch(token) else None

"""Who opens a link: somebody, or software that looks at links before anybody does, and says so. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_BROWSERS: Final = ("Mozilla/", "Opera/")
"""What all browsers begin with, also those in apps for mail and chats."""
_SOFTWARE: Final = re.compile(r"(?<!cu)bot\b|crawl|spider|preview|headless|compatible;", re.IGNORECASE)
"""As which search engines, chats and scanners name themselves; CUBOT is a telephone, and of browsers the last that
were ``compatible`` are those that open no page of today."""


def is_somebody(headers: Mapping[str, str]) -> bool:
    """By what the request says of itself, under names in small letters. Software that passes for a browser is taken
    for somebody: nobody could tell.
    """
    said = headers.get("user-agent", "")
    is_ahead = "prefetch" in headers.get("sec-purpose", headers.get("purpose", "")).lower()
    return said.startswith(_BROWSERS) and not _SOFTWARE.search(said) and not is_ahead

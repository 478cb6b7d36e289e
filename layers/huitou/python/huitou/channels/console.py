"""Messages into a file, to see what would be sent. For trying things on one's own machine, never for real members."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from huitou.channels.model import Accepted, Outcome, Parcel
from huitou.channels.reasons import UNWRITABLE

_LINE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Console:
    """`Provider`: each message becomes one line of JSON at the end of ``file``. Its id there is our own."""

    repeats_safely_for: timedelta | None = None

    def __init__(self, file: Path) -> None:
        self._file = file

    def hand_over(self, parcel: Parcel) -> Outcome:
        line = _LINE.encode(_told(parcel)) + "\n"
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError:
            return UNWRITABLE
        return Accepted(parcel.id)


def _told(parcel: Parcel) -> Mapping[str, Any]:
    email, sms = parcel.message.email, parcel.message.sms
    return {
        "id": parcel.id,
        "channel": parcel.channel,
        "kind": parcel.kind,
        "brand": parcel.sender.brand,
        "from": parcel.sender.identity,
        "to": parcel.to,
        "unsubscribe_url": parcel.unsubscribe_url,
        "email": email and email._asdict(),
        "sms": sms and sms.text,
        "line": parcel.message.line,
    }

"""How fast marketing is handed over: a provider takes so many messages in a second, and others need some of that.

The idea: so many workers hand over marketing at once and no more, which the queue's own limit sees to, and each spends
at least so many seconds with each message. Workers divided by seconds is the most in a second, by all of them together
and without anything that they would have to share.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from huitou.kernel.channels import MessageChannel


class Pace:
    """``seconds`` by channel, for each message, or for each part of an SMS; what is not named takes what it takes."""

    def __init__(self, seconds: Mapping[MessageChannel, float]) -> None:
        self._seconds = seconds

    @classmethod
    def of(cls, setting: str | None) -> Pace:
        """As the setting has it. Raises `ValueError` for what is no JSON, and for a channel that there is not."""
        return cls({MessageChannel(name): float(each) for name, each in json.loads(setting or "{}").items()})

    def rest(self, channel: MessageChannel, parts: int, since: datetime, now: datetime) -> float:
        """For how many seconds a worker that began at ``since`` is to wait before the next one.

        ``parts`` are those of an SMS, and say nothing of what goes by another channel.
        """
        each = max(parts, 1) if channel is MessageChannel.SMS else 1
        whole = timedelta(seconds=self._seconds.get(channel, 0) * each)
        return max(timedelta(0), since + whole - now).total_seconds()

"""A count of something that is being written, as a value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from huitou.jobs.model import JobStatus
from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import Digest

IN_IT = "in_segment"
"""What a part counts of a segment: members who would be in it."""
ELIGIBLE = "eligible"
"""Of a campaign: members whom it is about."""
CONSENTED = "consented"
"""Those of them who agreed to its first message."""
SMS_PARTS = "sms_parts"
"""Of what those would read to whom it would go by SMS."""


class Counted(StrEnum):
    """What is being written."""

    SEGMENT = "segment"
    """Counted are those who would be in it."""
    CAMPAIGN = "campaign"
    """Counted are those whom it would tell something; see `audience`."""


def reachable_by(channel: MessageChannel) -> str:
    """What a part counts of a campaign: members whom its first message would reach by this channel."""
    return f"reachable.{channel}"


def messages_by(channel: MessageChannel) -> str:
    """Those of them for whom there is room under the caps."""
    return f"messages.{channel}"


@dataclass(frozen=True, slots=True)
class MemberCount:
    """From the request to the end. ``written`` is what is counted, as JSON; it was checked when it was asked for.

    It is judged as if it stood in version ``program`` of the programme, at ``created_at``, by version ``insights`` of
    what is known of all members together: so all are asked the same.
    """

    id: Digest
    written: str
    program: int
    parts: int
    created_at: datetime
    insights: int = 0
    kind: Counted | None = None
    """None: a segment, as all were that were kept before there were others."""
    status: JobStatus = JobStatus.RUNNING
    finished_at: datetime | None = None

    @property
    def of(self) -> Counted:
        return self.kind or Counted.SEGMENT

    @property
    def document(self) -> Mapping[str, Any]:
        """What is counted, as the programme's document would have it."""
        said: Mapping[str, Any] = json.loads(self.written)
        return said

    @property
    def manifest_key(self) -> str:
        return f"counts/{self.id}/manifest.json"

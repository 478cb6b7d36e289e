"""Counts of campaigns as callers see them; they ask for one with the campaign itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from huitou.counts.model import CONSENTED, ELIGIBLE, SMS_PARTS, MemberCount, messages_by, reachable_by
from huitou.fields import View
from huitou.jobs.answers import JobProgressView, progress_view
from huitou.jobs.model import JobStatus, is_exact, progress_of
from huitou.kernel.channels import MessageChannel
from huitou.kernel.instants import format_instant

if TYPE_CHECKING:
    from huitou.jobs.service import Underway


class ByChannelView(View):
    """How many, by the channel that would be taken: the first of the step's by which the member can be reached."""

    email: int
    sms: int
    line: int


class CampaignCountView(View):
    """Whom a campaign that is being written would tell something, were its first message due now; of those looked at
    so far."""

    count_id: str
    status: JobStatus
    campaign: dict[str, Any]
    """As it was sent."""
    eligible: int
    """Members whom it is about: of its brand, in its segments, in those of the steps before its first message, and in
    none of `not_in`."""
    consented: int
    """Those of them who have agreed to that message by any of its channels, or need not be asked."""
    reachable: int
    """Those of them who have an address that takes messages, by one of the channels that they agreed to."""
    reachable_by: ByChannelView
    after_caps: int
    """Those of them for whom frequency caps leave room, or a message of lower priority gives it up."""
    messages: ByChannelView
    """The same, by channel: so many would be sent if nobody were held out."""
    sms_parts: int
    """Of what each of those would read by SMS."""
    cost: str | None
    """Of these messages, SMS by their parts, in the group's money; null where the programme has no prices."""
    is_exact: bool
    """Whether everybody was looked at: the numbers are final."""
    program_version: int
    """The one in which it was judged."""
    created_at: datetime
    """What members did later does not count. What they have and say, is as it was when each was looked at."""
    finished_at: datetime | None
    progress: JobProgressView


class CreatedCampaignCountView(CampaignCountView):
    """A count that is running."""

    replayed: bool
    """Whether it had been asked for before."""


Cost = Callable[[MemberCount, Mapping[MessageChannel, int]], Decimal | None]
"""Of so many emails, LINE messages and parts of SMS."""


def campaign_count_view(counted: Underway[MemberCount], cost_of: Cost) -> dict[str, Any]:
    """As `CampaignCountView`."""
    count, progress = counted.job, progress_of(counted.parts)
    found = progress.found
    reachable, messages = _by_channel(found, reachable_by), _by_channel(found, messages_by)
    parts = found.get(SMS_PARTS, 0)
    cost = cost_of(count, {**messages, MessageChannel.SMS: parts})
    return {
        "count_id": count.id,
        "status": count.status,
        "campaign": count.document,
        "eligible": found.get(ELIGIBLE, 0),
        "consented": found.get(CONSENTED, 0),
        "reachable": sum(reachable.values()),
        "reachable_by": reachable,
        "after_caps": sum(messages.values()),
        "messages": messages,
        "sms_parts": parts,
        "cost": None if cost is None else f"{cost:f}",
        "is_exact": is_exact(count.status, progress, count.parts),
        "program_version": count.program,
        "created_at": format_instant(count.created_at),
        "finished_at": format_instant(count.finished_at) if count.finished_at else None,
        "progress": progress_view(progress, count.parts),
    }


def created_campaign_count_view(counted: Underway[MemberCount], cost_of: Cost) -> dict[str, Any]:
    """As `CreatedCampaignCountView`."""
    return {**campaign_count_view(counted, cost_of), "replayed": counted.replayed}


def _by_channel(found: Mapping[str, int], name: Callable[[MessageChannel], str]) -> dict[MessageChannel, int]:
    return {channel: found.get(name(channel), 0) for channel in MessageChannel}

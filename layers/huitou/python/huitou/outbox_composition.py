"""What functions begin with that put messages to members into their queues. As `huitou.composition`, for composition
roots only.
"""

from __future__ import annotations

from huitou.platform.queues import SqsQueue
from huitou.platform.settings import MessagesQueueUrl, ServiceQueueUrl, Settings
from huitou.standing.ports import Outboxes


class OutboxSettings(Settings):
    """What such a function is told by its environment."""

    messages_queue_url: MessagesQueueUrl
    service_queue_url: ServiceQueueUrl


def outboxes_of(settings: OutboxSettings) -> Outboxes:
    """Reached when something is put into one."""
    return Outboxes(
        marketing=SqsQueue(settings.messages_queue_url, settings.region, settings.endpoint),
        service=SqsQueue(settings.service_queue_url, settings.region, settings.endpoint),
    )

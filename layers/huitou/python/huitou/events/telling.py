"""How an event is put together, whatever it is about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from huitou.events.model import DomainEvent, EventType
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import format_instant


def event_of(
    type_: EventType,
    identity: tuple[str, ...],
    member: MemberId,
    occurred_at: datetime,
    recorded_at: datetime,
    **said: Any,
) -> DomainEvent:
    """``identity`` tells it from all others of its type; ``said`` is what its type adds to what all events say."""
    id_ = "/".join((type_.value, *identity))
    detail = {
        "id": id_,
        "type": type_.value,
        "occurred_at": written(occurred_at),
        "recorded_at": written(recorded_at),
        "member_id": member,
        **said,
    }
    return DomainEvent(type_, id_, recorded_at, detail)


def written(at: datetime | None) -> str | None:
    """As JSON has it."""
    return None if at is None else format_instant(at)

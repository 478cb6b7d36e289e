"""Announcements that points end soon, read off a member's position before and after (M8).

A position remembers what was announced until it is over: what the earlier one does not know is news.
"""

from __future__ import annotations

from collections.abc import Iterator

from huitou.events.model import DomainEvent, EventType, PositionChange
from huitou.events.telling import event_of, written
from huitou.kernel.instants import to_millis
from huitou.kernel.money import format_amount
from huitou.program.model import GROUP, Program


def notices_of(change: PositionChange, program: Program) -> Iterator[DomainEvent]:
    """``program`` is the version under which the later position was worked out."""
    before, after = change.before, change.after
    known = {(each.currency, each.ends_at) for each in before.expiring} if before else set()
    for each in after.expiring:
        if (each.currency, each.ends_at) in known:
            continue
        currency = program.currencies[each.currency]
        yield event_of(
            EventType.POINTS_EXPIRING,
            (after.member, each.currency, str(to_millis(each.ends_at))),
            after.member,
            each.at,
            after.through,
            brand=currency.brand or GROUP,
            cause={"type": "clock", "id": None},
            program_version=after.program,
            currency=each.currency,
            points=format_amount(each.points, currency.exponent),
            expires_at=written(each.ends_at),
        )

"""Which events a change is. Pure: the same change is the same events with the same ids, whenever it is delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from huitou.events.model import Change, DomainEvent, EventType, MemberChange, MemberState, PositionChange
from huitou.events.moves import moves_of
from huitou.events.notices import notices_of
from huitou.events.telling import event_of, written
from huitou.kernel.ids import MemberId
from huitou.kernel.money import format_amount
from huitou.points.wallet import Entry, EntryType
from huitou.program.model import GROUP, BrandId, PointCurrency, Program

MOVEMENTS: Mapping[EntryType, EventType] = {
    EntryType.EARN: EventType.POINTS_EARNED,
    EntryType.ACTIVATE: EventType.POINTS_ACTIVATED,
    EntryType.REDEEM: EventType.POINTS_REDEEMED,
    EntryType.CAPTURE: EventType.POINTS_REDEEMED,
    EntryType.REVERSE: EventType.POINTS_RETURNED,
    EntryType.GIVE_BACK: EventType.POINTS_RETURNED,
    EntryType.REINSTATE: EventType.POINTS_RETURNED,
    EntryType.TAKE_BACK: EventType.POINTS_TAKEN_BACK,
    EntryType.REPAY: EventType.POINTS_REPAID,
    EntryType.EXPIRE: EventType.POINTS_EXPIRED,
    EntryType.ADJUST: EventType.POINTS_ADJUSTED,
    EntryType.HOLD: EventType.POINTS_HELD,
    EntryType.RELEASE: EventType.POINTS_RELEASED,
    EntryType.SEND: EventType.POINTS_TRANSFERRED,
    EntryType.RECEIVE: EventType.POINTS_TRANSFERRED,
    EntryType.HAND_OVER: EventType.POINTS_TRANSFERRED,
    EntryType.TAKE_OVER: EventType.POINTS_TRANSFERRED,
    EntryType.CONVERT_OUT: EventType.POINTS_CONVERTED,
    EntryType.CONVERT_IN: EventType.POINTS_CONVERTED,
}
"""Every entry that moves points is one event. A visit moves none."""

Versions = Callable[[int], Program]


def events_of(change: Change, version: Versions) -> tuple[DomainEvent, ...]:
    """What ``change`` is to subscribers; ``version`` finds the programme under which something was decided."""
    if isinstance(change, MemberChange):
        return tuple(_of_member(change))
    if isinstance(change, PositionChange):
        if change.after.is_emptied:
            return ()  # that the member was merged away or erased is told of their wallet
        before = version(change.before.program) if change.before else None
        after = version(change.after.program)
        return (*moves_of(change, before, after), *notices_of(change, after))
    return tuple(_of_entry(change, version(change.program_version)))


def _of_entry(entry: Entry, program: Program) -> Iterator[DomainEvent]:
    type_ = MOVEMENTS.get(entry.type)
    if type_ is None or not (entry.amount or entry.debt or entry.waived or entry.holds or entry.debts):
        return
    currency = program.currencies[entry.currency]
    yield event_of(
        type_,
        (entry.id,),
        entry.member,
        entry.effective_at,
        entry.recorded_at,
        brand=entry.brand,
        cause={"type": entry.cause.type, "id": entry.cause.id},
        program_version=entry.program_version,
        entry_id=entry.id,
        entry_type=entry.type.value,
        wallet_version=entry.version,
        currency=entry.currency,
        points=format_amount(entry.amount, currency.exponent),
        balance={name: format_amount(points, currency.exponent) for name, points in entry.balance._asdict().items()},
        **_own(type_, entry, currency),
    )


def _own(type_: EventType, entry: Entry, currency: PointCurrency) -> dict[str, Any]:
    """What only this type of movement says."""
    if type_ is EventType.POINTS_EARNED:
        lots = [change.lot for change in entry.changes]
        ends = [lot.expires_at for lot in lots if lot.expires_at]
        return {
            "active_at": written(min((lot.active_at for lot in lots), default=None)),
            "expires_at": written(min(ends, default=None)),
        }
    if type_ is EventType.POINTS_TAKEN_BACK:
        return {
            "waived": format_amount(entry.waived, currency.exponent),
            "debt": format_amount(entry.debt, currency.exponent),
        }
    if type_ is EventType.POINTS_HELD:
        return {"ends_at": written(entry.ends_at)}
    return {}


def _of_member(change: MemberChange) -> Iterator[DomainEvent]:
    before, after = change.before, change.after
    known = before.brands if before else {}
    for brand in sorted(after.brands.keys() - known.keys()):
        yield _of_state(EventType.MEMBER_JOINED, after, after.brands[brand], brand, cause=_why_joined(before, after))
    if before and before.moved_to != after.moved_to:
        yield _of_meeting(before, after)
    if after.erased_at and not (before and before.erased_at):
        cause = {"type": "erasure", "id": after.member}
        yield _of_state(EventType.MEMBER_ERASED, after, after.erased_at, GROUP, cause=cause)


def _why_joined(before: MemberState | None, after: MemberState) -> dict[str, str | None]:
    if before is None:
        return {"type": "enrolment", "id": None}
    came = [member for member in after.absorbed if member not in before.absorbed]
    return {"type": "merge", "id": came[0]} if came else {"type": "use", "id": None}


def _of_meeting(before: MemberState, after: MemberState) -> DomainEvent:
    """E15: told of the member who goes on; the other one's id leads there from now on, or no more."""
    survivor = after.moved_to or before.moved_to
    type_, cause = (EventType.MEMBER_MERGED, "merge") if after.moved_to else (EventType.MEMBER_UNMERGED, "unmerge")
    return event_of(
        type_,
        (after.member, str(after.version)),
        MemberId(str(survivor)),
        after.recorded_at,
        after.recorded_at,
        brand=GROUP,
        cause={"type": cause, "id": None},
        absorbed_id=after.member,
    )


def _of_state(
    type_: EventType, state: MemberState, occurred_at: datetime, brand: BrandId, *, cause: Mapping[str, str | None]
) -> DomainEvent:
    identity = (state.member, str(state.version), brand)
    return event_of(type_, identity, state.member, occurred_at, state.recorded_at, brand=brand, cause=cause)

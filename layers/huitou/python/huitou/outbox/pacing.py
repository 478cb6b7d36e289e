"""Keeps slots in step with messages (E23): whoever writes a message writes its slots with it.

A member's slot lies where the message is planned to be sent, and moves when it is put off, or sent much later than
planned. Where it goes is certain only when it is handed over: then it takes a slot at that address too, for all who
share it. What was surely not sent holds none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId, OwnedId
from huitou.outbox.model import MessageState, OutboxMessage
from huitou.pressure.decisions import after_quiet_hours, cap_reached, give_way, with_slot, without_slot
from huitou.pressure.model import Cap, Holder, Manners, Pressure, Slot
from huitou.pressure.ports import PressureStore
from huitou.program.model import Program
from huitou.program.speech import Speech
from huitou.templates.model import TemplateKind

LATE: Final = timedelta(minutes=15)
"""A message that is sent sooner after its instant keeps its slot there: that saves a write for each one."""


def counts(message: OutboxMessage) -> bool:
    """Caps are for what members get unasked: no trial, and no code, of which addresses have caps of their own (M39)."""
    return not message.is_code and not message.is_trial


def slot_of(message: OutboxMessage) -> Slot | None:
    """Where it is to be sent; None: it does not wait any more, or does not count."""
    is_waiting = message.state in {MessageState.PLANNED, MessageState.DEFERRED}
    if not counts(message) or message.due_at is None or not is_waiting:
        return None
    return Slot(message.id.key, message.kind, message.due_at, message.priority)


def slot_if_sent(message: OutboxMessage, now: datetime) -> Slot | None:
    """The slot of one that waits, if it is sent now."""
    slot = slot_of(message)
    return slot._replace(at=now) if slot and now - slot.at > LATE else slot


def is_unsent(message: OutboxMessage) -> bool:
    """Whether it has ended, and was surely not sent."""
    is_refused = message.state is MessageState.FAILED and message.provider_id is None
    return is_refused or message.state is MessageState.SUPPRESSED


def nothing_went_out(message: OutboxMessage) -> bool:
    """Whether no attempt at it so far can have sent it."""
    return not message.is_doubtful and (is_unsent(message) or message.state is MessageState.DEFERRED)


def _is_sent_anew(before: OutboxMessage, after: OutboxMessage) -> bool:
    """After it came back: its slot still lies where it was sent first."""
    return bool(before.returned) and after.state is MessageState.SENDING


class Place(NamedTuple):
    """Where an attempt takes a slot: at which address, and under which name.

    The name leads to no message, so that nobody learns from what is kept of an address whose it was (E25).
    """

    address: Holder
    name: str


class Pacing:
    """Of kinds without a cap nothing is read and nothing written, but what was taken is given back."""

    def __init__(self, store: PressureStore, speech: Callable[[Program], Speech]) -> None:
        self._store = store
        self._speech = speech

    def of(self, member: MemberId, program: Program) -> MemberPacing:
        """For one attempt to decide about a message of this member's; the next attempt begins anew."""
        return MemberPacing(self._store, member, self._speech(program).manners)


class MemberPacing:
    """What one attempt sees of a member: a slot is taken from what its cap was judged by, so that of two who see the
    last one free, one is overtaken.
    """

    def __init__(self, store: PressureStore, member: MemberId, manners: Manners) -> None:
        self._store = store
        self._member = member
        self._manners = manners
        self._others: set[MemberId] = set()
        self._seen: dict[Holder, Pressure] = {}

    def awake(self, instant: datetime, kind: TemplateKind) -> datetime:
        """E24: ``instant``, or the end of the quiet hours in which it lies."""
        return after_quiet_hours(instant, kind, self._manners)

    def cap_reached(
        self, message: OutboxMessage, others: Iterable[MemberId], now: datetime, *, to: Holder | None = None
    ) -> Cap | None:
        """The cap that leaves no room for what waits, among all that was planned for the member or for ``others``, who
        are the same person (E15), or among all that was sent ``to`` the address to which it goes now.
        """
        slot = slot_if_sent(message, now)
        if slot is None or not self._has_cap(message.kind):
            return None
        self._others |= {*others} - {self._member}
        self._read(self._member, *self._others, *([to] if to else []))
        reached = cap_reached(self._together, slot, self._manners)
        return reached or (cap_reached(self._seen[to], slot, self._manners) if to else None)

    def give_way(self, message: OutboxMessage, now: datetime) -> Iterator[OwnedId]:
        """Of those seen by `cap_reached`, the messages any one of which may give its slot up for this one (E23)."""
        slot = slot_if_sent(message, now)
        if slot is None:
            return
        others = {each.message: member for member in self._others for each in self._seen[member].slots}
        for each in give_way(self._together, slot, self._manners):
            yield OwnedId(others.get(each.message, self._member), each.message)

    def follow(
        self,
        before: OutboxMessage | None,
        after: OutboxMessage,
        now: datetime,
        *,
        instead_of: OwnedId | None = None,
        place: Place | None = None,
    ) -> Sequence[Write]:
        """What is written together with ``after``, where it takes slots, moves them or gives them back.

        ``instead_of`` names the message that gives up its slot for this one; ``place`` is where it is tried, or was
        just now.
        """
        of_address = self._follow_at(place, before, after, now) if place and before else ()
        return *self._follow_for_member(before, after, now, instead_of), *of_address

    def _follow_at(self, place: Place, before: OutboxMessage, after: OutboxMessage, now: datetime) -> Iterator[Write]:
        if after.state is MessageState.SENDING and counts(after) and self._has_cap(after.kind):
            planned = slot_if_sent(before, now)
            slot = Slot(place.name, after.kind, planned.at if planned else now)
            self._read(place.address)
            taken = with_slot(self._seen[place.address], slot, self._manners, now)
            yield self._store.save(place.address, taken, now)
        elif nothing_went_out(after):
            self._read(place.address)
            seen = self._seen[place.address]
            changed = without_slot(seen, place.name)
            if changed is not seen:
                yield self._store.save(place.address, changed, now)

    def _follow_for_member(
        self, before: OutboxMessage | None, after: OutboxMessage, now: datetime, instead_of: OwnedId | None
    ) -> Sequence[Write]:
        slot = slot_of(after)
        if before and after.state is MessageState.SENDING:
            slot = slot_if_sent(before, now)
        is_moved = slot is not None and (before is None or slot != slot_of(before) or _is_sent_anew(before, after))
        is_given_back = before is not None and is_unsent(after)
        given = instead_of.key if instead_of else None
        if slot and is_moved and self._has_cap(after.kind):
            changed = with_slot(self._pressure, slot, self._manners, now, instead_of=given)
        elif is_given_back:
            changed = without_slot(self._pressure, after.id.key)
        else:
            return ()
        if changed is self._pressure:
            return ()
        return self._store.save(self._member, changed, now), *(
            self._store.save(each, without_slot(self._seen[each], instead_of.key), now)
            if instead_of and instead_of.member == each
            else self._store.unchanged(each, self._seen[each])
            for each in self._others
        )

    @property
    def _together(self) -> Pressure:
        slots = [slot for member in (self._member, *self._others) for slot in self._seen[member].slots]
        return Pressure(tuple(sorted(slots, key=lambda each: each.at)))

    @property
    def _pressure(self) -> Pressure:
        self._read(self._member)
        return self._seen[self._member]

    def _read(self, *holders: Holder) -> None:
        """Once for an attempt."""
        if unseen := {*holders} - self._seen.keys():
            self._seen |= self._store.load_all(unseen)

    def _has_cap(self, kind: TemplateKind) -> bool:
        return any(cap.kind is kind for cap in self._manners.caps)

"""Keeps a member's slots in step with their messages (E23): whoever writes a message writes its slot with it.

A slot lies where its message is planned to be sent, and moves when it is put off, or sent much later than planned. What
was surely not sent holds none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId, OwnedId
from huitou.outbox.model import MessageState, OutboxMessage
from huitou.pressure.decisions import after_quiet_hours, cap_reached, give_way, with_slot, without_slot
from huitou.pressure.model import Cap, Manners, Pressure, Slot
from huitou.pressure.ports import PressureStore
from huitou.program.model import Program
from huitou.program.speech import Speech
from huitou.templates.model import TemplateKind

LATE: Final = timedelta(minutes=15)
"""A message that is sent sooner after its instant keeps its slot there: that saves a write for each one."""


def slot_of(message: OutboxMessage) -> Slot | None:
    """Where it is to be sent; None: it does not wait any more, or brings a code, of which addresses have caps (M39)."""
    if message.is_code or message.due_at is None or message.state not in {MessageState.PLANNED, MessageState.DEFERRED}:
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
        self._others: dict[MemberId, Pressure] = {}

    def awake(self, instant: datetime, kind: TemplateKind) -> datetime:
        """E24: ``instant``, or the end of the quiet hours in which it lies."""
        return after_quiet_hours(instant, kind, self._manners)

    def cap_reached(self, message: OutboxMessage, others: Iterable[MemberId], now: datetime) -> Cap | None:
        """The cap that leaves no room for what waits, among all that was planned for the member or for ``others``, who
        are the same person (E15).
        """
        slot = slot_if_sent(message, now)
        if slot is None or not self._counts(message.kind):
            return None
        self._others |= {each: self._store.load(each) for each in {*others} - {self._member, *self._others}}
        return cap_reached(self._together, slot, self._manners)

    def give_way(self, message: OutboxMessage, now: datetime) -> Iterator[OwnedId]:
        """Of those seen by `cap_reached`, the messages any one of which may give its slot up for this one (E23)."""
        slot = slot_if_sent(message, now)
        if slot is None:
            return
        others = {each.message: member for member, seen in self._others.items() for each in seen.slots}
        for each in give_way(self._together, slot, self._manners):
            yield OwnedId(others.get(each.message, self._member), each.message)

    def follow(
        self,
        before: OutboxMessage | None,
        after: OutboxMessage,
        now: datetime,
        *,
        instead_of: OwnedId | None = None,
    ) -> Sequence[Write]:
        """What is written together with ``after``, where it takes a slot, moves it or gives it back.

        ``instead_of`` names the message that gives up its slot for this one.
        """
        slot = slot_of(after)
        if before and after.state is MessageState.SENDING:
            slot = slot_if_sent(before, now)
        is_moved = slot is not None and (before is None or slot != slot_of(before))
        is_given_back = before is not None and is_unsent(after)
        given = instead_of.key if instead_of else None
        if slot and is_moved and self._counts(after.kind):
            changed = with_slot(self._pressure, slot, self._manners, now, instead_of=given)
        elif is_given_back:
            changed = without_slot(self._pressure, after.id.key)
        else:
            return ()
        if changed is self._pressure:
            return ()
        return self._store.save(self._member, changed), *(
            self._store.save(each, without_slot(seen, instead_of.key))
            if instead_of and instead_of.member == each
            else self._store.unchanged(each, seen)
            for each, seen in self._others.items()
        )

    @property
    def _together(self) -> Pressure:
        slots = [slot for each in (self._pressure, *self._others.values()) for slot in each.slots]
        return Pressure(tuple(sorted(slots, key=lambda each: each.at)))

    @cached_property
    def _pressure(self) -> Pressure:
        return self._store.load(self._member)

    def _counts(self, kind: TemplateKind) -> bool:
        return any(cap.kind is kind for cap in self._manners.caps)

"""Keeps a member's slots in step with their messages (E23): whoever writes a message writes its slot with it.

A slot lies where its message is planned to be sent, and moves when it is put off, or sent much later than planned. What
was surely not sent holds none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId
from huitou.messages.speaking import PublishedPrograms
from huitou.outbox.model import MessageState, OutboxMessage
from huitou.pressure.decisions import after_quiet_hours, cap_reached, with_slot, without_slot
from huitou.pressure.model import Cap, Manners, Pressure, Slot
from huitou.pressure.ports import PressureStore
from huitou.program.model import Program
from huitou.program.prepared import Prepared
from huitou.program.pressure_compilation import compile_manners
from huitou.templates.model import TemplateKind

LATE: Final = timedelta(minutes=15)
"""A message that is sent sooner after its instant keeps its slot there: that saves a write for each one."""


def slot_of(message: OutboxMessage) -> Slot | None:
    """Where it is to be sent; None: it does not wait any more."""
    if message.due_at is None or message.state not in {MessageState.PLANNED, MessageState.DEFERRED}:
        return None
    return Slot(message.id.key, message.kind, message.due_at)


def slot_if_sent(message: OutboxMessage, now: datetime) -> Slot | None:
    """The slot of one that waits, if it is sent now."""
    slot = slot_of(message)
    return slot._replace(at=now) if slot and now - slot.at > LATE else slot


def is_unsent(message: OutboxMessage) -> bool:
    """Whether it has ended, and was surely not sent."""
    is_refused = message.state is MessageState.FAILED and message.provider_id is None
    return is_refused or message.state is MessageState.SUPPRESSED


class Pacing:
    """Of kinds without a cap nothing is read and nothing written."""

    def __init__(self, store: PressureStore, programs: PublishedPrograms) -> None:
        self._store = store
        self._manners = Prepared(
            lambda program: compile_manners(json.loads(programs.published(program.version).document))
        )

    def awake(self, instant: datetime, kind: TemplateKind, program: Program) -> datetime:
        """E24: ``instant``, or the end of the quiet hours in which it lies."""
        return after_quiet_hours(instant, kind, self._manners(program))

    def cap_reached(
        self, message: OutboxMessage, members: Iterable[MemberId], program: Program, now: datetime
    ) -> Cap | None:
        """The cap that leaves no room for what waits, among all that was planned for any of ``members`` (E15)."""
        manners, slot = self._manners(program), slot_if_sent(message, now)
        if slot is None or not _counts(message.kind, manners):
            return None
        slots = sorted((slot for each in members for slot in self._store.load(each).slots), key=lambda each: each.at)
        return cap_reached(Pressure(tuple(slots)), slot, manners)

    def follow(
        self, before: OutboxMessage | None, after: OutboxMessage, program: Program, now: datetime
    ) -> Sequence[Write]:
        """What is written together with ``after``, where it takes a slot, moves it or gives it back."""
        manners, slot = self._manners(program), slot_of(after)
        if before and after.state is MessageState.SENDING:
            slot = slot_if_sent(before, now)
        is_moved = slot is not None and (before is None or slot != slot_of(before))
        is_given_back = before is not None and is_unsent(after)
        if not _counts(after.kind, manners) or not (is_moved or is_given_back):
            return ()
        pressure = self._store.load(after.id.member)
        if slot:
            changed = with_slot(pressure, slot, manners, now)
        else:
            changed = without_slot(pressure, after.id.key, manners, now)
        return (self._store.save(after.id.member, changed),)


def _counts(kind: TemplateKind, manners: Manners) -> bool:
    return any(cap.kind is kind for cap in manners.caps)

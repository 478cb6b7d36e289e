"""Builders of messages in the outbox, and the stores of these and of verifications."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import Digest, OwnedId, digest_of, ulid_for
from huitou.outbox.model import MessageState, OutboxMessage, Step
from huitou.outbox.ports import OutboxStore
from huitou.outbox.store import TableOutbox
from huitou.pressure.model import Holder, Pressure
from huitou.pressure.ports import PressureStore
from huitou.pressure.store import TablePressure
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_outbox import MemoryOutbox
from huitou.simulator.memory_pressure import MemoryPressure
from huitou.simulator.memory_suppressions import MemorySuppressions
from huitou.simulator.memory_verifications import MemoryVerifications
from huitou.suppressions.ports import SuppressionStore
from huitou.suppressions.store import TableSuppressions
from huitou.templates.model import TemplateKind
from huitou.verifying.ports import VerificationStore
from huitou.verifying.store import TableVerifications
from tests.builders import MEI, at

NOON = at("2026-03-02 12:00")
COMMAND: Digest = digest_of(["a call"])
ALL = tuple(MessageChannel)


def outbox_on(table: Any) -> OutboxStore:
    """The store for whichever kind of table it is."""
    return MemoryOutbox(table) if isinstance(table, MemoryTable) else TableOutbox(table)


def pressure_on(table: Any) -> PressureStore:
    """Likewise."""
    return MemoryPressure(table) if isinstance(table, MemoryTable) else TablePressure(table)


def pressure_of(store: PressureStore, holder: Holder) -> Pressure:
    """What one of them has."""
    return store.load_all([holder])[holder]


def suppressions_on(table: Any) -> SuppressionStore:
    """Likewise."""
    return MemorySuppressions(table) if isinstance(table, MemoryTable) else TableSuppressions(table)


def verifications_on(table: Any) -> VerificationStore:
    """Likewise."""
    return MemoryVerifications(table) if isinstance(table, MemoryTable) else TableVerifications(table)


def planned(kind: TemplateKind = TemplateKind.SERVICE, **changes: Any) -> OutboxMessage:
    """A message to Mei by email, planned at noon for noon, that may come for three days."""
    message = OutboxMessage(
        id=OwnedId(MEI, ulid_for(NOON, COMMAND)),
        template="hello",
        program_version=1,
        kind=kind,
        brand="maru",
        channels=(MessageChannel.EMAIL,),
        purpose="marketing" if kind is TemplateKind.MARKETING else None,
        command=COMMAND,
        asked={"member": MEI, "template": "hello"},
        planned_at=NOON,
        expires_at=NOON + timedelta(days=3),
        history=(Step(MessageState.PLANNED, NOON),),
        due_at=NOON,
    )
    return replace(message, **changes)

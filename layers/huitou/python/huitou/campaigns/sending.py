"""A step that sends: whom it would reach, whether there is room, and last of all, whether the member is told (E27)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from huitou.campaigns.drawing import untold
from huitou.campaigns.model import Journey, Turn, TurnOutcome
from huitou.campaigns.situations import Situation
from huitou.kernel.commits import Write
from huitou.kernel.ids import OwnedId, digest_of, ulid_for
from huitou.members.identity import Identity
from huitou.members.model import Member
from huitou.members.visibility import seen_by
from huitou.outbox.decisions import DISPLACED, gives_way, suppress
from huitou.outbox.model import MessageState, OutboxMessage, Step
from huitou.outbox.pacing import MemberPacing
from huitou.outbox.ports import OutboxStore
from huitou.outbox.reaching import Obstacle, signatures, way_to
from huitou.outbox.service import USUAL_LIFE, USUAL_PURPOSE
from huitou.program.campaigns import Send
from huitou.program.model import GROUP
from huitou.templates.model import Catalogue, Template, TemplateKind


class Stage(NamedTuple):
    """What is known when a step is taken; ``record`` is that of whoever goes on with the journey."""

    found: Situation
    catalogue: Catalogue
    pacing: MemberPacing
    record: Member
    now: datetime


def sent(
    journey: Journey, send: Send, stage: Stage, outbox: OutboxStore, is_suppressed: Callable[[Identity], bool]
) -> tuple[Turn, Sequence[Write]]:
    """What became of the step, and what is written with it: for who is held out, and for who is not told, nothing."""
    now, template = stage.now, stage.catalogue.templates.get(send.template)
    if template is None:
        return Turn(journey.step, now, TurnOutcome.TEMPLATE_GONE), ()
    message, home = _message(journey, send, template, stage), stage.found.home
    if message.brand != GROUP and not home.has_joined(message.brand):
        return Turn(journey.step, now, TurnOutcome.NOT_A_MEMBER), ()
    signed = signatures(message.brand, message.channels, stage.catalogue)
    way = way_to(seen_by(stage.record, message.brand), message, template, signed, is_suppressed)
    if isinstance(way, Obstacle):
        return Turn(journey.step, now, TurnOutcome(way)), ()
    displaced = None
    if stage.pacing.cap_reached(message, {home.member, *home.absorbed}, now):
        displaced = _displaced(message, stage, outbox)
        if displaced is None:
            return Turn(journey.step, now, TurnOutcome.CAP_REACHED), ()
    if outcome := untold(journey.draw, template.kind):
        return Turn(journey.step, now, outcome), ()
    return Turn(journey.step, now, TurnOutcome.PLANNED, message.id.key), (
        *outbox.add(message),
        *stage.pacing.follow(None, message, now, instead_of=displaced.id if displaced else None),
        *([outbox.save(displaced, suppress(displaced, DISPLACED, now))] if displaced else ()),
    )


def _displaced(message: OutboxMessage, stage: Stage, outbox: OutboxStore) -> OutboxMessage | None:
    """E23: one of lower priority that still waits, and gives its room to ``message``."""
    named = stage.pacing.give_way(message, stage.now)
    return next((found for each in named if (found := outbox.load(each)) and gives_way(found)), None)


def _message(journey: Journey, send: Send, template: Template, stage: Stage) -> OutboxMessage:
    command = digest_of(("journey", journey.id.member, *journey.id.cause, str(journey.step)))
    planned_at = stage.pacing.awake(stage.now, template.kind)
    return OutboxMessage(
        id=OwnedId(journey.id.member, ulid_for(stage.now, command)),
        template=template.id,
        program_version=stage.found.program.version,
        kind=template.kind,
        brand=template.brand or stage.found.campaign.brand or GROUP,
        channels=tuple(channel for channel in send.channels or template.channels if channel in template.channels),
        purpose=(send.purpose or USUAL_PURPOSE) if template.kind is TemplateKind.MARKETING else None,
        command=command,
        asked={},
        planned_at=planned_at,
        expires_at=planned_at + USUAL_LIFE,
        history=(Step(MessageState.PLANNED, stage.now),),
        due_at=planned_at,
        cause=journey.id.cause,
        priority=stage.found.campaign.priority,
    )

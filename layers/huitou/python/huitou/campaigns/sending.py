"""A step that sends: whom it would reach, whether there is room, and last of all, whether the member is told (E27)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from huitou.campaigns.drawing import untold
from huitou.campaigns.model import Journey, JourneyId, Turn, TurnOutcome
from huitou.kernel.calendars import local_date, start_of_day
from huitou.kernel.commits import Write
from huitou.kernel.ids import OwnedId, digest_of, ulid_for
from huitou.members.identity import Identity
from huitou.members.model import Member
from huitou.members.visibility import seen_by
from huitou.outbox.decisions import DISPLACED, gives_way, suppress
from huitou.outbox.model import MessageState, OutboxMessage, Step
from huitou.outbox.pacing import MemberPacing
from huitou.outbox.ports import OutboxStore
from huitou.outbox.reaching import Obstacle, Way, signatures, way_to
from huitou.outbox.service import USUAL_LIFE, USUAL_PURPOSE
from huitou.points.wallet import Wallet
from huitou.program.campaigns import Campaign, Send
from huitou.program.model import GROUP, Program
from huitou.templates.model import Catalogue, Template, TemplateKind


class Stage(NamedTuple):
    """What is known when a step is taken; ``home`` and ``record`` are those of whoever goes on with the journey, which
    began at ``began_at``.
    """

    program: Program
    campaign: Campaign
    home: Wallet
    catalogue: Catalogue
    pacing: MemberPacing
    record: Member
    began_at: datetime
    now: datetime


class Reached(NamedTuple):
    """A message, and how it would go if it were sent now."""

    message: OutboxMessage
    way: Way


class Room(NamedTuple):
    """Under frequency caps; where there is none left, ``displaced`` gives up its own (E23)."""

    displaced: OutboxMessage | None = None


def sent(
    journey: Journey, send: Send, stage: Stage, outbox: OutboxStore, is_suppressed: Callable[[Identity], bool]
) -> tuple[Turn, Sequence[Write]]:
    """What became of the step, and what is written with it: for who is held out, and for who is not told, nothing."""
    now, reached = stage.now, reach(journey.id, journey.step, send, stage, is_suppressed)
    if isinstance(reached, TurnOutcome):
        return Turn(journey.step, now, reached), ()
    *_, coupon = None, *(turn.coupon for turn in journey.turns if turn.coupon)
    message, room = replace(reached.message, coupon=coupon), room_for(reached.message, stage, outbox)
    if room is None:
        return Turn(journey.step, now, TurnOutcome.CAP_REACHED), ()
    if outcome := untold(journey.draw, message.kind):
        return Turn(journey.step, now, outcome), ()
    displaced = room.displaced
    return Turn(journey.step, now, TurnOutcome.PLANNED, message.id.key), (
        *outbox.add(message),
        *stage.pacing.follow(None, message, now, instead_of=displaced.id if displaced else None),
        *([outbox.save(displaced, suppress(displaced, DISPLACED, now))] if displaced else ()),
    )


def reach(
    named: JourneyId, step: int, send: Send, stage: Stage, is_suppressed: Callable[[Identity], bool]
) -> Reached | TurnOutcome:
    """What the step of this number would send, were there room for it; or why it would not reach the member."""
    template = stage.catalogue.templates.get(send.template)
    if template is None:
        return TurnOutcome.TEMPLATE_GONE
    message = _message(named, step, send, template, stage)
    if message.brand != GROUP and not stage.home.has_joined(message.brand):
        return TurnOutcome.NOT_A_MEMBER
    if message.expires_at <= message.planned_at:
        return TurnOutcome.TOO_LATE
    signed = signatures(message.brand, message.channels, stage.catalogue)
    way = way_to(seen_by(stage.record, message.brand), message, template, signed, is_suppressed)
    return TurnOutcome(way) if isinstance(way, Obstacle) else Reached(message, way)


def room_for(message: OutboxMessage, stage: Stage, outbox: OutboxStore) -> Room | None:
    """None: a cap leaves none, and nothing of lower priority gives way."""
    if not stage.pacing.cap_reached(message, {stage.home.member, *stage.home.absorbed}, stage.now):
        return Room()
    displaced = _displaced(message, stage, outbox)
    return Room(displaced) if displaced else None


def _displaced(message: OutboxMessage, stage: Stage, outbox: OutboxStore) -> OutboxMessage | None:
    """E23: one of lower priority that still waits, and gives its room to ``message``."""
    named = stage.pacing.give_way(message, stage.now)
    return next((found for each in named if (found := outbox.load(each)) and gives_way(found)), None)


def _message(named: JourneyId, step: int, send: Send, template: Template, stage: Stage) -> OutboxMessage:
    command = digest_of(("journey", named.member, *named.cause, str(step)))
    planned_at = stage.pacing.awake(stage.now, template.kind)
    return OutboxMessage(
        id=OwnedId(named.member, ulid_for(stage.now, command)),
        template=template.id,
        program_version=stage.program.version,
        kind=template.kind,
        brand=template.brand or stage.campaign.brand or GROUP,
        channels=tuple(channel for channel in send.channels or template.channels if channel in template.channels),
        purpose=(send.purpose or USUAL_PURPOSE) if template.kind is TemplateKind.MARKETING else None,
        command=command,
        asked={},
        planned_at=planned_at,
        expires_at=_end(send, stage) or planned_at + USUAL_LIFE,
        history=(Step(MessageState.PLANNED, stage.now),),
        due_at=planned_at,
        cause=named.cause,
        priority=stage.campaign.priority,
    )


def _end(send: Send, stage: Stage) -> datetime | None:
    """Of what the message says (E24)."""
    if send.last_day is None:
        return None
    zone = stage.program.zone
    return start_of_day(local_date(stage.began_at, zone) + timedelta(days=send.last_day + 1), zone)

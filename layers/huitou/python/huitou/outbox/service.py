"""What callers do with messages: have one sent, look at what became of it, take it back (M23).

What a call plans is checked as far as it can be known then. Whether the member agrees, can be reached and is still
there is found out when it is sent (M26).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from huitou.access.model import Caller
from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import Commit, once, until_committed
from huitou.kernel.content import require_same
from huitou.kernel.errors import FieldError
from huitou.kernel.ids import Digest, MemberId, OwnedId, digest_of, parse_id, ulid_for
from huitou.kernel.instants import format_instant
from huitou.kernel.pages import Page
from huitou.messages.errors import ChannelNotWrittenError
from huitou.messages.speaking import speaking, template_for
from huitou.outbox.decisions import CAP_REACHED, cancel, suppress
from huitou.outbox.errors import InvalidMessageError, MessageNotFoundError, NotATesterError, NoTestersError
from huitou.outbox.model import MessageState, OutboxMessage, Step
from huitou.outbox.pacing import MemberPacing, Pacing
from huitou.outbox.ports import OutboxStore
from huitou.outbox.trials import is_tester
from huitou.points.membership import as_named, require_seen
from huitou.points.ports import WalletStore
from huitou.program.model import GROUP, BrandId, Program
from huitou.program.ports import KnownPrograms
from huitou.program.speech import Speech
from huitou.purchases.ports import MemberStates
from huitou.templates.model import Catalogue, Template, TemplateId, TemplateKind

USUAL_LIFE: Final = timedelta(days=3)
"""For what says no end of its own."""
FURTHEST: Final = timedelta(days=366)
WRONG_CLOCK: Final = timedelta(minutes=5)
"""By so much the caller's clock may be behind ours."""
USUAL_PURPOSE: Final = "marketing"


@dataclass(frozen=True, slots=True)
class Order:
    """What a call asks for; None: as is usual. ``command`` names the call (E14)."""

    command: Digest
    member: MemberId
    template: TemplateId
    brand: BrandId | None = None
    channels: tuple[MessageChannel, ...] | None = None
    purpose: str | None = None
    send_at: datetime | None = None
    expires_at: datetime | None = None
    trial: bool = False
    client_reference: str | None = None

    def content(self, member: MemberId) -> Mapping[str, str]:
        """What a repeat must agree in; ``member`` is the name that it is known under."""
        said = {
            "member": member,
            "template": self.template,
            "brand": self.brand,
            "channels": " ".join(self.channels) if self.channels else None,
            "purpose": self.purpose,
            "send_at": format_instant(self.send_at) if self.send_at else None,
            "expires_at": format_instant(self.expires_at) if self.expires_at else None,
            "trial": "true" if self.trial else None,
        }
        return {name: value for name, value in said.items() if value is not None}


class Planned(NamedTuple):
    """A message; ``replayed``: the call had made it before."""

    message: OutboxMessage
    replayed: bool


def message_command(scope: BrandId, idempotency_key: str) -> Digest:
    """A key space of its own for each brand, apart from that of commands on points."""
    return digest_of(("message", scope, idempotency_key))


class Outbox:
    """The use cases. ``pause`` waits after the n-th time that a decision was overtaken."""

    def __init__(
        self,
        outbox: OutboxStore,
        wallets: WalletStore,
        states: MemberStates,
        programs: KnownPrograms,
        *,
        speech: Callable[[Program], Speech],
        pacing: Pacing,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._outbox = outbox
        self._pacing = pacing
        self._wallets = wallets
        self._states = states
        self._programs = programs
        self._speech = speech
        self._commit = commit
        self._pause = pause

    def plan(self, order: Order, caller: Caller, now: datetime) -> Planned:
        """Has a message sent, once (E14).

        Raises `TemplateNotFoundError`, `ForeignBrandError`, `WrongSpeakerError`, `ChannelNotWrittenError`,
        `InvalidMessageError`, `NoTestersError`, `NotATesterError`, `MemberNotFoundError`, `MemberErasedError`,
        `MemberMovedError`, `ContentReusedError`.
        """

        def attempt() -> Planned:
            program = self._programs.active()
            pacing = self._pacing.of(order.member, program)
            message = self._planned(order, caller, program, pacing, now)
            self._commit([*self._outbox.add(message), *pacing.follow(None, message, now)])
            return Planned(message, replayed=False)

        def recall() -> Planned | None:
            known = self._outbox.find(order.command)
            if known is None:
                return None
            home = self._programs.active().home_currency
            named = as_named(self._wallets, known.id.member, order.member, home) or order.member
            nothing = dict.fromkeys(known.asked)
            require_same(known.asked, {**nothing, **order.content(named)}, "message")
            return Planned(known, replayed=True)

        return once(attempt, recall, self._pause)

    def get(self, message_id: str, brand: BrandId) -> OutboxMessage:
        """A message of this brand; the group sees all. Raises `MessageNotFoundError`."""
        named = parse_id(message_id)
        found = self._outbox.load(named) if isinstance(named, OwnedId) else None
        if found is None or brand not in {GROUP, found.brand}:
            raise MessageNotFoundError("No such message.")
        return found

    def of_member(self, member: MemberId, brand: BrandId, *, after: str | None, limit: int) -> Page[OutboxMessage]:
        """A page of a member's messages, the newest first, with those of who was merged into them (E15).

        Raises `MemberNotFoundError`, `MemberErasedError`, `MemberMovedError`, `InvalidCursorError`.
        """
        home = require_seen(self._wallets.load(member, self._programs.active().home_currency), brand)
        only = None if brand == GROUP else brand
        return self._outbox.of_members((member, *home.absorbed), only, after=after, limit=limit)

    def cancel(self, message_id: str, brand: BrandId, now: datetime) -> OutboxMessage:
        """Takes back what waits, once. Raises `MessageNotFoundError`, `MessageUnderWayError`."""

        def attempt() -> OutboxMessage:
            before = self.get(message_id, brand)
            after = cancel(before, now)
            if after is not before:
                pacing = self._pacing.of(before.id.member, self._programs.active())
                self._commit([self._outbox.save(before, after), *pacing.follow(before, after, now)])
            return after

        return until_committed(attempt, self._pause)

    def _planned(
        self, order: Order, caller: Caller, program: Program, pacing: MemberPacing, now: datetime
    ) -> OutboxMessage:
        catalogue = self._speech(program).catalogue
        template = template_for(order.template, catalogue, caller)
        brand = speaking(order.brand, template, catalogue, caller) or GROUP
        home = require_seen(self._wallets.load(order.member, program.home_currency), brand)
        if order.trial:
            self._require_tester(order.member, catalogue, program, now)
        asked_for = max(order.send_at or now, now)
        planned_at = asked_for if order.trial else pacing.awake(asked_for, template.kind)
        expires_at = order.expires_at or planned_at + USUAL_LIFE
        faults = list(_faults(order, template, planned_at, expires_at, now))
        if template.id == catalogue.code_template:
            faults.append(FieldError("/template", "It brings one-time codes: ask for a verification."))
        if faults:
            raise InvalidMessageError("The message cannot be sent like this.", errors=faults)
        message = OutboxMessage(
            id=OwnedId(order.member, ulid_for(now, order.command)),
            template=template.id,
            program_version=program.version,
            kind=template.kind,
            brand=brand,
            channels=_channels(order, template),
            purpose=(order.purpose or USUAL_PURPOSE) if template.kind is TemplateKind.MARKETING else None,
            command=order.command,
            asked=order.content(order.member),
            planned_at=planned_at,
            expires_at=expires_at,
            history=(Step(MessageState.PLANNED, now),),
            due_at=planned_at,
            client_reference=order.client_reference,
            is_trial=order.trial,
        )
        is_capped = pacing.cap_reached(message, home.absorbed, now)
        return suppress(message, CAP_REACHED, now) if is_capped else message

    def _require_tester(self, member: MemberId, catalogue: Catalogue, program: Program, now: datetime) -> None:
        if catalogue.testers is None:
            raise NoTestersError("The active programme names no list of testers under `messages`.")
        position = self._states.load(member).position
        if not is_tester(position, catalogue.testers, program, self._programs.version, now):
            raise NotATesterError(f"A trial is for members on the list {catalogue.testers!r}.")


def _channels(order: Order, template: Template) -> tuple[MessageChannel, ...]:
    """Those asked for by which the template speaks, in the order of the call. Raises `ChannelNotWrittenError`."""
    spoken = tuple(channel for channel in order.channels or template.channels if channel in template.channels)
    if not spoken:
        known = ", ".join(template.channels)
        raise ChannelNotWrittenError(
            f"The template speaks by {known}.", errors=[FieldError("/channels", f"Choose among {known}.")]
        )
    return spoken


def _faults(
    order: Order, template: Template, planned_at: datetime, expires_at: datetime, now: datetime
) -> Iterator[FieldError]:
    if order.send_at and order.send_at < now - WRONG_CLOCK:
        yield FieldError("/send_at", "This lies in the past.")
    if planned_at > now + FURTHEST:
        yield FieldError("/send_at", "At most a year ahead.")
    if expires_at <= planned_at:
        yield FieldError("/expires_at", "It would be over before it is sent.")
    if expires_at > planned_at + FURTHEST:
        yield FieldError("/expires_at", "At most a year after it is sent.")
    if order.purpose is not None and template.kind is TemplateKind.SERVICE:
        yield FieldError("/purpose", "Nobody is asked for their consent to what they have to know.")

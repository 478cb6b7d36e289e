"""Sending what is due (M23): read everything anew, claim, hand over, conclude. Two writes of one item.

A delivery may come again, at once, late or in any order: whoever is not first at the claim does nothing. Whoever dies
leaves the message claimed, and it is found again when the lease is over (see `decisions`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from huitou.channels.model import Outcome, Parcel, Provider, Sender
from huitou.channels.reasons import BLOCKED
from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import Commit, Write, until_committed
from huitou.kernel.ids import MemberId, OwnedId
from huitou.members.agreement import agreed
from huitou.members.model import ConsentKey
from huitou.messages.recipients import Recipient, Recipients
from huitou.outbox.decisions import (
    CAP_REACHED,
    QUIET_HOURS,
    TOO_LATE,
    claim,
    conclude,
    defer,
    fail,
    in_doubt,
    leave,
    may_try,
    open_channels,
    suppress,
)
from huitou.outbox.model import OutboxMessage
from huitou.outbox.pacing import MemberPacing, Pacing
from huitou.outbox.ports import Campaigns, OutboxStore
from huitou.outbox.reaching import address_of
from huitou.points.membership import MemberErasedError, MemberNotFoundError
from huitou.points.reaching import for_survivor
from huitou.program.model import GROUP, BrandId, Program
from huitou.program.ports import PublishedPrograms
from huitou.program.speech import Speech
from huitou.suppressions.model import Ground, Word, destination
from huitou.suppressions.service import Suppressions
from huitou.templates.choosing import text_for
from huitou.templates.making import Occasion, message
from huitou.templates.model import Catalogue, Signature, Template, Text
from huitou.templates.writing import UnwritableTextError

ERASED = "erased"
NO_CONSENT = "no_consent"
NOT_A_MEMBER = "not_a_member"
SUPPRESSED_ADDRESS = "suppressed_address"
TEMPLATE_GONE = "template_gone"
UNREACHABLE = "unreachable"
UNWRITABLE = "unwritable_text"


Signatures = Mapping[MessageChannel, Signature]
"""Who speaks, by channel, in the order in which channels are preferred."""


class Links(Protocol):
    """Makes the links by which members say no."""

    def link(self, member: MemberId, brand: BrandId, channel: MessageChannel, purpose: str, message_id: str) -> str: ...


class _ObstacleError(Exception):
    """Why a message is not sent, and how it ends."""

    def __init__(self, reason: str, end: Callable[[OutboxMessage, str, datetime], OutboxMessage] = suppress) -> None:
        super().__init__(reason)
        self.reason = reason
        self.end = end


class _Way(NamedTuple):
    """How a message can go now."""

    channel: MessageChannel
    template: Template
    text: Text
    signature: Signature
    to: str


class _Sight(NamedTuple):
    """What one attempt sees."""

    now: datetime
    program: Program
    catalogue: Catalogue
    pacing: MemberPacing


class _Claimed(NamedTuple):
    """What is to be handed over."""

    message: OutboxMessage
    parcel: Parcel
    provider: Provider


class Dispatcher:
    """The use case. ``providers`` says who delivers on a channel; ``clock`` is asked before each write."""

    def __init__(
        self,
        *,
        outbox: OutboxStore,
        recipients: Recipients,
        suppressions: Suppressions,
        programs: PublishedPrograms,
        speech: Callable[[Program], Speech],
        providers: Callable[[MessageChannel], Provider],
        links: Links,
        campaigns: Campaigns,
        pacing: Pacing,
        commit: Commit,
        pause: Callable[[int], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._outbox = outbox
        self._recipients = recipients
        self._suppressions = suppressions
        self._programs = programs
        self._speech = speech
        self._providers = providers
        self._links = links
        self._campaigns = campaigns
        self._pacing = pacing
        self._commit = commit
        self._pause = pause
        self._clock = clock

    def dispatch(self, named: OwnedId) -> tuple[OutboxMessage | None, bool]:
        """The message as it stands afterwards, and whether this changed it; None: there is none."""
        begun = until_committed(lambda: self._begin(named), self._pause)
        if not isinstance(begun, _Claimed):
            return begun
        outcome = begun.provider.hand_over(begun.parcel)
        safe_for, attempt = begun.provider.repeats_safely_for, begun.message.attempts

        def concluded() -> OutboxMessage:
            before, seen = self._outbox.load(named) or begun.message, self._look(named.member)
            after = conclude(before, attempt, outcome, safe_for, seen.now)
            if after is not before:
                self._save(before, after, seen, *self._said_of(begun.parcel, outcome, seen.now))
            return after

        return until_committed(concluded, self._pause), True

    def _begin(self, named: OwnedId) -> _Claimed | tuple[OutboxMessage | None, bool]:
        before, seen = self._outbox.load(named), self._look(named.member)
        if before is None or not before.is_due(seen.now):
            return before, False
        found = self._next(before, seen)
        after = found.message if isinstance(found, _Claimed) else found
        self._save(before, after, seen)
        return found if isinstance(found, _Claimed) else (found, True)

    def _look(self, member: MemberId) -> _Sight:
        program = self._programs.active()
        return _Sight(self._clock(), program, self._speech(program).catalogue, self._pacing.of(member, program))

    def _save(self, before: OutboxMessage, after: OutboxMessage, seen: _Sight, *more: Write) -> None:
        """With the slot that goes along (E23)."""
        self._commit([self._outbox.save(before, after), *seen.pacing.follow(before, after, seen.now), *more])

    def _said_of(self, parcel: Parcel, outcome: Outcome, now: datetime) -> Sequence[Write]:
        """Whoever has blocked us at the provider is not asked for again."""
        if outcome != BLOCKED:
            return ()
        address = destination(parcel.channel, parcel.to, parcel.sender.identity)
        return self._suppressions.hear(address, Word(now, Ground.BLOCKED))

    def _next(self, before: OutboxMessage, seen: _Sight) -> OutboxMessage | _Claimed:
        """M26: what is right for the message now, by all that is known now."""
        now = seen.now
        signatures = self._signatures(before, seen)
        if not signatures and in_doubt(before):
            return leave(before, now)
        if now >= before.expires_at:
            return suppress(before, TOO_LATE, now)
        try:
            put_off = None if in_doubt(before) else self._put_off(before, seen)
            return put_off or self._claimed(before, signatures, seen)
        except _ObstacleError as obstacle:
            return obstacle.end(before, obstacle.reason, now)

    def _put_off(self, before: OutboxMessage, seen: _Sight) -> OutboxMessage | None:
        """Why nobody is told now, whoever they are: it is quiet, or the campaign is not right any more.

        Of who was forgotten nothing is kept until the morning (E25). Raises `_ObstacleError`.
        """
        if (morning := seen.pacing.awake(seen.now, before.kind)) > seen.now:
            self._recipient(before, seen)
            return defer(before, morning, QUIET_HOURS, seen.now)
        hindrance = self._campaigns.hindrance(before, before.cause, seen.now) if before.cause else None
        if hindrance is None:
            return None
        if hindrance.again_at is None:
            raise _ObstacleError(hindrance.reason)
        return defer(before, hindrance.again_at, hindrance.reason, seen.now)

    def _signatures(self, before: OutboxMessage, seen: _Sight) -> Signatures:
        """As whom it may be handed over now, by channel."""
        found = {}
        for channel in open_channels(before):
            signature = seen.catalogue.signature(_named(before.brand), channel)
            safe_for = self._providers(channel).repeats_safely_for
            if signature and may_try(before, channel, signature.identity, safe_for, seen.now):
                found[channel] = signature
        return found

    def _claimed(self, before: OutboxMessage, signatures: Signatures, seen: _Sight) -> _Claimed:
        """Raises `_ObstacleError`."""
        template = _template(before, seen.catalogue)
        recipient = self._recipient(before, seen)
        allowed = {each: signatures[each] for each in signatures if _is_allowed(before, each, recipient)}
        if signatures and not allowed:
            raise _ObstacleError(NO_CONSENT)
        if seen.pacing.cap_reached(before, {recipient.record.id, *recipient.absorbed}, seen.now):
            raise _ObstacleError(CAP_REACHED)
        way = self._way(allowed, template, recipient)
        try:
            parcel = self._parcel(before, way, seen.catalogue, recipient)
        except UnwritableTextError as error:
            raise _ObstacleError(UNWRITABLE, fail) from error
        claimed = claim(before, way.channel, way.signature.identity, seen.now)
        return _Claimed(claimed, parcel, self._providers(way.channel))

    def _recipient(self, before: OutboxMessage, seen: _Sight) -> Recipient:
        """E15: whoever goes on with what is the member's."""
        try:
            return for_survivor(
                lambda way: self._recipients.read(way[-1], before.brand, seen.program, seen.now), before.id.member
            )
        except MemberErasedError as error:
            raise _ObstacleError(ERASED) from error
        except MemberNotFoundError as error:
            raise _ObstacleError(NOT_A_MEMBER) from error

    def _way(self, signatures: Signatures, template: Template, recipient: Recipient) -> _Way:
        """The first by which the template speaks, and the member is reached. Raises `_ObstacleError`."""
        obstacle = UNREACHABLE
        for channel, signature in signatures.items():
            chosen = text_for(template, channel, recipient.facts.language)
            to = address_of(recipient.record, channel, signature.identity)
            if not chosen or not to:
                continue
            if not self._suppressions.holds_back(destination(channel, to, signature.identity)):
                return _Way(channel, template, chosen[0], signature, to)
            obstacle = SUPPRESSED_ADDRESS
        raise _ObstacleError(obstacle)

    def _parcel(self, before: OutboxMessage, way: _Way, catalogue: Catalogue, recipient: Recipient) -> Parcel:
        """Raises `UnwritableTextError`."""
        way_out = None
        if before.purpose is not None:
            whom = recipient.record.id
            way_out = self._links.link(whom, before.brand, way.channel, before.purpose, before.id.key)
        speaker = catalogue.speaker(_named(before.brand))
        occasion = Occasion(speaker, catalogue.program.name, recipient.facts, way_out or "")
        return Parcel(
            id=str(before.id),
            retry_key=before.retry_key,
            channel=way.channel,
            kind=before.kind,
            sender=Sender(way.signature.brand or GROUP, way.signature.identity, way.signature.name),
            to=way.to,
            message=message(way.template, way.channel, way.text, occasion),
            unsubscribe_url=way_out if way.channel is MessageChannel.EMAIL else None,
        )


def _template(before: OutboxMessage, catalogue: Catalogue) -> Template:
    """As the programme has it now: it may have changed since the message was planned, but not what it is."""
    template = catalogue.templates.get(before.template)
    if template is None or template.kind is not before.kind or before.brand not in {GROUP, *catalogue.brands}:
        raise _ObstacleError(TEMPLATE_GONE, fail)
    return template


def _is_allowed(before: OutboxMessage, channel: MessageChannel, recipient: Recipient) -> bool:
    if before.purpose is None:
        return True
    return agreed(recipient.record.consents, ConsentKey(channel, before.brand, before.purpose))


def _named(brand: BrandId) -> BrandId | None:
    """As the catalogue has it, where None is the group."""
    return None if brand == GROUP else brand

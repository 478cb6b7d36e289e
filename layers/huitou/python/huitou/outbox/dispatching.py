"""Sending what is due (M23): read everything anew, claim, hand over, conclude. Two writes of one item.

A delivery may come again, at once, late or in any order: whoever is not first at the claim does nothing. Whoever dies
leaves the message claimed, and it is found again when the lease is over (see `decisions`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from secrets import token_hex
from typing import NamedTuple, Protocol

from huitou.channels.model import Outcome, Parcel, Provider, Refused, Sender
from huitou.channels.reasons import BLOCKED
from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import Commit, Write, until_committed
from huitou.kernel.ids import MemberId, OwnedId
from huitou.members.identity import IdentityHasher
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
from huitou.outbox.pacing import MemberPacing, Pacing, Place
from huitou.outbox.ports import Campaigns, Code, Codes, OutboxStore
from huitou.outbox.reaching import Obstacle, Signatures, Way, named, signatures, way_to
from huitou.outbox.tracking import TrackedLinks, Tracker
from huitou.outbox.trials import NOT_A_TESTER, is_tester
from huitou.points.membership import MemberErasedError, MemberNotFoundError
from huitou.points.reaching import for_survivor
from huitou.program.model import GROUP, BrandId, Program
from huitou.program.ports import Programs
from huitou.program.speech import Speech
from huitou.rewards.decisions import told
from huitou.rewards.model import CouponState
from huitou.rewards.ports import CouponStore
from huitou.suppressions.model import SuppressionGround, Word, destination
from huitou.suppressions.service import Suppressions
from huitou.templates.choosing import text_for
from huitou.templates.links import Track
from huitou.templates.making import Occasion, message, says_coupons
from huitou.templates.model import Catalogue, Signature, Template, Text
from huitou.templates.variables import SAMPLE_COUPON, CouponFacts
from huitou.templates.writing import UnwritableTextError

COUPON_OVER = "coupon_over"
"""It was used, or has expired."""
ERASED = "erased"
NOT_A_MEMBER = "not_a_member"
TEMPLATE_GONE = "template_gone"
UNWRITABLE = "unwritable_text"
VERIFICATION_OVER = "verification_over"


class Links(Protocol):
    """Makes the links by which members say no."""

    def link(self, member: MemberId, brand: BrandId, channel: MessageChannel, purpose: str, message_id: str) -> str: ...


class _ObstacleError(Exception):
    """Why a message is not sent, and how it ends."""

    def __init__(self, reason: str, end: Callable[[OutboxMessage, str, datetime], OutboxMessage] = suppress) -> None:
        super().__init__(reason)
        self.reason = reason
        self.end = end


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
    place: Place | None
    """Where this attempt takes a slot; None: an earlier one has it, which may have sent it there."""
    has_other_way: Callable[[], bool]
    """Whether it could go by another of its channels as well."""


class Dispatcher:
    """The use case. ``providers`` says who delivers on a channel, ``addresses`` under which digest slots at an address
    are kept; ``clock`` is asked before each write.
    """

    def __init__(
        self,
        *,
        outbox: OutboxStore,
        recipients: Recipients,
        suppressions: Suppressions,
        addresses: IdentityHasher,
        programs: Programs,
        speech: Callable[[Program], Speech],
        providers: Callable[[MessageChannel], Provider],
        links: Links,
        tracked_links: TrackedLinks,
        campaigns: Campaigns,
        coupons: CouponStore,
        codes: Codes,
        pacing: Pacing,
        commit: Commit,
        pause: Callable[[int], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._outbox = outbox
        self._recipients = recipients
        self._suppressions = suppressions
        self._addresses = addresses
        self._programs = programs
        self._speech = speech
        self._providers = providers
        self._links = links
        self._tracked_links = tracked_links
        self._campaigns = campaigns
        self._coupons = coupons
        self._codes = codes
        self._pacing = pacing
        self._commit = commit
        self._pause = pause
        self._clock = clock

    def dispatch(self, named: OwnedId) -> tuple[OutboxMessage | None, bool]:
        """The message as it stands afterwards, and whether this changed it; None: there is none."""
        begun = until_committed(lambda: self._begin(named), self._pause)
        if not isinstance(begun, _Claimed):
            return begun
        outcome = _for_this_one(begun.provider.hand_over(begun.parcel), begun.has_other_way)
        safe_for, attempt = begun.provider.repeats_safely_for, begun.message.attempts
        as_claimed = iter([begun.message])  # whom nobody overtook, need not read it again

        def concluded() -> OutboxMessage:
            before = next(as_claimed, None) or self._outbox.load(named) or begun.message
            seen = self._look(named.member)
            after = conclude(before, attempt, outcome, safe_for, seen.now)
            if after is not before:
                self._save(before, after, seen, *self._said_of(begun.parcel, outcome, seen.now), place=begun.place)
            return after

        return until_committed(concluded, self._pause), True

    def _begin(self, named: OwnedId) -> _Claimed | tuple[OutboxMessage | None, bool]:
        before, seen = self._outbox.load(named), self._look(named.member)
        if before is None or not before.is_due(seen.now):
            return before, False
        found = self._next(before, seen)
        if not isinstance(found, _Claimed):
            self._save(before, found, seen)
            return found, True
        self._save(before, found.message, seen, place=found.place)
        return found

    def _look(self, member: MemberId) -> _Sight:
        program = self._programs.active()
        return _Sight(self._clock(), program, self._speech(program).catalogue, self._pacing.of(member, program))

    def _save(
        self, before: OutboxMessage, after: OutboxMessage, seen: _Sight, *more: Write, place: Place | None = None
    ) -> None:
        """With the slots that go along (E23)."""
        slots = seen.pacing.follow(before, after, seen.now, place=place)
        self._commit([self._outbox.save(before, after), *slots, *more])

    def _said_of(self, parcel: Parcel, outcome: Outcome, now: datetime) -> Sequence[Write]:
        """Whoever has blocked us at the provider is not asked for again."""
        if outcome != BLOCKED:
            return ()
        address = destination(parcel.channel, parcel.to, parcel.sender.identity)
        return self._suppressions.hear(address, Word(now, SuppressionGround.BLOCKED))

    def _next(self, before: OutboxMessage, seen: _Sight) -> OutboxMessage | _Claimed:
        """M26: what is right for the message now, by all that is known now."""
        now = seen.now
        signed = self._signatures(before, seen)
        if not signed and in_doubt(before):
            return leave(before, now)
        if now >= before.expires_at:
            return suppress(before, TOO_LATE, now)
        try:
            recipient = self._recipient(before, seen)
            put_off = None if in_doubt(before) else self._put_off(before, recipient, seen)
            return put_off or self._claimed(before, signed, recipient, seen)
        except _ObstacleError as obstacle:
            return obstacle.end(before, obstacle.reason, now)

    def _put_off(self, before: OutboxMessage, recipient: Recipient, seen: _Sight) -> OutboxMessage | None:
        """Why they are not told now: it is quiet, or the campaign is not right any more. Raises `_ObstacleError`.

        A trial waits for nothing; it is sent as long as they are one of the testers.
        """
        if before.is_trial:
            position, testers = recipient.state.position, seen.catalogue.testers
            if not is_tester(position, testers, seen.program, self._programs.version, seen.now):
                raise _ObstacleError(NOT_A_TESTER)
            return None
        if (morning := seen.pacing.awake(seen.now, before.kind)) > seen.now:
            return defer(before, morning, QUIET_HOURS, seen.now)
        if before.cause is None:
            return None
        hindrance = self._campaigns.hindrance(before, before.cause, recipient, seen.now)
        if hindrance is None:
            return None
        if hindrance.again_at is None:
            raise _ObstacleError(hindrance.reason)
        return defer(before, hindrance.again_at, hindrance.reason, seen.now)

    def _signatures(self, before: OutboxMessage, seen: _Sight) -> Signatures:
        """As whom it may be handed over now, by channel."""

        def may_go(channel: MessageChannel, signature: Signature) -> bool:
            safe_for = self._providers(channel).repeats_safely_for
            return may_try(before, channel, signature.identity, safe_for, seen.now)

        found = signatures(before.brand, open_channels(before), seen.catalogue)
        return {channel: signature for channel, signature in found.items() if may_go(channel, signature)}

    def _claimed(self, before: OutboxMessage, signed: Signatures, recipient: Recipient, seen: _Sight) -> _Claimed:
        """Raises `_ObstacleError`."""
        template, code = _template(before, seen.catalogue), self._code(before, seen.now)
        held_back, only_to = self._suppressions.holds_back, code.to if code else None
        way = way_to(recipient.record, before, template, signed, held_back, only_to=only_to)
        if isinstance(way, Obstacle):
            raise _ObstacleError(way)
        place, people = self._place(before, way), {recipient.record.id, *recipient.absorbed}
        if seen.pacing.cap_reached(before, people, seen.now, to=place.address if place else None):
            raise _ObstacleError(CAP_REACHED)
        tracker = Tracker(self._tracked_links, before)
        track = tracker if seen.catalogue.tracks(way.channel) else str
        text = _text(template, way, recipient.facts.language)
        coupon = self._coupon(before, text, seen.now)
        occasion = self._occasion(before, way, seen.catalogue, recipient, code, track=track, coupon=coupon)
        try:
            parcel = _parcel(before, way, template, text, occasion)
        except UnwritableTextError as error:
            raise _ObstacleError(UNWRITABLE, fail) from error
        sms = parcel.message.sms
        claimed = claim(
            before,
            way.channel,
            way.signature.identity,
            seen.now,
            sms_parts=sms.parts if sms else 0,
            targets=tracker.targets,
        )

        def has_other_way() -> bool:
            others = {channel: signature for channel, signature in signed.items() if channel is not way.channel}
            return isinstance(way_to(recipient.record, before, template, others, held_back, only_to=only_to), Way)

        return _Claimed(claimed, parcel, self._providers(way.channel), place, has_other_way)

    def _place(self, before: OutboxMessage, way: Way) -> Place | None:
        sender = way.signature.identity
        if in_doubt(before) and before.first_tried_at(way.channel, sender):
            return None
        return Place(self._addresses.key(destination(way.channel, way.to, sender)), token_hex(8))

    def _recipient(self, before: OutboxMessage, seen: _Sight) -> Recipient:
        """E15: whoever goes on with what is the member's. For who was forgotten, nothing waits any longer (E25).

        Raises `_ObstacleError`.
        """
        try:
            return for_survivor(
                lambda way: self._recipients.read(way[-1], before.brand, seen.program, seen.now), before.id.member
            )
        except MemberErasedError as error:
            raise _ObstacleError(ERASED) from error
        except MemberNotFoundError as error:
            raise _ObstacleError(NOT_A_MEMBER) from error

    def _code(self, before: OutboxMessage, now: datetime) -> Code | None:
        """M39: it is kept nowhere, and worked out anew for each attempt. Raises `_ObstacleError`."""
        if not before.is_code:
            return None
        code = self._codes.of(before.id, now)
        if code is None:
            raise _ObstacleError(VERIFICATION_OVER)
        return code

    def _coupon(self, before: OutboxMessage, text: Text, now: datetime) -> CouponFacts | None:
        """Read where the text says something of one; a trial says what nobody has. Raises `_ObstacleError`."""
        if before.is_trial:
            return SAMPLE_COUPON
        if before.coupon is None or not says_coupons(text):
            return None
        coupon = self._coupons.load(OwnedId(before.id.member, before.coupon))
        if coupon is None or coupon.state(now) is not CouponState.ISSUED:
            raise _ObstacleError(COUPON_OVER)
        return told(coupon, self._programs.version(coupon.program_version))

    def _occasion(
        self,
        before: OutboxMessage,
        way: Way,
        catalogue: Catalogue,
        recipient: Recipient,
        code: Code | None,
        *,
        track: Track,
        coupon: CouponFacts | None,
    ) -> Occasion:
        way_out = ""
        if before.purpose is not None:
            whom = recipient.record.id
            way_out = self._links.link(whom, before.brand, way.channel, before.purpose, before.id.key)
        speaker = catalogue.speaker(named(before.brand))
        said = code.said if code else None
        return Occasion(speaker, catalogue.program.name, recipient.facts, way_out, said, track, coupon)


def _for_this_one(outcome: Outcome, has_other_way: Callable[[], bool]) -> Outcome:
    """E24: it goes on to another channel where the one that it was tried by is closed for longer than it may wait."""
    if isinstance(outcome, Refused) and outcome.is_lasting and has_other_way():
        return Refused(outcome.reason)
    return outcome


def _text(template: Template, way: Way, language: str | None) -> Text:
    chosen = text_for(template, way.channel, language)
    if chosen is None:
        raise ValueError("A way is by a channel by which the template speaks.")
    return chosen[0]


def _parcel(before: OutboxMessage, way: Way, template: Template, text: Text, occasion: Occasion) -> Parcel:
    """Raises `UnwritableTextError`."""
    return Parcel(
        id=str(before.id),
        retry_key=before.retry_key,
        channel=way.channel,
        kind=before.kind,
        sender=Sender(way.signature.brand or GROUP, way.signature.identity, way.signature.name),
        to=way.to,
        is_repeat=in_doubt(before),
        message=message(template, way.channel, text, occasion),
        unsubscribe_url=occasion.unsubscribe_url or None if way.channel is MessageChannel.EMAIL else None,
    )


def _template(before: OutboxMessage, catalogue: Catalogue) -> Template:
    """As the programme has it now: it may have changed since the message was planned, but not what it is."""
    template = catalogue.templates.get(before.template)
    if template is None or template.kind is not before.kind or before.brand not in {GROUP, *catalogue.brands}:
        raise _ObstacleError(TEMPLATE_GONE, fail)
    return template

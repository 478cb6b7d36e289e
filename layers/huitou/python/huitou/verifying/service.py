"""What callers do with verifications: have a code sent to an address, and say which one came (M39)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from huitou.access.model import Caller
from huitou.kernel.commits import Commit, once, until_committed
from huitou.kernel.content import require_same
from huitou.kernel.errors import ContentReusedError, FieldError
from huitou.kernel.ids import Digest, MemberId, OwnedId, digest_of, parse_id, ulid_for
from huitou.members.decisions import Presented
from huitou.members.identity import Identity, IdentityHasher
from huitou.members.model import HeldIdentity, Proof
from huitou.members.places import require_brand
from huitou.members.service import Members
from huitou.messages.errors import ChannelNotWrittenError
from huitou.outbox.model import MessageState, OutboxMessage, Step
from huitou.outbox.ports import OutboxStore
from huitou.points.membership import as_named, require_seen
from huitou.points.ports import WalletStore
from huitou.program.model import Program
from huitou.program.ports import PublishedPrograms
from huitou.program.speech import Speech
from huitou.suppressions.model import destination
from huitou.templates.model import CodeRules, Template, TemplateKind
from huitou.verifying.codes import OneTimeCodes
from huitou.verifying.decisions import answered, nothing_sent, over, with_one_more
from huitou.verifying.errors import NoVerificationsError, VerificationNotFoundError, WrongCodeError
from huitou.verifying.model import CHANNELS, METHODS, Verification, VerificationState
from huitou.verifying.ports import VerificationStore


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call for a code. ``command`` names it (E14)."""

    command: Digest
    member: MemberId
    identity: Identity
    """A phone number or a mailbox."""


class Begun(NamedTuple):
    """A verification; ``replayed``: the call had begun it before."""

    verification: Verification
    replayed: bool


class Confirmed(NamedTuple):
    """A verification whose code was said, and the identity as the member has it now."""

    verification: Verification
    held: HeldIdentity


def verification_command(brand: str, idempotency_key: str) -> Digest:
    """A key space of its own for each brand."""
    return digest_of(("verification", brand, idempotency_key))


class Verifications:
    """The use cases. ``addresses`` tells addresses apart for their caps; ``pause`` waits after the n-th time that a
    decision was overtaken.
    """

    def __init__(
        self,
        store: VerificationStore,
        *,
        codes: OneTimeCodes,
        addresses: IdentityHasher,
        members: Members,
        outbox: OutboxStore,
        wallets: WalletStore,
        programs: PublishedPrograms,
        speech: Callable[[Program], Speech],
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._store = store
        self._codes = codes
        self._addresses = addresses
        self._members = members
        self._outbox = outbox
        self._wallets = wallets
        self._programs = programs
        self._speech = speech
        self._commit = commit
        self._pause = pause

    def begin(self, wanted: Wanted, caller: Caller, now: datetime) -> Begun:
        """Has a code sent, once (E14). Whose the address is, nobody looks up: the answer would tell it (E31).

        Raises `UnknownPlaceError`, `NoVerificationsError`, `ChannelNotWrittenError`, `TooManyCodesError`,
        `MemberNotFoundError`, `MemberErasedError`, `MemberMovedError`, `ContentReusedError`, `VerificationOverError`.
        """

        def attempt() -> Begun:
            program = self._programs.active()
            require_brand(program, caller.brand)
            rules, template = self._rules(program, wanted.identity)
            is_there = self._members.unchanged(wanted.member, caller.brand)
            address = destination(CHANNELS[wanted.identity.kind], wanted.identity.value)
            unsent = nothing_sent(self._addresses.key(address), wanted.member, caller.brand, rules, now)
            sent = with_one_more(self._store.sent(unsent), now)
            verification = Verification(
                OwnedId(wanted.member, ulid_for(now, wanted.command)), wanted.identity, caller.brand, now
            )
            message = _message(verification, wanted, self._proving(wanted), template, program)
            begun = [self._store.save(verification), *self._store.note_sent(sent)]
            self._commit([is_there, *self._outbox.add(message), *begun])
            return Begun(verification, replayed=False)

        return once(attempt, lambda: self._recalled(wanted), self._pause)

    def confirm(self, member: MemberId, verification_id: str, said: str, caller: Caller, now: datetime) -> Confirmed:
        """Whoever says the code holds the address, which is the member's from then on.

        Raises `VerificationNotFoundError`, `WrongCodeError`, `VerificationOverError`, `IdentityTakenError`,
        `TooManyError`, `MemberNotFoundError`, `MemberErasedError`, `MemberMovedError`.
        """

        def attempt() -> tuple[Verification, HeldIdentity | None]:
            before = self._load(member, verification_id, caller)
            after = answered(before, now, is_right=self._codes.is_of(before, said))
            if after.wrong_tries > before.wrong_tries:
                self._commit([self._store.save(after)])
                return after, None
            if after is before:
                return after, self._held(after, member, caller)
            presented = Presented(before.identity, Proof(METHODS[before.identity.kind], now))
            added, changes = self._members.adding(member, presented, caller.brand, now)
            self._commit([*changes, self._store.save(after)])
            return after, added.view.member.holding(before.identity)

        verification, held = until_committed(attempt, self._pause)
        if held is None:
            raise WrongCodeError("Another code was sent.", extra={"tries_left": verification.tries_left})
        return Confirmed(verification, held)

    def _held(self, confirmed: Verification, member: MemberId, caller: Caller) -> HeldIdentity:
        """The identity that was proven before; they may have given it up since."""
        held = self._members.get(member, caller.brand).member.holding(confirmed.identity)
        if held is None:
            raise over(VerificationState.CONFIRMED)
        return held

    def _rules(self, program: Program, identity: Identity) -> tuple[CodeRules, Template]:
        catalogue = self._speech(program).catalogue
        rules, template = catalogue.codes, catalogue.templates.get(catalogue.code_template or "")
        if rules is None or template is None:
            raise NoVerificationsError("The active programme names no template for them.")
        channel = CHANNELS[identity.kind]
        if channel not in template.channels:
            error = FieldError("/identity", f"No codes are sent by {channel}.")
            raise ChannelNotWrittenError(f"The template does not speak by {channel}.", errors=[error])
        return rules, template

    def _recalled(self, wanted: Wanted) -> Begun | None:
        """What the call began; of what the table has forgotten, that it is over."""
        message = self._outbox.find(wanted.command)
        if message is None:
            return None
        home = self._programs.active().home_currency
        named = as_named(self._wallets, message.id.member, wanted.member, home)
        require_same(message.asked, {"member": named}, "verification")
        if message.proves not in {None, self._proving(wanted)}:
            different = FieldError("/identity", "It was another one.")
            raise ContentReusedError("This verification is about another identity.", errors=[different])
        known = self._store.load(message.id)
        if known is None:
            raise over()
        return Begun(known, replayed=True)

    def _proving(self, wanted: Wanted) -> Digest:
        """The address, digested for this call alone: nobody can match it with another digest of the same one (E25)."""
        return self._addresses.key(replace(wanted.identity, scope=wanted.command)).digest

    def _load(self, member: MemberId, verification_id: str, caller: Caller) -> Verification:
        """One that was begun for the member, or for whoever was merged into them (E15), by this brand."""
        home = require_seen(self._wallets.load(member, self._programs.active().home_currency), caller.brand)
        named = parse_id(verification_id)
        is_theirs = isinstance(named, OwnedId) and named.member in {member, *home.absorbed}
        found = self._store.load(named) if isinstance(named, OwnedId) and is_theirs else None
        if found is None or found.brand != caller.brand:
            raise VerificationNotFoundError("The member has no such verification.")
        return found


def _message(
    verification: Verification, wanted: Wanted, proves: Digest, template: Template, program: Program
) -> OutboxMessage:
    """A service message that has the verification's id, and ends with it."""
    return OutboxMessage(
        id=verification.id,
        template=template.id,
        program_version=program.version,
        kind=TemplateKind.SERVICE,
        brand=verification.brand,
        channels=(CHANNELS[verification.identity.kind],),
        purpose=None,
        command=wanted.command,
        asked={"member": wanted.member},
        planned_at=verification.begun_at,
        expires_at=verification.ends_at,
        history=(Step(MessageState.PLANNED, verification.begun_at),),
        due_at=verification.begun_at,
        is_code=True,
        proves=proves,
    )

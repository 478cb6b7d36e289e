"""What members agree to be written to for, by channel, brand and purpose (M3).

Knows no identities: who records a yes or no needs no secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from huitou.kernel.commits import Commit, Write, until_committed
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import Page
from huitou.members import decisions
from huitou.members.model import Consent, ConsentChange, ConsentKey, Member
from huitou.members.places import require_brand
from huitou.members.ports import MemberStore
from huitou.members.visibility import seen_by
from huitou.points.membership import MemberNotFoundError, require_seen
from huitou.points.ports import WalletStore
from huitou.program.acceptance import accepted_time
from huitou.program.model import GROUP, BrandId
from huitou.program.ports import Programs
from huitou.standing.ports import StandingStore


@dataclass(frozen=True, slots=True)
class Word:
    """The member's yes or no as it comes in; ``occurred_at`` None: just now."""

    granted: bool
    source: str
    occurred_at: datetime | None = None


class Consents:
    """The use cases. ``brand`` is the scope of the caller's key, `GROUP` for the group's own.

    ``pause`` waits after the n-th time that a decision was overtaken.
    """

    def __init__(
        self,
        *,
        members: MemberStore,
        wallets: WalletStore,
        standings: StandingStore,
        programs: Programs,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._members = members
        self._wallets = wallets
        self._standings = standings
        self._programs = programs
        self._commit = commit
        self._pause = pause

    def give(self, member_id: MemberId, key: ConsentKey, word: Word, brand: BrandId, now: datetime) -> Consent:
        """Records a yes or no and answers the one in force. What is in force already adds no history.

        Raises `MemberNotFoundError`, `UnknownPlaceError`, `decisions.ConsentContradictedError`, and of E32
        `InFutureError`, `TooLateError`.
        """
        program = self._programs.active()
        require_brand(program, key.brand)
        said_at = accepted_time(word.occurred_at or now, program, now)
        return self._record(member_id, key, Consent(word.granted, word.source, said_at, said_at, now, brand))

    def answer(self, member_id: MemberId, key: ConsentKey, word: Word, now: datetime) -> Consent:
        """A yes or no to a message of ours: it counts however late it comes, and where the brand has left since.

        Raises `MemberNotFoundError`, `decisions.ConsentContradictedError`.
        """
        said_at = min(word.occurred_at or now, now)
        return self._record(member_id, key, Consent(word.granted, word.source, said_at, said_at, now, GROUP))

    def _record(self, member_id: MemberId, key: ConsentKey, given: Consent) -> Consent:
        def attempt() -> Consent:
            member = self._load(member_id, given.recorded_by)
            current = member.consents.get(key)
            is_late = current is not None and given.occurred_at <= current.confirmed_at
            known = self._members.consent_at(member_id, key, given.occurred_at) if is_late else None
            decision = decisions.consent(member, key, given, known)
            added = [self._members.add_consent(member_id, decision.change)] if decision.change else []
            self._save(member, decision.member, added)
            return decision.member.consents[key]

        return until_committed(attempt, self._pause)

    def in_force(self, member_id: MemberId, brand: BrandId) -> Mapping[ConsentKey, Consent]:
        """Those of this brand and the group. Raises `MemberNotFoundError`."""
        return seen_by(self._load(member_id, brand), brand).consents

    def history(self, member_id: MemberId, brand: BrandId, *, limit: int, after: str | None) -> Page[ConsentChange]:
        """A page of all that was recorded, of this brand and the group. Raises `MemberNotFoundError`."""
        self._require_seen(member_id, brand)
        brands = None if brand == GROUP else {GROUP, brand}
        return self._members.consent_history(member_id, brands, limit=limit, after=after)

    def _load(self, member_id: MemberId, brand: BrandId) -> Member:
        self._require_seen(member_id, brand)
        member = self._members.load(member_id)
        if member is None:
            raise MemberNotFoundError
        return member

    def _require_seen(self, member_id: MemberId, brand: BrandId) -> None:
        require_seen(self._wallets.load(member_id, self._programs.active().home_currency), brand)

    def _save(self, before: Member, after: Member, added: list[Write]) -> None:
        """Commits the record if it changed, and tells whoever knows where the member stands that it did."""
        if after is not before:
            noted = self._standings.note_profile(after.id, after.version, after.profile.birthday)
            self._commit([*added, self._members.save(after), noted])

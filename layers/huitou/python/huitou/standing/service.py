"""What callers do with tiers: look, and give one by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from huitou.kernel.commits import Commit, once
from huitou.kernel.content import require_same
from huitou.kernel.errors import ConflictError, FieldError, InvalidError
from huitou.kernel.ids import Digest, MemberId, digest_of
from huitou.kernel.instants import format_instant
from huitou.kernel.pages import Page, latest_of
from huitou.program.model import GROUP, BrandId
from huitou.standing.keeping import Timeline, stand
from huitou.standing.model import Grant, Interval, Known
from huitou.standing.outlook import Outlook, look
from huitou.standing.ports import Acquaintance, StandingStore, TierPrograms
from huitou.standing.timeline import ProgramTimeline

MOST_GRANTS = 50
"""Of one member: they are read with every sale."""


class UnknownTierError(InvalidError):
    """The programme in force has no such tier above the lowest."""

    code = "unknown_tier"
    title = "Unknown tier"


class TooManyGrantsError(ConflictError):
    """The member was given as many tiers by hand as can be kept."""

    code = "too_many_grants"
    title = "Too many tiers were given by hand"


@dataclass(frozen=True, slots=True)
class Granted:
    """A tier given by hand, now or (``replayed``) the first time it was asked for, and how the member stands now."""

    grant: Grant
    outlook: Outlook
    replayed: bool


@dataclass(frozen=True, slots=True)
class Past:
    """A tier that was held, or is; ``grant`` is what gave it where that was done by hand."""

    interval: Interval
    until: datetime | None
    grant: Grant | None


def past_tiers(known: Known, timeline: Timeline, brand: BrandId, now: datetime) -> tuple[Past, ...]:
    """All tiers until ``now``, the latest first, as far as ``brand`` may know why (E31)."""
    grants = (each for each in known.record.grants if brand == GROUP or each.brand in {GROUP, brand})
    seen = {grant.at: grant for grant in grants}
    intervals = [each for each in stand(known, timeline, now).intervals if each.since <= now]
    ends: list[datetime | None] = [each.since for each in intervals[1:]]
    return tuple(
        Past(interval, until, seen.get(interval.since))
        for interval, until in zip(reversed(intervals), [None, *reversed(ends)], strict=True)
    )


def grant_id(scope: BrandId, idempotency_key: str) -> Digest:
    """A key space of its own for each brand, apart from that of commands on points."""
    return digest_of(("tier", scope, idempotency_key))


class Tiers:
    """The use cases. ``pause`` waits after the n-th time that a decision was overtaken."""

    def __init__(
        self,
        members: Acquaintance,
        standings: StandingStore,
        programs: TierPrograms,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._members = members
        self._standings = standings
        self._programs = programs
        self._timeline = ProgramTimeline(programs)
        self._commit = commit
        self._pause = pause

    def view(self, member: MemberId, brand: BrandId, at: datetime) -> Outlook:
        """How the member stands at ``at``, before, now or later. Raises `MemberNotFoundError`."""
        return look(self._members.known(member, brand), self._timeline, at)

    def history(self, member: MemberId, brand: BrandId, now: datetime, *, after: str | None, limit: int) -> Page[Past]:
        """A page of all tiers, the latest first; of another brand's grant, the fact alone (E31).

        Raises `MemberNotFoundError`, `InvalidCursorError`.
        """
        past = past_tiers(self._members.known(member, brand), self._timeline, brand, now)
        return latest_of({format_instant(each.interval.since): each for each in past}, after=after, limit=limit)

    def grant(self, member: MemberId, grant: Grant, now: datetime) -> Granted:
        """Gives a tier by hand, once (E14); a lower one than the member has counts where they would fall below it.

        Raises `MemberNotFoundError`, `UnknownTierError`, `InvalidError`, `TooManyGrantsError`, `ContentReusedError`.
        """

        def attempt() -> Granted:
            known = self._members.known(member, grant.brand)
            self._require_sensible(grant)
            if len(known.record.grants) >= MOST_GRANTS:
                raise TooManyGrantsError(f"At most {MOST_GRANTS} tiers can be given to a member by hand.")
            self._commit(self._standings.grant(known.record, grant))
            return Granted(grant, self.view(member, grant.brand, now), replayed=False)

        def recall() -> Granted | None:
            found = self._standings.find_grant(grant.id)
            if found is None:
                return None
            whose, known = found
            named = whose if self._members.are_one(whose, member) else member
            require_same(_content(whose, known), _content(named, grant), "grant")
            return Granted(known, self.view(member, grant.brand, now), replayed=True)

        return once(attempt, recall, self._pause)

    def _require_sensible(self, grant: Grant) -> None:
        policy = self._programs.active().tiers
        if policy is None or not policy.rank(grant.tier):
            raise UnknownTierError(
                "The programme has no such tier to give.", errors=[FieldError("/tier", "Name a tier above the lowest.")]
            )
        if grant.until is not None and grant.until <= grant.at:
            raise InvalidError("The tier would be over.", errors=[FieldError("/until", "This lies in the past.")])


def _content(member: MemberId, grant: Grant) -> Mapping[str, object]:
    """What a repeat must agree in."""
    return {
        "member": member,
        "tier": grant.tier,
        "until": format_instant(grant.until) if grant.until else None,
        "reason": grant.reason,
        "actor": grant.actor,
    }

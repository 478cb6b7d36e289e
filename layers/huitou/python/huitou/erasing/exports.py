"""Handing over all that is kept of a person (M4, E25): what an erasure would find, and what it would leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from huitou.erasing.kept import Exported, TiersKept
from huitou.erasing.ports import ExportLog, KeptStore
from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import Commit
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import InvalidCursorError
from huitou.members.ports import MemberStore
from huitou.members.service import SeenMember
from huitou.points.membership import MemberNotFoundError, require_seen
from huitou.program.model import GROUP
from huitou.purchases.ports import MemberStates
from huitou.purchases.standing import known_of
from huitou.standing.ports import TierPrograms
from huitou.standing.service import past_tiers
from huitou.standing.timeline import ProgramTimeline

BETWEEN = "\n"
"""In a place: behind whose it is."""


class Exports:
    """The use case, for the group's keys only."""

    def __init__(
        self,
        *,
        kept: KeptStore,
        log: ExportLog,
        members: MemberStore,
        states: MemberStates,
        programs: TierPrograms,
        commit: Commit,
    ) -> None:
        self._kept = kept
        self._log = log
        self._members = members
        self._states = states
        self._programs = programs
        self._timeline = ProgramTimeline(programs)
        self._commit = commit

    def export(self, member: MemberId, after: str | None, *, actor: str, now: datetime) -> Iterator[Exported]:
        """All that is kept of the member and of those who were merged into them, after the place ``after``.

        It is read as the caller goes on. What lies behind traces comes with the first that leads to it. Who begins
        is written down. Raises `MemberNotFoundError`, `MemberErasedError`, `MemberMovedError`, `InvalidCursorError`.
        """
        wallets = self._states.load(member).wallets
        home = require_seen(wallets.get(self._programs.active().home_currency), GROUP)
        people = (member, *home.absorbed)
        if after is None:
            self._commit([self._log.add(AuditEntry(now, actor, "member_exported", member))])
            return _each_once(self._all(people, now))
        name, _, place = after.partition(BETWEEN)
        if name not in people:
            raise InvalidCursorError("The cursor does not belong to this list.")
        begun = people.index(MemberId(name))
        return _each_once(chain(self._traces(people[begun], place or None), self._all(people[begun + 1 :], now)))

    def _all(self, people: tuple[MemberId, ...], now: datetime) -> Iterator[Exported]:
        for member in people:
            yield self._whole(member, now)
            yield from self._traces(member, None)

    def _whole(self, member: MemberId, now: datetime) -> Exported:
        """What begins somebody's part."""
        record, (wallets, standing, _) = self._members.load(member), self._states.load(member)
        home = wallets.get(self._programs.active().home_currency)
        if record is None or home is None:
            raise MemberNotFoundError
        tiers = TiersKept(standing, past_tiers(known_of(home, standing), self._timeline, GROUP, now))
        return Exported(member, (SeenMember(record, home.brands), tiers, *wallets.values()))

    def _traces(self, member: MemberId, place: str | None) -> Iterator[Exported]:
        for kept in self._kept.walk(member, place):
            yield Exported(f"{member}{BETWEEN}{kept.place}", (kept.trace,), kept.behind)


def _each_once(exported: Iterator[Exported]) -> Iterator[Exported]:
    """What lies behind several traces with the first of them only."""
    seen: set[str] = set()
    for each in exported:
        yield each._replace(behind=tuple(part for part in each.behind if part.id not in seen))
        seen.update(part.id for part in each.behind)

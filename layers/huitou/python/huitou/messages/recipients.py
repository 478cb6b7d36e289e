"""Who is spoken to, as far as a template may say it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from huitou.kernel.calendars import local_date
from huitou.kernel.ids import MemberId
from huitou.members.model import Member
from huitou.members.ports import Profiles
from huitou.members.visibility import seen_by
from huitou.points.membership import MemberNotFoundError, require_seen
from huitou.points.wallet import Wallet, balance_of, lots_at
from huitou.program.model import BrandId, Program
from huitou.purchases.ports import MemberState, MemberStates
from huitou.purchases.standing import known_of
from huitou.standing.outlook import look
from huitou.standing.ports import TierPrograms
from huitou.standing.timeline import ProgramTimeline
from huitou.templates.variables import MemberFacts


class Recipient(NamedTuple):
    """A member's record, what texts may say of them, what both were read from, and who was merged into them."""

    record: Member
    facts: MemberFacts
    state: MemberState
    absorbed: tuple[MemberId, ...]


class Recipients:
    """Reads them anew each time (M26): what was true when a message was thought of may be over."""

    def __init__(self, profiles: Profiles, states: MemberStates, programs: TierPrograms) -> None:
        self._profiles = profiles
        self._states = states
        self._timeline = ProgramTimeline(programs)

    def facts(self, member: MemberId, brand: BrandId, program: Program, now: datetime) -> MemberFacts:
        """As `read`."""
        return self.read(member, brand, program, now).facts

    def read(self, member: MemberId, brand: BrandId, program: Program, now: datetime) -> Recipient:
        """As far as ``brand`` may know (E31). Raises `MemberNotFoundError`, `MemberErasedError`, `MemberMovedError`."""
        state = self._states.load(member)
        home = require_seen(state.wallets.get(program.home_currency), brand)
        found = self._profiles.load(member)
        if found is None:
            raise MemberNotFoundError
        seen = seen_by(found, brand)
        profile = seen.profile
        level = look(known_of(home, state.record), self._timeline, now).level
        points_ending, points_end_on = _ending(home, program, now)
        facts = MemberFacts(
            name=profile.name,
            language=profile.language,
            tier=level.name if level else None,
            points=_points(balance_of(home.lots, now, home.holds).spendable, program),
            points_ending=points_ending,
            points_end_on=points_end_on,
        )
        return Recipient(seen, facts, state, home.absorbed)


def _points(units: int, program: Program) -> Decimal:
    return Decimal(units).scaleb(-program.currencies[program.home_currency].exponent)


def _ending(home: Wallet, program: Program, now: datetime) -> tuple[Decimal | None, date | None]:
    """What ends on the first day on which anything does, of what can be spent, and its last day."""
    by_day: dict[date, int] = {}
    for lot in lots_at(home.lots, home.holds, now):
        if lot.remaining and lot.expires_at is not None and lot.is_spendable(now):
            last_day = local_date(lot.expires_at - timedelta(milliseconds=1), program.zone)
            by_day[last_day] = by_day.get(last_day, 0) + lot.remaining
    if not by_day:
        return None, None
    first = min(by_day)
    return _points(by_day[first], program), first

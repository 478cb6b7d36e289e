"""The campaigns of a programme in a past that is replayed: what begins, is told, and is left untold (M14, M19).

Nothing is decided here, as in `replaying`. Positions are worked out by `huitou.segments.evaluation` whenever something
happened and whenever the clock would look; journeys begin and go on, and messages are sent, by the use cases of
production over stores in memory. Only the provider at the end is none: it takes everything, and is told to nobody.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any, Final, NamedTuple

from huitou.campaigns.beginning import Beginnings
from huitou.campaigns.calendar import Coming, announced
from huitou.campaigns.decisions import is_called
from huitou.campaigns.drawing import Draws
from huitou.campaigns.goals import Goals
from huitou.campaigns.model import Journey, JourneyId, Turn, TurnOutcome
from huitou.campaigns.moves import Moves
from huitou.campaigns.new_journeys import NewJourneys, Whom, called
from huitou.campaigns.ports import Given, Issued
from huitou.campaigns.service import Journeys
from huitou.campaigns.situations import Situations
from huitou.channels.model import Accepted, Outcome, Parcel
from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId, OwnedId
from huitou.kernel.instants import BEGINNING
from huitou.kernel.values import changed
from huitou.members.identity import IdentityHasher
from huitou.members.model import Member
from huitou.messages.recipients import Recipients
from huitou.outbox.dispatching import Dispatcher
from huitou.outbox.model import MessageState, OutboxMessage
from huitou.outbox.pacing import Pacing
from huitou.points.membership import MemberNotFoundError
from huitou.points.moves import Give
from huitou.points.wallet import Cause, Wallet
from huitou.program.campaigns import Campaign, CampaignId, GiveCoupon, GivePoints, OnlyIn, SetTag
from huitou.program.coupons import CouponKind
from huitou.program.looking_back import needed_by
from huitou.program.model import BrandId, CurrencyId, Program
from huitou.program.rules import SegmentId
from huitou.program.speech import Speech
from huitou.purchases.ports import MemberState
from huitou.rewards.codes import new_code
from huitou.rewards.decisions import issue
from huitou.segments.evaluation import evaluate
from huitou.segments.facts import Deed
from huitou.segments.judging import Judge
from huitou.segments.loading import Holdings, facts_of
from huitou.simulator.account import Account
from huitou.simulator.membership import Life
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_coupons import MemoryCoupons
from huitou.simulator.memory_draws import MemoryDraws
from huitou.simulator.memory_journeys import MemoryJourneys
from huitou.simulator.memory_outbox import MemoryOutbox
from huitou.simulator.memory_pressure import MemoryPressure
from huitou.simulator.memory_program import OneProgram
from huitou.simulator.memory_suppressions import MemorySuppressions
from huitou.simulator.reach import Reach
from huitou.standing.position import Position, Seen
from huitou.suppressions.service import Suppressions
from huitou.templates.links import SAMPLE_TRACKED_URL
from huitou.templates.variables import SAMPLE_UNSUBSCRIBE_URL

WAITING: Final = "waiting"
"""What has become of a message by the end that waits for its instant."""
_HASHER: Final = IdentityHasher(lambda: "nobody is in here")
_SUPPRESSIONS: Final = Suppressions(MemorySuppressions(MemoryTable()), _HASHER)


class Campaigning:
    """Of one programme, for one member after the other.

    ``since`` is when the past begins that is replayed, which ends at ``until``: how a member stands at first, begins
    nothing (E20). For ``agreed_percent`` see `Reach`.
    """

    def __init__(
        self,
        program: Program,
        speech: Speech,
        agreed_percent: int | None,
        *,
        since: datetime | None,
        until: datetime,
    ) -> None:
        asked = {name for each in program.campaigns.values() for name in _asked_by(each)}
        segments = needed_by(asked, program.segments)
        quiet = {name: replace(each, expiry_notice_days=None) for name, each in program.currencies.items()}
        self.watched = replace(program, segments=segments, currencies=quiet)
        """The programme as far as campaigns ask who is where; nobody hears of anything else."""
        self.since = since or BEGINNING
        self.until = until
        self.speech = speech
        self._reach = Reach(program, speech.catalogue, agreed_percent)

    def follow(self, life: Life) -> Following:
        return Following(self, life, self._reach.record(life.history))


def _asked_by(campaign: Campaign) -> Iterator[SegmentId]:
    if campaign.segment is not None:
        yield campaign.segment
    yield from campaign.only_in | campaign.not_in | campaign.goals
    for step in campaign.steps:
        if isinstance(step, OnlyIn):
            yield from step.segments


class Following:
    """What campaigns do with one member, whose ``life`` goes on beside it; ``record`` is how they are reached."""

    def __init__(self, campaigning: Campaigning, life: Life, record: Member | None) -> None:
        self._program, self._since, self._until = campaigning.watched, campaigning.since, campaigning.until
        self._programs = OneProgram(self._program)
        self._life = life
        self._begins_at = max(life.history.enrolled_at, campaigning.since)
        self._deeds = sorted(life.deeds, key=attrgetter("at"))
        self._facts = facts_of(life.history.person, self._holdings(self._begins_at), self._deeds, life.insights)
        self._judge = Judge(self._facts, self._program)
        self._learnt = 0
        self._now = self._begins_at
        self._position: Position | None = None
        self._table = MemoryTable()
        self._profiles = _Profiles(record)
        self._waiting: list[_Due] = []
        self._called = self._callings()
        self._journeys = MemoryJourneys(self._table)
        self._coupons = MemoryCoupons(self._table)
        self._new_journeys = NewJourneys(self._journeys, self._read)
        self._moves = Moves(
            Beginnings(self._new_journeys, self._programs), Goals(self._journeys, self._programs, self._read)
        )
        self._walk, self._dispatcher = self._use_cases(campaigning.speech)

    def wait(self, until: datetime) -> None:
        """Whatever falls due by then, is done in its turn."""
        if self._position is None:
            if until <= self._begins_at:
                return
            self._look(self._begins_at)
        while (due := self._next()) and due.at <= until:
            self._now = max(self._now, due.at)
            due.happens()

    def learn(self, at: datetime) -> None:
        """Something has happened to the member just before ``at``."""
        has = self._holdings(at)
        self._judge.go_on(has)
        self._facts = changed(
            self._facts, enrolled_at=has.enrolled_at, joined=has.joined, wallets=has.wallets, tiers=has.tiers
        )
        self._learnt += 1
        if at >= self._begins_at:
            self._look(at)

    def count(self, account: Account) -> None:
        """What came of it all."""
        for journey in self._table.all(Journey):
            account.begun[journey.campaign] += 1
            for turn in journey.turns:
                self._count_turn(turn, journey.campaign, account)
        for message in self._table.all(OutboxMessage):
            campaign = message.cause.campaign if message.cause else ""
            if message.state is MessageState.ACCEPTED and message.channel:
                account.messages[campaign, message.channel.value] += 1
                account.parts[campaign] += message.sms_parts
            else:
                account.untold[campaign, message.reason or WAITING] += 1

    def _count_turn(self, turn: Turn, campaign: CampaignId, account: Account) -> None:
        match turn.outcome, self._program.campaigns[campaign].steps[turn.step]:
            case TurnOutcome.GIVEN, GivePoints(currency=currency, points=points):
                account.given[campaign, currency] += points
            case TurnOutcome.GIVEN, GiveCoupon(coupon=coupon):
                account.coupons[campaign, coupon] += 1
            case (TurnOutcome.PLANNED, _) | (_, SetTag()):
                pass
            case outcome, _:
                account.untold[campaign, outcome.value] += 1

    def load(self, member: MemberId) -> MemberState:
        """`MemberStates`, of the only one there is."""
        del member
        home, membership, wallets = self._program.home_currency, self._life.membership, self._life.wallets
        brands, unseen = dict(membership.brands), tuple(membership.unseen)
        known = changed(wallets[home], brands=brands, unseen=unseen, home=True)
        return MemberState({**wallets, home: known}, membership.record, self._position)

    def position_of(self, member: MemberId, state: MemberState, now: datetime) -> Position:
        """`Places`: it was looked at before anything else that is due now (E22)."""
        del member, state, now
        if self._position is None:
            raise MemberNotFoundError
        return self._position

    def issue(
        self, kind: CouponKind, cause: Cause, home: Wallet, program: Program, now: datetime, *, whose: MemberId
    ) -> Issued:
        """`Effects`, and so are `give` and `keep`. Nobody knows whether a coupon would be used: none is."""
        del home
        coupon = issue(kind, whose, code=new_code(), cause=cause, program=program, now=now)
        return Issued(coupon.id.key, self._coupons.add(coupon))

    def give(
        self,
        gift: Give,
        currency: CurrencyId,
        wallets: Mapping[CurrencyId, Wallet],
        program: Program,
        now: datetime,
        *,
        whose: MemberId,
    ) -> Given:
        """It is done at once, for nobody else is there, and nothing is left to write."""
        del wallets, program, whose
        self._life.book(currency, gift, now)
        self.learn(now)
        return Given(None, ())

    def keep(self, record: Member, home: Wallet, now: datetime) -> Sequence[Write]:
        del home
        self._profiles.record = record
        self._facts = changed(self._facts, tags=frozenset(record.tags))
        self._judge = Judge(self._facts, self._program)
        self.learn(now)
        return ()

    def _holdings(self, at: datetime) -> Holdings:
        membership = self._life.membership
        return Holdings(membership, self._life.wallets, membership.record, self._life.timeline, at)

    def _use_cases(self, speech: Speech) -> tuple[Journeys, Dispatcher]:
        programs, profiles = self._programs, self._profiles
        journeys, outbox = self._journeys, MemoryOutbox(self._table)
        situations = Situations(journeys, self, self, programs, self._read)
        shared: dict[str, Any] = {
            "outbox": outbox,
            "suppressions": _SUPPRESSIONS,
            "programs": programs,
            "speech": lambda _: speech,
            "pacing": Pacing(MemoryPressure(self._table), lambda _: speech),
            "commit": self._table.commit,
            "pause": lambda _: None,
        }
        draws = Draws(MemoryDraws(self._table), _HASHER)
        walk = Journeys(
            **shared, journeys=journeys, situations=situations, effects=self, profiles=profiles, draws=draws
        )
        return walk, Dispatcher(
            **shared,
            recipients=Recipients(profiles, self, programs),
            addresses=_HASHER,
            coupons=self._coupons,
            providers=lambda _: _PROVIDER,
            links=_Links(),
            tracked_links=_TrackedLinks(),
            campaigns=situations,
            codes=_NoCodes(),
            clock=lambda: self._now,
        )

    def _look(self, now: datetime) -> None:
        """Where the member stands now, and what begins by that."""
        before, self._now = self._position, max(self._now, now)
        facts = changed(self._facts, deeds=self._near(before.through if before else now, now))
        self._position = evaluate(
            before,
            facts,
            self._program,
            now,
            Seen(self._learnt, 0, 0),
            member=self._life.history.member,
            in_force_since=self._since,
            judging=lambda *_: self._judge,
        )
        if journeys := self._moves.follow(before, self._position, facts, self._program, now):
            self._table.commit(journeys)
            self._find_waiting()

    def _read(self, home: Wallet, since: datetime) -> Sequence[Deed]:
        """All deeds, also of what is ahead, at which nobody looks."""
        del home, since
        return self._deeds

    def _near(self, since: datetime, now: datetime) -> list[Deed]:
        """From the last deed before ``since`` to the first after ``now``: nothing else can move anybody between them.

        Whoever judges knows all of them.
        """
        first = bisect_left(self._deeds, since, key=attrgetter("at"))
        end = bisect_right(self._deeds, now, key=attrgetter("at"))
        return self._deeds[max(first - 1, 0) : end + 1]

    def _next(self) -> _Due | None:
        """What falls due first; of one instant, positions, then what begins, journeys, and messages (E22)."""
        at = self._position.due_at if self._position else None
        looks = [_Due(at, 0, lambda: self._look(self._now))] if at else []
        return min([*looks, *self._called[-1:], *self._waiting], key=lambda each: each[:2], default=None)

    def _callings(self) -> list[_Due]:
        """When campaigns begin with many, and maybe with the member; the last one first."""
        found = [
            _Due(coming.at, 1, partial(self._call, campaign, coming))
            for campaign in self._program.campaigns.values()
            if not campaign.paused
            for coming in announced(self._programs, campaign, self._begins_at, self._until)
        ]
        return sorted(found, key=lambda each: each.at, reverse=True)

    def _call(self, campaign: Campaign, coming: Coming) -> None:
        self._called.pop()
        position = self._position
        if position is None or not is_called(campaign, coming.at, position, self._facts.joined):
            return
        whom = Whom(position, self._facts.wallets[self._program.home_currency], lambda: self._facts.birthday)
        if journeys := self._new_journeys.begin([called(campaign, coming, position)], whom, self._program):
            self._table.commit(journeys)
            self._find_waiting()

    def _find_waiting(self) -> None:
        journeys = (
            _Due(each.due_at, 2, partial(self._advance, each.id)) for each in self._table.all(Journey) if each.due_at
        )
        messages = (
            _Due(each.due_at, 3, partial(self._dispatch, each.id))
            for each in self._table.all(OutboxMessage)
            if each.due_at
        )
        self._waiting = [*journeys, *messages]

    def _advance(self, journey: JourneyId) -> None:
        self._walk.advance(journey, self._now)
        self._find_waiting()

    def _dispatch(self, message: OwnedId) -> None:
        self._dispatcher.dispatch(message)
        self._find_waiting()


class _Due(NamedTuple):
    """Something that is done at ``at``; ``turn`` says which goes first of what is due at once."""

    at: datetime
    turn: int
    happens: Callable[[], None]


class _Profiles:
    """`Profiles` of one member."""

    def __init__(self, record: Member | None) -> None:
        self.record = record

    def load(self, member: MemberId) -> Member | None:
        del member
        return self.record


class _Provider:
    """Takes everything."""

    repeats_safely_for: timedelta | None = None

    def hand_over(self, parcel: Parcel) -> Outcome:
        return Accepted(parcel.id)


_PROVIDER: Final = _Provider()


class _NoCodes:
    """No campaign sends any."""

    def of(self, message: OwnedId, now: datetime) -> None:
        del message, now


class _Links:
    """As long as real ones: an SMS has room for them."""

    def link(self, member: MemberId, brand: BrandId, channel: MessageChannel, purpose: str, message_id: str) -> str:
        del member, brand, channel, purpose, message_id
        return SAMPLE_UNSUBSCRIBE_URL


class _TrackedLinks:
    """The same of those that lead on."""

    def link(self, message: OwnedId, number: int) -> str:
        del message, number
        return SAMPLE_TRACKED_URL

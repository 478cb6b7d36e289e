"""Campaigns for tests: members, what happens by itself to them, and a clock that can be put forward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from huitou.campaigns.calendar import announced
from huitou.campaigns.calling import CampaignCalendar, Occasions
from huitou.campaigns.draw_store import TableDraws
from huitou.campaigns.drawing import Draws
from huitou.campaigns.effects import MemberEffects
from huitou.campaigns.model import Journey, JourneyId
from huitou.campaigns.occasion_store import TableOccasions
from huitou.campaigns.occasions import OccasionId
from huitou.campaigns.ports import DrawStore, OccasionStore
from huitou.campaigns.service import Journeys
from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import EPOCH, MILLISECOND
from huitou.members.consents import Word
from huitou.members.identity import IdentityHasher, phone_identity
from huitou.members.model import ConsentKey
from huitou.members.ports import MemberIndex
from huitou.members.store import TableMemberIndex
from huitou.outbox.model import Cause, OutboxMessage
from huitou.purchases.model import Line
from huitou.rewards.codes import new_code
from huitou.segments.ports import MemberLists
from huitou.segments.service import Segments
from huitou.segments.store import TableMemberLists
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_draws import MemoryDraws
from huitou.simulator.memory_members import MemoryMemberIndex
from huitou.simulator.memory_occasions import MemoryOccasions
from huitou.simulator.memory_segments import MemoryMemberLists
from huitou.standing.messages import Due, DueJourney, DueMessage, DueOccasion, DuePosition
from tests.builders import program
from tests.members import said
from tests.office import PUBLISHED, SECRET, Office
from tests.outbox import NOON
from tests.purchases import bill, return_of
from tests.standing import Standings, due_index_on, new_journeys_on

DAY: Final = timedelta(days=1)
MINUTE: Final = timedelta(minutes=1)
LAPSED: Final = {"id": "lapsed", "name": "Lapsed", "when": {"days_since_last_purchase": {"at_least": 30}}}
BIRTHDAY: Final = {"id": "birthday", "name": "Birthday", "when": {"birthday": {"days_before": 7, "days_after": 0}}}
SEGMENTS: Final = [LAPSED, BIRTHDAY, {"id": "staff", "name": "Staff", "list": True}]
HELLO: Final = {"send": {"template": "hello"}}


def campaign(**changes: Any) -> dict[str, Any]:
    """Says hello to who has not come for 30 days; ``changes`` replace its fields."""
    return {"id": "miss-you", "name": "Miss you", "brand": "maru", "enters": "lapsed", "steps": [HELLO], **changes}


class Town(Office):
    """Members of maru who agreed to everything, and nobody but the clock who does anything about them.

    ``changes`` replace fields of its programme.
    """

    def __init__(
        self,
        *campaigns: dict[str, Any],
        changes: Mapping[str, Any] = MappingProxyType({}),
        table: Any = None,
        **messages: Any,
    ) -> None:
        self.document = {"segments": SEGMENTS, **changes, "campaigns": list(campaigns)}
        self._messages = {**PUBLISHED["messages"], "quiet_hours": None, **messages}
        self._version = 2
        super().__init__(self.document, table, **self._messages)
        self.walk = self._journeys()
        self.occasions = occasions_on(self.shop.table)
        self.calendar = CampaignCalendar(self.occasions, self.programs, self.commit, lists_on(self.shop.table).shards)
        self.calls = self._calls()
        self.failures: list[MemberId] = []
        self.lag = timedelta()
        self._phones = iter(range(670, 1000))

    def _journeys(self) -> Journeys:
        return Journeys(
            journeys=self.journeys,
            situations=self.situations,
            effects=MemberEffects(
                wallets=self.shop.wallets,
                records=self.shop.profiles,
                standings=self.shop.standings,
                coupons=self.coupons,
                new_code=new_code,
                commit=self.shop.table.commit,
            ),
            outbox=self.outbox,
            profiles=self.shop.profiles,
            suppressions=self.suppressions,
            draws=Draws(draws_on(self.shop.table), IdentityHasher(lambda: SECRET)),
            programs=self.programs,
            speech=self.speech,
            pacing=self.pacing,
            commit=self.shop.table.commit,
            pause=lambda _: None,
        )

    def _calls(self) -> Occasions:
        return Occasions(
            occasions=self.occasions,
            journeys=new_journeys_on(self.shop.table),
            lists=lists_on(self.shop.table),
            everybody=index_on(self.shop.table),
            states=self.shop.states,
            places=self.segments,
            profiles=self.shop.profiles,
            programs=self.programs,
            commit=self.commit,
            failed=lambda member, _: self.failures.append(member),
        )

    def join(self, **profile: Any) -> MemberId:
        """An hour before noon; nobody shares a phone or mailbox with anybody else."""
        number = next(self._phones)
        phone = said(phone_identity(f"0912-345-{number}"))
        member = self.meet(phone, **{"contact_email": f"m{number}@example.com", **profile})
        self.agree(member)
        self.segments.refresh(member, self.now)
        return member

    def buy(self, member: MemberId, number: str = "A-1", *lines: Line, **changes: Any) -> None:
        self.shop.sell(bill(number, *lines, occurred_at=self.now, **changes), member, now=self.now)
        self.segments.refresh(member, self.now + timedelta(seconds=1))

    def give_back(self, member: MemberId, number: str) -> None:
        """The whole purchase."""
        sold = bill(number, occurred_at=self.now - DAY)
        self.shop.refund(return_of(sold, f"R-{number}"), now=self.now)
        self.segments.refresh(member, self.now + timedelta(seconds=1))

    def refuse(self, member: MemberId) -> None:
        """Says no to marketing of maru's by every channel."""
        for channel in MessageChannel:
            key = ConsentKey(channel, "maru", "marketing")
            self.consents.give(member, key, Word(False, "said so"), "maru", self.now)

    def republish(self, **changes: Any) -> None:
        """From now on, this holds."""
        self.document = {**self.document, **changes}
        self._version += 1
        document = {**PUBLISHED, **self.document, "messages": self._messages}
        self.shop.programs.publish(program(document, version=self._version), self.now)

    def lagging(self) -> Segments:
        """Somebody who will not hear in time of what is published from now on."""
        assert isinstance(self.shop, Standings)
        return self.shop.segments_by(self.commit, self.shop.programs.lagging())

    def until(self, then: datetime) -> None:
        """Whatever falls due is looked at, at its instant or so much after it.

        What begins with many falls due by ticks before it.
        """
        for each in self.programs.active().campaigns.values():
            for _, at in announced(self.programs, each, self.now - MILLISECOND, then + MINUTE):
                self.calendar.announce(max(self.now, at - MINUTE))
        while due := min(self.due(then), key=lambda each: each.at, default=None):
            self.now = max(self.now, due.at + self.lag)
            self.deliver(due)
        self.now = then

    def deliver(self, due: Due) -> None:
        match due:
            case DuePosition(member):
                self.segments.refresh(member, self.now)
            case DueJourney(member, named, occurrence):
                self.walk.advance(JourneyId(member, Cause(named, occurrence)), self.now)
            case DueOccasion(named, at, part):
                self.calls.go_on(OccasionId(named, at, part), self.now)
            case DueMessage(message):
                self.dispatcher().dispatch(message)

    def due(self, until: datetime) -> Iterator[Due]:
        """What the index says of positions, journeys and messages."""
        index = due_index_on(self.shop.table)
        for shard in range(index.shards):
            found = index.due(shard, EPOCH, until, limit=1_000).items
            yield from (each for each in found if isinstance(each, DuePosition | DueJourney | DueMessage | DueOccasion))

    def journeys_of(self, *members: MemberId) -> list[Journey]:
        return list(self.journeys.of_members(members, after=None, limit=100).items)

    def messages_of(self, member: MemberId) -> list[OutboxMessage]:
        """The oldest first."""
        return list(self.outbox.of_members([member], None, after=None, limit=100).items)[::-1]

    def told(self, member: MemberId) -> list[tuple[int, str]]:
        """On which days after the first noon they were told something, and which template."""
        return [((each.created_at - NOON) // DAY, each.template) for each in self.messages_of(member)]


def draws_on(table: Any) -> DrawStore:
    return MemoryDraws(table) if isinstance(table, MemoryTable) else TableDraws(table)


def occasions_on(table: Any) -> OccasionStore:
    return MemoryOccasions(table) if isinstance(table, MemoryTable) else TableOccasions(table)


def lists_on(table: Any) -> MemberLists:
    return MemoryMemberLists(table) if isinstance(table, MemoryTable) else TableMemberLists(table)


def index_on(table: Any) -> MemberIndex:
    return MemoryMemberIndex(table) if isinstance(table, MemoryTable) else TableMemberIndex(table)


def turns(journey: Journey) -> list[str]:
    return [turn.outcome.value for turn in journey.turns]

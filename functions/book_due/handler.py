"""The worker behind the due queue: books what time has done, at its instant or later, never before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from huitou.campaigns.calling import Occasions
from huitou.campaigns.draw_store import TableDraws
from huitou.campaigns.drawing import Draws
from huitou.campaigns.effects import MemberEffects
from huitou.campaigns.model import JourneyId
from huitou.campaigns.occasion_store import TableOccasions
from huitou.campaigns.occasions import OccasionId
from huitou.campaigns.service import Journeys
from huitou.campaigns.situations import Situations
from huitou.campaigns.store import TableJourneys
from huitou.kernel.errors import UnavailableError
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import to_instant
from huitou.members.identity import IdentityHasher
from huitou.members.store import TableMemberIndex, TableMembers
from huitou.outbox.model import Cause
from huitou.outbox.pacing import Pacing
from huitou.outbox.store import TableOutbox
from huitou.platform.observability import Observer
from huitou.platform.pauses import pause
from huitou.platform.queues import SqsQueue, each_message
from huitou.platform.secrets import Secret
from huitou.platform.settings import AddressSecret, DueQueueUrl, MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.points.budget_store import TableBudgets
from huitou.points.command_store import TableCommands
from huitou.points.figures import points_booked
from huitou.points.service import Points
from huitou.points.store import TableWallets
from huitou.points.wallet import Entry
from huitou.pressure.store import TablePressure
from huitou.program.service import ProgramReader
from huitou.program.speech import speech_in
from huitou.program.store import TableVersions
from huitou.purchases.refund_service import Refunds
from huitou.purchases.refund_store import TableRefunds
from huitou.purchases.store import TableMemberStates, TablePurchases
from huitou.rewards.codes import new_code
from huitou.rewards.store import TableCoupons
from huitou.sale_composition import SegmentsOnDemand
from huitou.segment_composition import deeds_on, new_journeys_on, segments_on
from huitou.segments.store import TableMemberLists
from huitou.standing.messages import (
    DueJourney,
    DueOccasion,
    DuePosition,
    DueRefund,
    DueWallet,
    delay_until,
    read_message,
)
from huitou.standing.store import TableStandings
from huitou.suppressions.service import Suppressions
from huitou.suppressions.store import TableSuppressions


class Needs(Settings):
    members_table: MembersTable
    program_table: ProgramTable
    address_secret: AddressSecret
    due_queue_url: DueQueueUrl


settings = load(Needs)
observer = Observer("book_due")
queue = SqsQueue(settings.due_queue_url, settings.region, settings.endpoint)
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)
wallets = TableWallets(members)
points = Points(wallets, TableCommands(members), programs, members.commit, pause)
refunds = Refunds(
    TablePurchases(members),
    wallets,
    programs,
    members.commit,
    pause,
    budgets=TableBudgets(members),
    states=TableMemberStates(members),
    standings=TableStandings(members),
    refunds=TableRefunds(members),
    segments=SegmentsOnDemand(members, program, programs),
)
segments = segments_on(members, program, programs)
states, speech = TableMemberStates(members), speech_in(programs)
addresses = IdentityHasher(Secret(settings.address_secret, settings.region, settings.endpoint).text)
journeys = Journeys(
    journeys=TableJourneys(members),
    situations=Situations(TableJourneys(members), states, segments, programs, deeds_on(members)),
    effects=MemberEffects(
        wallets=wallets,
        records=TableMembers(members),
        standings=TableStandings(members),
        coupons=TableCoupons(members),
        new_code=new_code,
        commit=members.commit,
    ),
    outbox=TableOutbox(members),
    profiles=TableMembers(members),
    suppressions=Suppressions(TableSuppressions(members), addresses),
    draws=Draws(TableDraws(members), addresses),
    programs=programs,
    speech=speech,
    pacing=Pacing(TablePressure(members), speech),
    commit=members.commit,
    pause=pause,
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers with the messages that failed; the others are done."""
    del context
    result = each_message(event, book, fail)
    observer.flush()
    return result


def book(message: str) -> None:
    """Does nothing where nothing is due: a message may come again, or after a purchase has booked it."""
    due, now = read_message(message), to_instant(datetime.now(UTC))
    if due.at > now:
        hand_back(message, delay_until(due.at, now))
        return
    match due:
        case DueWallet(member, currency):
            count(points.settle(member, currency, now).entries)
        case DuePosition(member):
            count(points.settle_all(member, now))
            segments.refresh(member, now)
        case DueRefund(refund):
            refunds.finish(refund, now)
        case DueJourney(member, campaign, occurrence):
            journeys.advance(JourneyId(member, Cause(campaign, occurrence)), now)
        case DueOccasion(campaign, begins_at, part):
            further = occasions.go_on(OccasionId(campaign, begins_at, part), now)
            if further and further.is_due(now):
                hand_back(message, 0)


def hand_back(message: str, delay: int) -> None:
    """The queue carries it once more: what came before its instant, or is not at its end."""
    if queue.send([(message, delay)]):
        raise UnavailableError("The queue did not take the message back.")


def count(entries: Iterable[Entry]) -> None:
    """What was booked."""
    booked = tuple(entries)
    observer.count("DueBooked", bool(booked))
    for name, amount in points_booked(booked, programs.active().home_currency).items():
        observer.count(name, amount)


def fail_at(member: MemberId, error: Exception) -> None:
    """One with whom a campaign could not begin; it goes on with the others."""
    observer.count("DueFailed")
    observer.log_failure("not begun", error, {"member": member})


def fail(error: Exception) -> None:
    """The queue delivers the message again, and sets it aside after some attempts."""
    observer.count("DueFailed")
    observer.log_failure("not booked", error, {})


occasions = Occasions(
    occasions=TableOccasions(members),
    journeys=new_journeys_on(members),
    lists=TableMemberLists(members),
    everybody=TableMemberIndex(members),
    states=states,
    places=segments,
    profiles=TableMembers(members),
    programs=programs,
    commit=members.commit,
    failed=fail_at,
)

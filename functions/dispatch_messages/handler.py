"""The worker behind the queues of messages: hands each that is due to its provider, at its instant or later."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any

from huitou.campaigns.situations import Situations
from huitou.campaigns.store import TableJourneys
from huitou.channels.pace import Pace
from huitou.channels.providers import Providers, ProviderSettings
from huitou.kernel.instants import to_instant
from huitou.members.identity import IdentityHasher
from huitou.members.store import TableMembers
from huitou.messages.recipients import Recipients
from huitou.opening.links import TrackedLinks
from huitou.outbox.deliveries import Deliveries
from huitou.outbox.dispatching import Dispatcher
from huitou.outbox.model import OutboxMessage
from huitou.outbox.pacing import Pacing
from huitou.outbox.store import TableOutbox
from huitou.outbox.watching import account_refusal, is_given_up
from huitou.outbox_composition import OutboxSettings, outboxes_of
from huitou.platform.observability import Observer
from huitou.platform.pauses import pause
from huitou.platform.queues import each_message
from huitou.platform.secrets import Secret
from huitou.platform.settings import (
    AddressSecret,
    CodeSecret,
    LinkSecret,
    MarketingPace,
    MembersTable,
    ProgramTable,
    PublicUrl,
    load,
)
from huitou.platform.table import Table
from huitou.pressure.store import TablePressure
from huitou.program.service import ProgramReader
from huitou.program.speech import speech_in
from huitou.program.store import TableVersions
from huitou.purchases.store import TableMemberStates
from huitou.rewards.store import TableCoupons
from huitou.segment_composition import deeds_on, segments_on
from huitou.standing.messages import DueMessage, UnreadableMessageError, read_message
from huitou.suppressions.service import Suppressions
from huitou.suppressions.store import TableSuppressions
from huitou.templates.model import TemplateKind
from huitou.unsubscribing.links import UnsubscribeLinks
from huitou.verifying.codes import OneTimeCodes
from huitou.verifying.sending import DueCodes
from huitou.verifying.store import TableVerifications


class Needs(ProviderSettings, OutboxSettings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable
    marketing_pace: MarketingPace = None
    link_secret: LinkSecret
    address_secret: AddressSecret
    code_secret: CodeSecret
    public_url: PublicUrl


def now() -> datetime:
    """The clock of this function."""
    return to_instant(datetime.now(UTC))


settings = load(Needs)
observer = Observer("dispatch_messages")
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)
speech = speech_in(programs)
addresses = IdentityHasher(Secret(settings.address_secret, settings.region, settings.endpoint).text)
link_secret = Secret(settings.link_secret, settings.region, settings.endpoint)
links = UnsubscribeLinks(settings.public_url, link_secret.recent_text)
dispatcher = Dispatcher(
    outbox=TableOutbox(members),
    recipients=Recipients(TableMembers(members), TableMemberStates(members), programs),
    suppressions=Suppressions(TableSuppressions(members), addresses),
    addresses=addresses,
    programs=programs,
    providers=Providers(settings).of,
    links=links,
    tracked_links=TrackedLinks(settings.public_url, link_secret.recent_text),
    speech=speech,
    campaigns=Situations(
        TableJourneys(members),
        TableMemberStates(members),
        segments_on(members, program, programs),
        programs,
        deeds_on(members),
    ),
    coupons=TableCoupons(members),
    codes=DueCodes(
        TableVerifications(members),
        OneTimeCodes(Secret(settings.code_secret, settings.region, settings.endpoint).recent_text),
    ),
    pacing=Pacing(TablePressure(members), speech),
    commit=members.commit,
    pause=pause,
    clock=now,
)
deliveries = Deliveries(dispatcher, outboxes_of(settings), clock=now)
pace = Pace.of(settings.marketing_pace)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers with the messages that failed; the others are done."""
    del context
    result = each_message(event, dispatch, fail)
    observer.flush()
    return result


def dispatch(body: str) -> None:
    """Does nothing where nothing is due: a message may come again, or after somebody else has handed it over."""
    due = read_message(body)
    if not isinstance(due, DueMessage):
        raise UnreadableMessageError("The message is about no message to a member.")
    begun = now()
    changed = deliveries.take(due)
    if changed:
        observer.count(f"Messages{changed.state.capitalize()}")
        watch(changed)
        keep_pace(changed, begun)


def watch(message: OutboxMessage) -> None:
    """M37: alarms are raised by these, and the log tells why."""
    observer.count("MessagesGivenUp", is_given_up(message))
    if refused := account_refusal(message):
        observer.count("AccountRefusals")
        observer.log("refused", {"code": refused, "message_id": str(message.id)})


def keep_pace(message: OutboxMessage, begun: datetime) -> None:
    """Marketing that was handed over keeps this worker for its time; service messages wait for nothing."""
    was_tried = message.tried_at is not None and message.tried_at >= begun
    if was_tried and message.channel and message.kind is TemplateKind.MARKETING:
        sleep(pace.rest(message.channel, message.sms_parts, begun, now()))


def fail(error: Exception) -> None:
    """The queue delivers the message again, and sets it aside after some attempts."""
    observer.count("DispatchesFailed")
    observer.log_failure("not dispatched", error, {})

"""The worker behind the queue of reports: what SES and End User Messaging tell of messages after they took them."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import Any

from huitou.feedback.service import Feedback
from huitou.kernel.instants import to_instant
from huitou.kernel.streams import Record
from huitou.members.consents import Consents
from huitou.members.identity import IdentityHasher
from huitou.members.store import TableMembers
from huitou.outbox.store import TableOutbox
from huitou.platform.observability import Observer
from huitou.platform.pauses import pause
from huitou.platform.queues import each_record
from huitou.platform.secrets import Secret
from huitou.platform.set_aside import SetAside
from huitou.platform.settings import AddressSecret, MembersTable, ProgramTable, SetAsideBucket, Settings, load
from huitou.platform.table import Table
from huitou.points.store import TableWallets
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.standing.store import TableStandings
from huitou.suppressions.service import Suppressions
from huitou.suppressions.store import TableSuppressions


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable
    address_secret: AddressSecret
    set_aside_bucket: SetAsideBucket


settings = load(Needs)
observer = Observer("hear_providers")
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)
feedback = Feedback(
    outbox=TableOutbox(members),
    suppressions=Suppressions(
        TableSuppressions(members),
        IdentityHasher(Secret(settings.address_secret, settings.region, settings.endpoint).text),
    ),
    consents=Consents(
        members=TableMembers(members),
        wallets=TableWallets(members),
        standings=TableStandings(members),
        programs=programs,
        commit=members.commit,
        pause=pause,
    ),
    aside=SetAside(settings.set_aside_bucket, observer, settings.region, settings.endpoint),
    commit=members.commit,
    pause=pause,
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers with the reports that failed; the others are done."""
    del context
    result = each_record(event, hear, fail)
    observer.flush()
    return result


def hear(record: Record) -> None:
    """Counts what became of it: a report may come again, or be about a message that nobody knows."""
    heard = feedback.hear(record, to_instant(datetime.now(UTC)))
    observer.count("ReportsUnknown", heard.is_unknown)
    if heard.moved_to:
        observer.count(f"Messages{heard.moved_to.capitalize()}")
    if heard.ground:
        observer.count(f"Addresses{heard.ground.capitalize()}")


def fail(error: Exception) -> None:
    """The queue delivers the report again, and sets it aside after some attempts."""
    observer.count("ReportsFailed")
    observer.log_failure("not heard", error, {})

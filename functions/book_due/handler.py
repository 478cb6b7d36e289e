"""The worker behind the due queue: books what time has done to a wallet."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import Any

from huitou.kernel.instants import to_instant
from huitou.platform.observability import Observer
from huitou.platform.pauses import pause
from huitou.platform.queues import each_message
from huitou.platform.settings import MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.points.command_store import TableCommands
from huitou.points.figures import points_booked
from huitou.points.service import Points
from huitou.points.store import TableWallets
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.standing.messages import read_message


class Needs(Settings):
    members_table: MembersTable
    program_table: ProgramTable


settings = load(Needs)
observer = Observer("book_due")
members = Table(settings.members_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(Table(settings.program_table, settings.region, settings.endpoint)), monotonic)
points = Points(TableWallets(members), TableCommands(members), programs, members.commit, pause)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers with the messages that failed; the others are done."""
    del context
    result = each_message(event, book, fail)
    observer.flush()
    return result


def book(message: str) -> None:
    """Does nothing where nothing is due: a message may come early, again, or after a purchase has booked it."""
    due = read_message(message)
    decision = points.settle(due.member, due.currency, to_instant(datetime.now(UTC)))
    observer.count("DueBooked", bool(decision.entries))
    for name, booked in points_booked(decision.entries, programs.active().home_currency).items():
        observer.count(name, booked)


def fail(error: Exception) -> None:
    """The queue delivers the message again, and sets it aside after some attempts."""
    observer.count("DueFailed")
    observer.log_failure("not booked", error, {})

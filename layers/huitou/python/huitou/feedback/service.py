"""What follows from what a provider tells (M25). It may be told again, late and in any order: each word counts once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from huitou.feedback.model import Report, UnreadableReportError
from huitou.feedback.reading import read_report
from huitou.kernel.commits import Commit, until_committed
from huitou.kernel.errors import NotFoundError
from huitou.kernel.ids import OwnedId, parse_id
from huitou.kernel.streams import Aside, Record
from huitou.outbox.decisions import resolve
from huitou.outbox.model import MessageState
from huitou.outbox.ports import OutboxStore


class Heard(NamedTuple):
    """What has come of a report."""

    moved_to: MessageState | None = None
    """The state that the message came to by it."""
    is_unknown: bool = False
    """Nobody knows the message: somebody else's, or erased meanwhile (E25)."""


class Feedback:
    """The use case. ``aside`` keeps what cannot be read; ``pause`` waits after the n-th time that a decision was
    overtaken.
    """

    def __init__(self, *, outbox: OutboxStore, aside: Aside, commit: Commit, pause: Callable[[int], None]) -> None:
        self._outbox = outbox
        self._aside = aside
        self._commit = commit
        self._pause = pause

    def hear(self, record: Record, now: datetime) -> Heard:
        """What a message of the queue tells, whose ``body`` is as a provider wrote it."""
        try:
            report = read_report(record["body"])
        except UnreadableReportError as error:
            self._aside.keep(record, error)
            return Heard()
        if report is None:
            return Heard()
        return until_committed(lambda: self._heard(report, now), self._pause)

    def _heard(self, report: Report, now: datetime) -> Heard:
        named = _named(report.message_id)
        before = self._outbox.load(named) if named else None
        if before is None:
            return Heard(is_unknown=True)
        after = resolve(before, report.delivery, now)
        if after is before:
            return Heard()
        self._commit([self._outbox.save(before, after)])
        return Heard(moved_to=after.state)


def _named(message_id: str | None) -> OwnedId | None:
    try:
        named = parse_id(str(message_id))
    except NotFoundError:
        return None
    return named if isinstance(named, OwnedId) else None

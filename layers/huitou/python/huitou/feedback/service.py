"""What follows from what a provider tells (M25). It may be told again, late and in any order: each word counts once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple

from huitou.feedback.model import Report, UnreadableReportError
from huitou.feedback.reading import read_report
from huitou.kernel.commits import Commit, until_committed
from huitou.kernel.errors import NotFoundError
from huitou.kernel.ids import OwnedId, parse_id
from huitou.kernel.streams import Aside, Record
from huitou.members.consents import Consents, Word
from huitou.members.model import ConsentKey
from huitou.outbox.decisions import resolve
from huitou.outbox.model import MessageState, OutboxMessage
from huitou.outbox.ports import OutboxStore
from huitou.points.membership import MemberErasedError, MemberNotFoundError
from huitou.points.reaching import for_survivor
from huitou.suppressions.model import SuppressionGround
from huitou.suppressions.service import Suppressions

COMPLAINT: Final = "complaint"
"""The source of the consent that it takes back."""


class Heard(NamedTuple):
    """What has come of a report."""

    moved_to: MessageState | None = None
    """The state that the message came to by it."""
    ground: SuppressionGround | None = None
    """Why nothing is sent to the address from now on."""
    is_unknown: bool = False
    """Nobody knows the message: somebody else's, or erased meanwhile (E25)."""


class Feedback:
    """The use case. ``aside`` keeps what cannot be read; ``pause`` waits after the n-th time that a decision was
    overtaken.
    """

    def __init__(
        self,
        *,
        outbox: OutboxStore,
        suppressions: Suppressions,
        consents: Consents,
        aside: Aside,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._outbox = outbox
        self._suppressions = suppressions
        self._consents = consents
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
        message, heard = until_committed(lambda: self._resolved(report, now), self._pause)
        if message and report.is_complaint:
            self._say_no(message, report, now)
        return heard

    def _resolved(self, report: Report, now: datetime) -> tuple[OutboxMessage | None, Heard]:
        """Where the message stands and what is known of the address are written together."""
        named = _named(report.message_id)
        before = self._outbox.load(named) if named else None
        if before is None:
            return None, Heard(is_unknown=True)
        after = resolve(before, report.delivery, now)
        moved = [self._outbox.save(before, after)] if after is not before else []
        verdict = report.verdict
        said = self._suppressions.hear(*verdict) if verdict else ()
        self._commit([*moved, *said])
        return after, Heard(after.state if moved else None, verdict.word.ground if verdict and said else None)

    def _say_no(self, message: OutboxMessage, report: Report, now: datetime) -> None:
        """A complaint is a no to what the message was about, said then; of who was erased, nothing is recorded."""
        if message.purpose is None or report.delivery.channel is None or report.verdict is None:
            return
        key = ConsentKey(report.delivery.channel, message.brand, message.purpose)
        word = Word(False, COMPLAINT, report.verdict.word.at)
        with suppress(MemberErasedError, MemberNotFoundError):
            for_survivor(lambda way: self._consents.answer(way[-1], key, word, now), message.id.member)


def _named(message_id: str | None) -> OwnedId | None:
    try:
        named = parse_id(str(message_id))
    except NotFoundError:
        return None
    return named if isinstance(named, OwnedId) else None

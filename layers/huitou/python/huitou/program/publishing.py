"""Publishing a programme: an immutable version and the pointer to it, in one transaction with who did it.

Apart from `service`, since only here the validator is needed, and it takes longer to load than to run.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import Commit, Write, until_committed
from huitou.kernel.errors import FieldError, NotFoundError, PreconditionFailedError
from huitou.kernel.ids import digest_of
from huitou.program.differences import Change, differences
from huitou.program.document import ProgramDocument, canonical_json
from huitou.program.ports import VersionStore
from huitou.program.succession import breaches
from huitou.program.validation import InvalidProgramError, problems, read_document, read_shape
from huitou.program.versions import ActiveVersion, ProgramVersion

MAX_PACKED_BYTES = 350_000
"""One version or draft is one item, which may have 400 KB."""


class Publication(NamedTuple):
    """The version that now holds; ``replayed`` if it held before and nothing was changed."""

    version: ProgramVersion
    replayed: bool


class Plan(NamedTuple):
    """A publication that is decided, and the writes that make it true; none for a replay."""

    publication: Publication
    writes: list[Write]


class ProgramPublisher:
    """``pause(n)`` waits after the n-th lost race."""

    def __init__(self, versions: VersionStore, commit: Commit, pause: Callable[[int], None]) -> None:
        self._versions = versions
        self._commit = commit
        self._pause = pause

    def publish(self, text: str | bytes, *, by: str, now: datetime, replaces: int | None = None) -> Publication:
        """Publishes the document of a JSON text and makes it the active one.

        A document equal to the active one is that version again (E14). ``replaces`` is the number of the version
        that the author has edited; without it, whatever is active is replaced.

        Raises `InvalidProgramError`; `PreconditionFailedError` if another version than ``replaces`` is active;
        `ContentionError` after too many lost races.
        """
        document = read_document(text)
        return self._until_committed(lambda: self.plan(document, by=by, now=now, replaces=replaces))

    def roll_back(
        self, number: int, reason: str, *, by: str, now: datetime, replaces: int | None = None
    ) -> Publication:
        """Publishes the document of an older version anew, as the newest: history only grows.

        Raises `NotFoundError` for a version that never was, and as `publish` where that document cannot follow the
        active one any more.
        """
        document = read_document(self._require(number).document)
        return self._until_committed(
            lambda: self.plan(document, by=by, now=now, replaces=replaces, restores=number, reason=reason)
        )

    def examine(self, text: str | bytes) -> tuple[FieldError, ...]:
        """Everything for which `publish` would refuse the document now; empty if it would not."""
        try:
            document = read_shape(text)
            require_room(canonical_json(document))
        except InvalidProgramError as error:
            return error.errors
        active = self._versions.active()
        before = read_shape(self._published(active).document) if active else None
        return (*problems(document), *(breaches(before, document) if before else ()))

    def compare(self, text: str, against: int | None) -> tuple[Change, ...]:
        """What the document of a JSON text says otherwise than version ``against``; all of it, if that is None.

        Raises `NotFoundError`; `InvalidProgramError` for a document whose shape is wrong.
        """
        return differences(self._written(against), _with_defaults(text))

    def _written(self, number: int | None) -> dict[str, Any]:
        return {} if number is None else _with_defaults(self._require(number).document)

    def plan(
        self,
        document: ProgramDocument,
        *,
        by: str,
        now: datetime,
        replaces: int | None = None,
        restores: int | None = None,
        reason: str | None = None,
    ) -> Plan:
        """One attempt at `publish`, for who has more to commit with it. ``document`` has been validated."""
        written = canonical_json(document)
        require_room(written)
        active = self._versions.active()
        current = self._published(active) if active else None
        before = read_shape(current.document) if current else None
        # Fields that came with a later release are not in the stored text, but mean the same without.
        if current and before and canonical_json(before) == written:
            return Plan(Publication(current, replayed=True), [])
        number = current.number if current else 0
        _require_replaced(number, replaces)
        if before:
            _require_succession(before, document)
        version = ProgramVersion(number + 1, written, digest_of([written]), now, by, restores, reason)
        action = "program_published" if restores is None else "program_rolled_back"
        audit = AuditEntry(at=now, actor=by, action=action, subject=str(version.number), reason=reason)
        return Plan(Publication(version, replayed=False), self._versions.publish(version, active, audit))

    def _until_committed(self, plan: Callable[[], Plan]) -> Publication:
        def attempt() -> Publication:
            publication, writes = plan()
            if writes:
                self._commit(writes)
            return publication

        return until_committed(attempt, self._pause)

    def _require(self, number: int) -> ProgramVersion:
        version = self._versions.version(number)
        if version is None:
            raise NotFoundError(f"There is no version {number} of the programme.")
        return version

    def _published(self, active: ActiveVersion) -> ProgramVersion:
        version = self._versions.version(active.number)
        if version is None:
            raise LookupError(f"The active version {active.number} is missing.")
        return version


def require_room(document: str) -> None:
    """Raises `InvalidProgramError` for a document that does not fit into an item."""
    size = len(gzip.compress(document.encode(), mtime=0))
    if size > MAX_PACKED_BYTES:
        message = f"The document has {size:,} bytes when compressed; at most {MAX_PACKED_BYTES:,} are allowed."
        raise InvalidProgramError("The programme has 1 problem.", errors=[FieldError("", message)])


def _with_defaults(text: str) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(canonical_json(read_shape(text)))
    return written


def _require_replaced(number: int, replaces: int | None) -> None:
    if replaces is not None and replaces != number:
        raise PreconditionFailedError(f"Version {number} is active, not version {replaces}.")


def _require_succession(before: ProgramDocument, after: ProgramDocument) -> None:
    found = breaches(before, after)
    if found:
        raise InvalidProgramError("The programme contradicts what members already hold.", errors=found)

"""Publishing a programme: an immutable version and the pointer to it, in one transaction with who did it.

Apart from `service`, since only here the validator is needed, and it takes longer to load than to run.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import Commit, until_committed
from huitou.kernel.errors import FieldError, PreconditionFailedError
from huitou.kernel.ids import digest_of
from huitou.program.document import ProgramDocument, canonical_json
from huitou.program.ports import VersionStore
from huitou.program.succession import breaches
from huitou.program.validation import InvalidProgramError, read_document
from huitou.program.versions import ActiveVersion, ProgramVersion

MAX_PACKED_BYTES = 350_000
"""One version is one item, which may have 400 KB."""


class Publication(NamedTuple):
    """The version that now holds; ``replayed`` if it held before and nothing was changed."""

    version: ProgramVersion
    replayed: bool


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
        written = canonical_json(document)
        _require_room(written)

        def attempt() -> Publication:
            return self._publish(document, written, by, now, replaces)

        return until_committed(attempt, self._pause)

    def _publish(
        self, document: ProgramDocument, written: str, by: str, now: datetime, replaces: int | None
    ) -> Publication:
        digest = digest_of([written])
        active = self._versions.active()
        if active is not None and active.digest == digest:
            return Publication(self._published(active), replayed=True)
        number = active.number if active else 0
        if replaces is not None and replaces != number:
            raise PreconditionFailedError(f"Version {number} is active, not version {replaces}.")
        if active is not None:
            _require_succession(read_document(self._published(active).document), document)
        version = ProgramVersion(number + 1, written, digest, now, by)
        audit = AuditEntry(at=now, actor=by, action="program_published", subject=str(version.number))
        self._commit(self._versions.publish(version, active, audit))
        return Publication(version, replayed=False)

    def _published(self, active: ActiveVersion) -> ProgramVersion:
        version = self._versions.version(active.number)
        if version is None:
            raise LookupError(f"The active version {active.number} is missing.")
        return version


def _require_succession(before: ProgramDocument, after: ProgramDocument) -> None:
    found = breaches(before, after)
    if found:
        raise InvalidProgramError("The programme contradicts what members already hold.", errors=found)


def _require_room(document: str) -> None:
    size = len(gzip.compress(document.encode(), mtime=0))
    if size > MAX_PACKED_BYTES:
        message = f"The document has {size:,} bytes when compressed; at most {MAX_PACKED_BYTES:,} are allowed."
        raise InvalidProgramError("The programme has 1 problem.", errors=[FieldError("", message)])

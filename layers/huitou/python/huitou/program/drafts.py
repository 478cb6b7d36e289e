"""Drafts: documents that people work on together until one is published (M34).

A draft may be incomplete. It remembers the version that its author has seen, and is published only while that one
holds: nobody undoes somebody else's publication unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import Commit, once, until_committed
from huitou.kernel.content import require_same
from huitou.kernel.errors import ConflictError, NotFoundError, PreconditionFailedError
from huitou.kernel.ids import Digest, digest_of
from huitou.kernel.pages import Page
from huitou.program.ports import DraftStore, VersionStore
from huitou.program.publishing import ProgramPublisher, Publication, require_room
from huitou.program.validation import read_document
from huitou.program.versions import Draft


class DraftPublishedError(ConflictError):
    """A published draft is history: begin a new one."""

    code = "draft_published"
    title = "The draft was published already"


class DraftDiscardedError(ConflictError):
    """The command that created it comes again, and it was discarded since (E14)."""

    code = "draft_discarded"
    title = "The draft was discarded"


class CreatedDraft(NamedTuple):
    """A draft; ``replayed`` if it was created before by the same command."""

    draft: Draft
    replayed: bool


class Drafts:
    """The use cases. ``revision`` is the one that the author has seen, None for any; ``by`` the id of their key."""

    def __init__(
        self,
        drafts: DraftStore,
        versions: VersionStore,
        publisher: ProgramPublisher,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._drafts = drafts
        self._versions = versions
        self._publisher = publisher
        self._commit = commit
        self._pause = pause

    def create(self, text: str, *, key: str, by: str, now: datetime, based_on: int | None = None) -> CreatedDraft:
        """A new draft; the same ``key`` again is the same one (E14). Without ``based_on``, of the active version.

        Raises `ContentReusedError`, `DraftDiscardedError`; `InvalidProgramError` if it is too large to be kept.
        """
        require_room(text)
        draft_id, content = digest_of(("draft", key)), digest_of([text])

        def attempt() -> CreatedDraft:
            active = self._versions.active()
            seen = based_on if based_on is not None else active.number if active else 0
            draft = Draft(draft_id, 1, text, seen, content, now, by, now, by)
            self._commit(self._drafts.add(draft, _logged("program_draft_created", draft, now, by)))
            return CreatedDraft(draft, replayed=False)

        def recall() -> CreatedDraft | None:
            known = self._drafts.draft(draft_id)
            if known is None:
                return None
            require_same({"document": known.content}, {"document": content}, "draft")
            if known.discarded:
                raise DraftDiscardedError("Another draft needs a new key.")
            return CreatedDraft(known, replayed=True)

        return once(attempt, recall, self._pause)

    def find(self, draft_id: Digest) -> Draft:
        """Raises `NotFoundError`."""
        draft = self._drafts.draft(draft_id)
        if draft is None or draft.discarded:
            raise NotFoundError("There is no such draft.")
        return draft

    def page(self, *, after: str | None, limit: int) -> Page[Draft]:
        """A page of all drafts."""
        return self._drafts.drafts(after=after, limit=limit)

    def change(
        self, draft_id: Digest, text: str, revision: int | None, *, by: str, now: datetime, based_on: int | None = None
    ) -> Draft:
        """Gives it another document, and with ``based_on`` says that another version has been seen.

        Raises `NotFoundError`, `PreconditionFailedError`, `DraftPublishedError`, `InvalidProgramError` (too large).
        """
        require_room(text)

        def attempt() -> Draft:
            draft = self._open(draft_id, revision)
            changed = replace(
                draft,
                revision=draft.revision + 1,
                document=text,
                based_on=draft.based_on if based_on is None else based_on,
                changed_at=now,
                changed_by=by,
            )
            self._commit(self._drafts.replace(changed, draft, _logged("program_draft_changed", changed, now, by)))
            return changed

        return until_committed(attempt, self._pause)

    def discard(self, draft_id: Digest, revision: int | None, *, by: str, now: datetime) -> None:
        """Raises `NotFoundError`, `PreconditionFailedError`, `DraftPublishedError`."""

        def attempt() -> None:
            draft = self._open(draft_id, revision)
            gone = replace(
                draft, revision=draft.revision + 1, document="", discarded=True, changed_at=now, changed_by=by
            )
            self._commit(self._drafts.replace(gone, draft, _logged("program_draft_discarded", draft, now, by)))

        until_committed(attempt, self._pause)

    def publish(self, draft_id: Digest, revision: int | None, *, by: str, now: datetime) -> Publication:
        """Makes it the active version, if the version that it is based on still holds. Again: the same version (E14).

        Raises `NotFoundError`, `PreconditionFailedError`, `InvalidProgramError`, `ContentionError`.
        """

        def attempt() -> Publication:
            draft = self.find(draft_id)
            if draft.published_as is not None:
                return self._published_before(draft.published_as)
            _require_revision(draft, revision)
            publication, writes = self._publisher.plan(
                read_document(draft.document), by=by, now=now, replaces=draft.based_on
            )
            published = replace(draft, published_as=publication.version.number)
            self._commit([*writes, *self._drafts.replace(published, draft)])
            return publication

        return until_committed(attempt, self._pause)

    def _published_before(self, number: int) -> Publication:
        version = self._versions.version(number)
        if version is None:
            raise LookupError(f"The published version {number} is missing.")
        return Publication(version, replayed=True)

    def _open(self, draft_id: Digest, revision: int | None) -> Draft:
        draft = self.find(draft_id)
        if draft.published_as is not None:
            raise DraftPublishedError(f"It became version {draft.published_as}.")
        _require_revision(draft, revision)
        return draft


def _require_revision(draft: Draft, revision: int | None) -> None:
    if revision is not None and revision != draft.revision:
        raise PreconditionFailedError(f"The draft is at revision {draft.revision}, not {revision}.")


def _logged(action: str, draft: Draft, now: datetime, by: str) -> AuditEntry:
    return AuditEntry(at=now, actor=by, action=action, subject=f"{draft.id}:{draft.revision}")

"""Drafts: documents that people work on until one is published (M34)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.audit import AuditEntry
from huitou.kernel.errors import ContentReusedError, NotFoundError, PreconditionFailedError
from huitou.kernel.ids import digest_of
from huitou.kernel.instants import EPOCH
from huitou.platform import program_keys as keys
from huitou.program.drafts import CreatedDraft, DraftDiscardedError, DraftPublishedError, Drafts
from huitou.program.publishing import ProgramPublisher
from huitou.program.validation import InvalidProgramError
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_program import MemoryDrafts, MemoryVersions
from tests.builders import document


class Desk:
    """Drafts and a publisher over a table in memory. Each call comes a minute after the one before."""

    def __init__(self) -> None:
        self.table = MemoryTable()
        self.versions = MemoryVersions(self.table)
        self.publisher = ProgramPublisher(self.versions, self.table.commit, pause=lambda _: None)
        self.drafts = Drafts(
            MemoryDrafts(self.table), self.versions, self.publisher, self.table.commit, pause=lambda _: None
        )
        self._now = EPOCH

    def when(self) -> dict[str, Any]:
        self._now += timedelta(minutes=1)
        return {"by": "k1", "now": self._now}

    def publish(self, **changes: Any) -> int:
        return self.publisher.publish(text(**changes), **self.when()).version.number

    def create(self, key: str = "a", **changes: Any) -> CreatedDraft:
        return self.drafts.create(text(**changes), key=key, **self.when())

    def log(self) -> list[str]:
        return [entry.action for entry in self.table.query(AuditEntry, keys.audit_month(EPOCH)).items]


def text(**changes: Any) -> str:
    return json.dumps(document(**changes))


def test_a_draft_is_published_once() -> None:
    """E14: the same version again, however often."""
    desk = Desk()
    desk.publish(name="A")
    draft = desk.create(name="B").draft

    version, replayed = desk.drafts.publish(draft.id, 1, **desk.when())
    again = desk.drafts.publish(draft.id, 1, **desk.when())

    assert (version.number, json.loads(version.document)["name"], replayed) == (2, "B", False)
    assert (again.version, again.replayed) == (version, True)
    assert desk.drafts.find(draft.id).published_as == 2
    assert desk.log() == ["program_published", "program_draft_created", "program_published"]


def test_a_draft_need_not_work_until_it_is_published() -> None:
    desk = Desk()
    draft = desk.drafts.create('{"name": "half"}', key="a", **desk.when()).draft

    with pytest.raises(InvalidProgramError):
        desk.drafts.publish(draft.id, None, **desk.when())

    changed = desk.drafts.change(draft.id, text(), 1, **desk.when())
    assert changed.revision == 2
    assert desk.drafts.publish(draft.id, 2, **desk.when()).version.number == 1


def test_a_draft_does_not_undo_a_publication_that_its_author_has_not_seen() -> None:
    """E33: it is published only while the version that it is based on holds."""
    desk = Desk()
    desk.publish(name="A")
    draft = desk.create(name="B").draft
    desk.publish(name="C")

    with pytest.raises(PreconditionFailedError, match="Version 2 is active, not version 1"):
        desk.drafts.publish(draft.id, None, **desk.when())

    desk.drafts.change(draft.id, text(name="C and B"), 1, based_on=2, **desk.when())
    assert desk.drafts.publish(draft.id, None, **desk.when()).version.number == 3


def test_the_same_command_again_is_the_same_draft() -> None:
    """E14"""
    desk = Desk()
    draft = desk.create(name="B").draft
    desk.drafts.change(draft.id, text(name="C"), 1, **desk.when())

    again = desk.create(name="B")

    assert (again.draft.id, again.draft.revision, again.replayed) == (draft.id, 2, True)
    with pytest.raises(ContentReusedError):
        desk.create(name="other")
    assert desk.create(key="b", name="other").draft.id != draft.id


def test_of_two_authors_of_one_revision_one_is_told() -> None:
    """E33"""
    desk = Desk()
    draft = desk.create().draft
    desk.drafts.change(draft.id, text(name="B"), 1, **desk.when())

    for act in (
        lambda: desk.drafts.change(draft.id, text(name="C"), 1, **desk.when()),
        lambda: desk.drafts.discard(draft.id, 1, **desk.when()),
        lambda: desk.drafts.publish(draft.id, 1, **desk.when()),
    ):
        with pytest.raises(PreconditionFailedError, match="at revision 2, not 1"):
            act()


def test_a_published_draft_is_history() -> None:
    desk = Desk()
    draft = desk.create().draft
    desk.drafts.publish(draft.id, None, **desk.when())

    with pytest.raises(DraftPublishedError, match="version 1"):
        desk.drafts.change(draft.id, text(name="B"), None, **desk.when())
    with pytest.raises(DraftPublishedError):
        desk.drafts.discard(draft.id, None, **desk.when())


def test_a_discarded_draft_is_gone() -> None:
    desk = Desk()
    draft = desk.create().draft

    desk.drafts.discard(draft.id, 1, **desk.when())

    with pytest.raises(NotFoundError):
        desk.drafts.find(draft.id)
    assert desk.drafts.page(after=None, limit=10).items == ()
    assert desk.log() == ["program_draft_created", "program_draft_discarded"]


def test_the_command_of_a_discarded_draft_does_not_bring_it_back() -> None:
    """E14: a repeat changes nothing, for ever."""
    desk = Desk()
    draft = desk.create().draft
    desk.drafts.discard(draft.id, 1, **desk.when())

    with pytest.raises(DraftDiscardedError, match="a new key"):
        desk.create()
    with pytest.raises(ContentReusedError):
        desk.create(name="other")

    assert desk.drafts.page(after=None, limit=10).items == ()
    assert desk.create(key="b").draft.revision == 1


def test_a_draft_of_what_holds_already_becomes_that_version() -> None:
    """E14: nothing new is published."""
    desk = Desk()
    desk.publish()
    draft = desk.create().draft

    publication = desk.drafts.publish(draft.id, None, **desk.when())

    assert (publication.version.number, publication.replayed) == (1, True)
    assert desk.drafts.find(draft.id).published_as == 1


def test_a_draft_that_nobody_began_is_not_found() -> None:
    desk = Desk()

    with pytest.raises(NotFoundError):
        desk.drafts.publish(digest_of(["nothing"]), None, **desk.when())

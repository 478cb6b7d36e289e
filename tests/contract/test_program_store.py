"""Programme versions and drafts are kept alike in memory and in DynamoDB (M34)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import digest_of
from huitou.platform.pauses import pause
from huitou.program.ports import DraftStore, VersionStore
from huitou.program.publishing import ProgramPublisher
from huitou.program.store import TableDrafts, TableVersions
from huitou.program.versions import ActiveVersion, Draft, ProgramVersion
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_program import MemoryDrafts, MemoryVersions
from tests.builders import document
from tests.contract.targets import AnyTable

NOW = datetime(2026, 3, 1, 12, 0, 0, 123000, tzinfo=UTC)


def versions_on(table: AnyTable) -> VersionStore:
    return MemoryVersions(table) if isinstance(table, MemoryTable) else TableVersions(table)


def drafts_on(table: AnyTable) -> DraftStore:
    return MemoryDrafts(table) if isinstance(table, MemoryTable) else TableDrafts(table)


def draft(name: str = "a", text: str = '{"name":"回頭"}') -> Draft:
    return Draft(digest_of([name]), 1, text, 0, digest_of([text]), NOW, "key-1", NOW, "key-1")


def version(number: int, text: str = '{"name":"回頭"}') -> ProgramVersion:
    return ProgramVersion(number, text, digest_of([text]), NOW, "key-1")


def audit(number: int) -> AuditEntry:
    return AuditEntry(NOW, "key-1", "program_published", str(number))


def test_before_the_first_publication_there_is_nothing(table: AnyTable) -> None:
    versions = versions_on(table)

    assert versions.active() is None
    assert versions.version(1) is None
    assert versions.versions(limit=10).items == ()


def test_a_version_is_read_as_it_was_published(table: AnyTable) -> None:
    versions = versions_on(table)
    published = version(1, '{"name":"' + "回頭" * 10_000 + '"}')

    table.commit(versions.publish(published, None, audit(1)))

    assert versions.version(1) == published
    assert versions.active() == ActiveVersion(1, published.digest)


def test_of_two_publications_that_saw_the_same_version_one_is_refused(table: AnyTable) -> None:
    """Nothing of the other is left: no version, no audit entry, and the pointer stays."""
    versions = versions_on(table)
    table.commit(versions.publish(version(1), None, audit(1)))
    seen = versions.active()
    table.commit(versions.publish(version(2, '{"name":"A"}'), seen, audit(2)))

    with pytest.raises(StaleReadError):
        table.commit(versions.publish(version(2, '{"name":"B"}'), seen, audit(3)))
    with pytest.raises(StaleReadError):
        table.commit(versions.publish(version(3, '{"name":"B"}'), seen, audit(3)))

    assert versions.version(2) == version(2, '{"name":"A"}')
    assert versions.version(3) is None
    active = versions.active()
    assert active is not None
    assert active.number == 2
    table.commit(versions.publish(version(3), active, audit(3)))


def test_the_first_publication_has_one_winner(table: AnyTable) -> None:
    versions = versions_on(table)
    table.commit(versions.publish(version(1), None, audit(1)))

    with pytest.raises(StaleReadError):
        table.commit(versions.publish(version(1, '{"name":"other"}'), None, audit(2)))

    assert versions.version(1) == version(1)


def test_versions_come_newest_first_in_pages(table: AnyTable) -> None:
    versions = versions_on(table)
    for number in range(1, 13):
        table.commit(versions.publish(version(number), versions.active(), audit(number)))

    first = versions.versions(limit=5)
    second = versions.versions(limit=5, after=first.next_cursor)
    third = versions.versions(limit=5, after=second.next_cursor)

    assert [each.number for each in first.items] == [12, 11, 10, 9, 8]
    assert [each.number for each in second.items] == [7, 6, 5, 4, 3]
    assert [each.number for each in third.items] == [2, 1]
    assert third.next_cursor is None


def test_racing_publishers_leave_no_gap_and_no_double(request: pytest.FixtureRequest, table: AnyTable) -> None:
    if "moto" in request.node.name:
        pytest.skip("When a transaction fails, moto puts back the whole table, and what other threads wrote is lost.")
    versions = versions_on(table)
    publisher = ProgramPublisher(versions, table.commit, pause)

    def publish(name: str) -> int:
        return publisher.publish(json.dumps(document(name=name)), by="key-1", now=NOW).version.number

    with ThreadPoolExecutor(4) as pool:
        numbers = sorted(pool.map(publish, ["A", "B", "C", "D"]))

    assert numbers == [1, 2, 3, 4]


def test_a_version_that_restores_another_says_so(table: AnyTable) -> None:
    versions = versions_on(table)
    restored = replace(version(2), restores=1, reason="too generous")

    table.commit(versions.publish(version(1), None, audit(1)))
    table.commit(versions.publish(restored, versions.active(), replace(audit(2), reason="too generous")))

    assert versions.version(2) == restored


def test_a_draft_is_read_as_it_was_written(table: AnyTable) -> None:
    drafts = drafts_on(table)
    written = draft(text='{"name":"' + "回頭" * 10_000 + '"}')
    table.commit(drafts.add(written, audit(1)))
    changed = replace(written, revision=2, document="{}", based_on=3, changed_by="key-2")
    table.commit(drafts.replace(changed, written, audit(2)))
    published = replace(changed, published_as=4)
    table.commit(drafts.replace(published, changed))

    assert drafts.draft(written.id) == published
    assert drafts.draft(digest_of(["another"])) is None


def test_a_draft_that_moved_on_is_not_overwritten(table: AnyTable) -> None:
    drafts, seen = drafts_on(table), draft()
    table.commit(drafts.add(seen, audit(1)))
    changed = replace(seen, revision=2)
    table.commit(drafts.replace(changed, seen, audit(2)))

    for writes in (
        drafts.add(seen, audit(3)),
        drafts.replace(replace(seen, revision=2, document="{}"), seen, audit(3)),
        drafts.replace(replace(seen, revision=2, discarded=True), seen, audit(3)),
    ):
        with pytest.raises(StaleReadError):
            table.commit(writes)
    assert drafts.draft(seen.id) == changed

    published = replace(changed, published_as=1)
    table.commit(drafts.replace(published, changed))
    with pytest.raises(StaleReadError):
        table.commit(drafts.replace(replace(changed, revision=3), changed, audit(3)))
    assert drafts.draft(seen.id) == published


def test_a_discarded_draft_is_kept_and_not_listed(table: AnyTable) -> None:
    """E14: its id is not free again."""
    drafts, written = drafts_on(table), draft()
    table.commit(drafts.add(written, audit(1)))
    gone = replace(written, revision=2, document="", discarded=True)

    table.commit(drafts.replace(gone, written, audit(2)))

    assert drafts.draft(written.id) == gone
    assert drafts.drafts(limit=10).items == ()
    with pytest.raises(StaleReadError):
        table.commit(drafts.add(written, audit(3)))


def test_drafts_come_in_pages_and_versions_are_none(table: AnyTable) -> None:
    drafts, versions = drafts_on(table), versions_on(table)
    table.commit(versions.publish(version(1), None, audit(1)))
    written = [draft(name) for name in "abcde"]
    for number, each in enumerate(written, 2):
        table.commit(drafts.add(each, audit(number)))

    first = drafts.drafts(limit=3)
    second = drafts.drafts(limit=3, after=first.next_cursor)

    assert sorted((*first.items, *second.items), key=lambda each: each.id) == sorted(written, key=lambda each: each.id)
    assert (len(first.items), second.next_cursor) == (3, None)
    assert versions.versions(limit=10).items == (version(1),)

"""Publishing: an immutable version, the pointer and the audit entry, together or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import Write
from huitou.kernel.errors import NotFoundError, PreconditionFailedError
from huitou.kernel.ids import digest_of
from huitou.kernel.instants import EPOCH
from huitou.platform import program_keys as keys
from huitou.program.publishing import ProgramPublisher, Publication
from huitou.program.validation import InvalidProgramError
from huitou.program.versions import ProgramVersion
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_program import MemoryVersions
from tests.builders import document, rule

LATER = EPOCH + timedelta(days=1)


class Press:
    """A publisher over a table in memory."""

    def __init__(self) -> None:
        self.table = MemoryTable()
        self.versions = MemoryVersions(self.table)
        self.commits = 0
        self.publisher = ProgramPublisher(self.versions, self.commit, pause=lambda _: None)

    def commit(self, writes: Sequence[Write]) -> None:
        self.commits += 1
        self.table.commit(writes)

    def roll_back(self, number: int, replaces: int | None = None) -> Publication:
        return self.publisher.roll_back(number, "too generous", by="k2", now=LATER, replaces=replaces)

    def log(self) -> tuple[AuditEntry, ...]:
        return self.table.query(AuditEntry, keys.audit_month(EPOCH)).items

    def publish(self, replaces: int | None = None, **changes: Any) -> Publication:
        text = json.dumps(document(**changes))
        return self.publisher.publish(text, by="k1", now=EPOCH, replaces=replaces)


def test_versions_count_from_one() -> None:
    press = Press()

    numbers = [press.publish(name=name).version.number for name in ("A", "B", "C")]

    assert numbers == [1, 2, 3]


def test_publishing_is_written_to_the_audit_log() -> None:
    """M35: every change in an audit log."""
    press = Press()
    press.publish()

    log = press.table.query(AuditEntry, keys.audit_month(EPOCH)).items

    assert log == (AuditEntry(EPOCH, "k1", "program_published", "1"),)


def test_the_same_document_again_changes_nothing() -> None:
    """E14: the same content is the first answer again, marked as a replay."""
    press = Press()
    first = press.publish()
    again = press.publish()

    assert again == Publication(first.version, replayed=True)
    assert press.commits == 1


def test_the_same_programme_written_in_other_words_is_the_same_document() -> None:
    press = Press()
    press.publish(earning=[rule(points="1")])

    assert press.publish(earning=[rule(points=1, rounding="down", when={})], joins="on_use").replayed


def test_an_earlier_document_can_hold_again() -> None:
    press = Press()
    for name in ("A", "B", "A"):
        publication = press.publish(name=name)

    assert (publication.version.number, publication.replayed) == (3, False)


def test_an_author_who_edited_an_older_version_is_told() -> None:
    """E33: If-Match on documents that people edit."""
    press = Press()
    press.publish(name="A")
    press.publish(name="B")

    with pytest.raises(PreconditionFailedError):
        press.publish(name="C", replaces=1)
    assert press.publish(name="C", replaces=2).version.number == 3


def test_a_repeated_request_is_a_replay_even_though_it_replaces_an_older_version() -> None:
    """E14: the answer was lost, the publication was not."""
    press = Press()
    press.publish(name="A")
    press.publish(name="B", replaces=1)

    assert press.publish(name="B", replaces=1).replayed


def test_of_racing_publications_each_gets_a_number_of_its_own() -> None:
    press = Press()
    names = [f"Club {n}" for n in range(8)]

    with ThreadPoolExecutor(8) as pool:
        numbers = [publication.version.number for publication in pool.map(lambda name: press.publish(name=name), names)]

    assert sorted(numbers) == list(range(1, 9))
    active = press.versions.active()
    assert active is not None
    assert active.number == 8


def test_nothing_is_written_for_a_document_that_cannot_work() -> None:
    """E30: refused with the reason, nothing changed."""
    press = Press()

    with pytest.raises(InvalidProgramError):
        press.publish(home_currency="stars")
    assert press.versions.active() is None


def test_a_document_that_does_not_fit_into_an_item_is_refused() -> None:
    stores = [{"id": f"s{n}", "brand": "maru", "name": noise(f"n{n}"), "region": noise(f"r{n}")} for n in range(5000)]

    with pytest.raises(InvalidProgramError, match="1 problem") as caught:
        Press().publish(stores=stores)
    assert "when compressed" in caught.value.errors[0].message


def noise(seed: str) -> str:
    """What no compression makes smaller than half."""
    return hashlib.sha256(seed.encode()).hexdigest()


CURRENCIES = document()["point_currencies"]
STORES = document()["stores"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"money": {"currency": "TWD", "exponent": 2}}, "/money"),
        ({"money": {"currency": "JPY", "exponent": 0}}, "/money"),
        (
            {"home_currency": "stars", "point_currencies": [*CURRENCIES, {**CURRENCIES[0], "id": "stars"}]},
            "/home_currency",
        ),
        ({"point_currencies": CURRENCIES[:1]}, "/point_currencies"),
        ({"point_currencies": [CURRENCIES[0], {**CURRENCIES[1], "exponent": 0}]}, "/point_currencies/1/exponent"),
        ({"point_currencies": [CURRENCIES[0], {**CURRENCIES[1], "brand": "maru"}]}, "/point_currencies/1/brand"),
        ({"stores": STORES[:1]}, "/stores"),
        ({"stores": [STORES[0], {**STORES[1], "brand": "maru"}]}, "/stores/1/brand"),
        ({"stores": [STORES[0], {**STORES[1], "time_zone": "Asia/Taipei"}]}, "/stores/1/time_zone"),
        ({"time_zone": "Asia/Tokyo"}, "/stores/0/time_zone"),
        ({"channels": ["store"]}, "/channels"),
        ({"earning": [rule(currency="beans")]}, "/earning/0/currency"),
    ],
)
def test_a_version_keeps_what_members_already_hold(changes: dict[str, Any], pointer: str) -> None:
    press = Press()
    press.publish()

    with pytest.raises(InvalidProgramError) as refused:
        press.publish(**changes)

    assert [each.pointer for each in refused.value.errors] == [pointer]
    assert press.commits == 1


def test_expiry_and_rules_may_change_from_one_version_to_the_next() -> None:
    press = Press()
    press.publish()

    changed = [{**CURRENCIES[0], "expiry": {"type": "never"}, "pending_days": 3}, CURRENCIES[1]]

    assert press.publish(point_currencies=changed, earning=[rule(points="2")]).version.number == 2


def test_tiers_and_segments_may_go() -> None:
    """A standing is derived from what members did under the version that holds; nothing of it is stored for ever."""
    press = Press()
    levels = [{"id": "basic", "name": "Basic", "threshold": "0"}, {"id": "gold", "name": "Gold", "threshold": "9"}]
    tiers = {"measure": "visits", "window": {"type": "anniversary"}, "levels": levels}
    press.publish(tiers=tiers, segments=["lapsed"])

    assert press.publish(tiers={**tiers, "levels": levels[:1]}).version.number == 2
    assert press.publish().version.number == 3


def test_a_segment_stays_with_its_brand() -> None:
    """E31: nobody learns what another brand said of members, or since when they do what there."""
    press = Press()
    friends = {"id": "friends", "name": "Friends", "list": True, "brand": "maru"}
    fans = {"id": "fans", "name": "Fans", "when": {"visits": {"at_least": 1}}, "brand": "maru"}
    press.publish(segments=[friends, fans, "staff"])

    with pytest.raises(InvalidProgramError) as refused:
        press.publish(segments=[{**fans, "brand": "sora"}, {**friends, "brand": "sora"}, "staff"])

    assert [(each.pointer, each.message) for each in refused.value.errors] == [
        (f"/segments/{place}/brand", "Who is in it is for maru to know; give it a new id.") for place in (0, 1)
    ]
    assert press.publish(segments=[{**fans, "id": "sora-fans", "brand": "sora"}, friends]).version.number == 2


def test_a_document_that_was_published_before_fields_were_added_is_still_the_same() -> None:
    """E14: a release that knows more fields makes no new version of the old programme."""
    press = Press()
    stored = json.loads(press.publish().version.document)
    for field in ("tiers", "stacks", "segments", "money_off", "conversions", "refunds", "settlement"):
        del stored[field]
    old = ProgramVersion(2, json.dumps(stored), digest_of(["old"]), EPOCH, "k1")
    press.table.commit(press.versions.publish(old, press.versions.active(), AuditEntry(EPOCH, "k1", "published", "2")))

    assert press.publish() == Publication(old, replayed=True)


def test_a_rollback_publishes_the_old_document_as_the_newest_version() -> None:
    """M34: nothing is edited in place, history only grows."""
    press = Press()
    first = press.publish(name="A").version
    press.publish(name="B")

    version, replayed = press.roll_back(1)

    assert not replayed
    assert (version.number, version.restores, version.reason) == (3, 1, "too generous")
    assert version.document == first.document
    active = press.versions.active()
    assert active is not None
    assert active.number == 3
    assert press.log()[-1] == AuditEntry(LATER, "k2", "program_rolled_back", "3", "too generous")


def test_a_repeated_rollback_changes_nothing() -> None:
    """E14"""
    press = Press()
    press.publish(name="A")
    press.publish(name="B")
    first = press.roll_back(1)

    assert press.roll_back(1) == Publication(first.version, replayed=True)
    assert press.commits == 3


def test_a_rollback_must_name_a_version_that_was() -> None:
    press = Press()
    press.publish()

    with pytest.raises(NotFoundError, match="no version 7"):
        press.roll_back(7)


def test_a_rollback_of_what_members_hold_by_now_is_refused() -> None:
    """M34: an older document without a store in which members have bought since cannot hold again."""
    press = Press()
    press.publish(stores=STORES[:1])
    press.publish()

    with pytest.raises(InvalidProgramError) as refused:
        press.roll_back(1)

    assert [each.pointer for each in refused.value.errors] == ["/stores"]
    assert press.commits == 2


def test_a_rollback_may_name_the_version_that_it_replaces() -> None:
    """E33: If-Match on documents that people edit."""
    press = Press()
    press.publish(name="A")
    press.publish(name="B")

    with pytest.raises(PreconditionFailedError):
        press.roll_back(1, replaces=1)
    assert press.roll_back(1, replaces=2).version.number == 3


def test_an_examination_says_all_for_which_a_publication_would_be_refused() -> None:
    """M34, E30: also what the version that holds forbids; and keeps nothing."""
    press = Press()
    press.publish()

    found = press.publisher.examine(json.dumps(document(stores=STORES[:1], earning=[rule(per="0")])))

    assert {each.pointer for each in found} == {"/stores", "/earning/0/per"}
    assert press.publisher.examine(json.dumps(document(name="B"))) == ()
    assert [each.pointer for each in press.publisher.examine("{")] == [""]
    assert press.commits == 1

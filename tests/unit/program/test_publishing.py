"""Publishing: an immutable version, the pointer and the audit entry, together or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import Write
from huitou.kernel.errors import PreconditionFailedError
from huitou.kernel.instants import EPOCH
from huitou.platform import keys
from huitou.program.publishing import ProgramPublisher, Publication
from huitou.program.validation import InvalidProgramError
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_program import MemoryVersions
from tests.builders import document, rule


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

"""M16: how many members a segment would have, before it is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from huitou.access.model import Caller, ForeignBrandError
from huitou.kernel.ids import MemberId
from huitou.platform import keys
from huitou.points.decisions import Decision, touch
from huitou.program.model import GROUP
from huitou.segments import previews as module
from huitou.segments.asking import Asking
from huitou.segments.errors import InvalidSegmentError
from huitou.segments.preview_requests import preview_view
from huitou.segments.previews import Preview, Previews
from huitou.simulator.memory_segments import MemoryMemberSample
from tests.builders import document
from tests.purchases import NOON, SOON, bill, bread
from tests.standing import SEGMENTS, WRITTEN, Standings, Written

EVERYBODY = [MemberId(f"01JNSM3VF0R6T8C1W5PJ4X9Z{n:02d}") for n in range(60)]
BUYERS = EVERYBODY[::3]
SPENDERS = {"id": "spenders", "name": "Spend", "when": {"spend": {"at_least": "2000", "in": "last 30 days"}}}
BY_HASH = sorted(EVERYBODY, key=lambda member: keys.sampled(member)[1])


class Drafting:
    """Sixty members, twenty of whom spent 2000 just now; somebody writes a segment."""

    def __init__(self, document: dict[str, Any] = WRITTEN) -> None:
        programs = Written(document)
        self.shop = Standings(programs.active())
        self.seconds = 0.0
        self.asked: list[MemberId] = []
        for member in EVERYBODY:
            self.shop.enrol(member)
        for n, member in enumerate(BUYERS):
            self.shop.sell(bill(f"A-{n}", bread(2000)), member)
        self.previews = Previews(
            sample=MemoryMemberSample(self.shop.table),
            asking=Asking(self.shop.states, self.shop.judged),
            programs=programs,
            together=self._together,
            clock=lambda: self.seconds,
        )

    def preview(self, segment: Mapping[str, Any] = SPENDERS, brand: str = GROUP) -> Preview:
        return self.previews.preview(segment, Caller("key", brand, frozenset()), NOON + SOON)

    def _together(self, holds: Any, members: Iterable[MemberId]) -> Iterable[bool | None]:
        """Four seconds for each batch."""
        batch = list(members)
        self.asked += batch
        self.seconds += 4
        return map(holds, batch)


@pytest.fixture
def drafting() -> Drafting:
    return Drafting()


def test_where_all_members_are_asked_the_number_is_exact(drafting: Drafting) -> None:
    told = drafting.preview()
    assert told.members == (20, 20, 20, True)
    assert (told.looked_at, told.found) == (60, 20)
    assert set(told.examples) <= set(BUYERS)
    assert len(told.examples) == 10
    assert preview_view(told)["members"]["method"] == "wilson"


def test_of_many_members_those_with_the_lowest_hashes_are_asked(
    drafting: Drafting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same ones each time, whatever is asked."""
    monkeypatch.setattr(module, "SAMPLE", 20)
    monkeypatch.setattr(module, "BATCH", 10)
    told = drafting.preview()
    assert drafting.asked == BY_HASH[:20]
    found = len({*BY_HASH[:20]} & {*BUYERS})
    assert (told.looked_at, told.found) == (20, found)
    assert told.members.least <= 20 <= told.members.most
    assert told.members.members == 3 * found
    assert drafting.preview() == told


def test_it_answers_in_time_with_those_asked_by_then(drafting: Drafting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifteen seconds: four batches."""
    monkeypatch.setattr(module, "BATCH", 10)
    told = drafting.preview()
    assert drafting.asked == BY_HASH[:40]
    assert (told.looked_at, told.members.is_exact) == (40, False)


def test_who_is_no_member_any_more_is_in_no_segment(drafting: Drafting) -> None:
    """E15, E25"""
    shop = drafting.shop
    gone = shop.wallet(BUYERS[0])
    shop.table.commit(shop.wallets.save(gone, Decision(replace(touch(gone, NOON), moved_to=BUYERS[1]), ())))
    told = drafting.preview()
    assert (told.found, told.looked_at) == (19, 59)


def test_it_may_name_other_segments_and_take_the_place_of_one(drafting: Drafting) -> None:
    others = {"id": "others", "name": "Others", "when": {"not": {"segments": ["active"]}}}
    assert drafting.preview(others).found == 40
    stricter = {"id": "active", "name": "Active", "when": {"purchases": {"at_least": 2, "in": "ever"}}}
    assert drafting.preview(stricter).found == 0
    assert drafting.preview(others).found == 40, "nothing is kept"


@pytest.mark.parametrize(
    ("segment", "pointer", "message"),
    [
        ({"id": "some"}, "/name", "This field is required."),
        ({**SPENDERS, "when": {"speed": 1}}, "/when/speed", "There is no such field here."),
        ({**SPENDERS, "when": {"segments": ["activ"]}}, "/when/segments/0", "Did you mean 'active'?"),
        ({**SPENDERS, "brand": "nobody"}, "/brand", "There is no brand 'nobody' in this programme."),
        ({**SPENDERS, "id": "vip", "brand": "sora"}, "/brand", "maru"),
        ({**SPENDERS, "id": "preview"}, "/id", "choose another id"),
        ({"id": "some", "name": "Some"}, "", "Say who is in it"),
        ({**SPENDERS, "id": "vip", "when": {"segments": ["vip"]}}, "/when", "cannot depend on who is in it"),
    ],
)
def test_what_cannot_work_is_refused_as_a_publication_would(
    drafting: Drafting, segment: dict[str, Any], pointer: str, message: str
) -> None:
    """E30: with the place in what was sent."""
    with pytest.raises(InvalidSegmentError) as refused:
        drafting.preview(segment)
    assert any(each.pointer == pointer and message in each.message for each in refused.value.errors), (
        refused.value.errors
    )


def test_what_would_not_work_any_more_elsewhere_is_refused_with_its_place() -> None:
    """E30, E31: a segment of the group counts on it, and may not on one of a brand."""
    of_all = {"id": "of-all", "name": "Of all", "when": {"segments": ["active"]}}
    drafting = Drafting(document(segments=[*SEGMENTS, of_all]))
    with pytest.raises(InvalidSegmentError) as refused:
        drafting.preview({**SPENDERS, "id": "active", "brand": "maru"})
    (error,) = refused.value.errors
    assert (error.pointer, error.message.partition(":")[0]) == ("", "/segments/3/when/segments/0")


def test_only_the_group_may_ask(drafting: Drafting) -> None:
    """E31: who narrows a question again and again finds out anything about anybody."""
    with pytest.raises(ForeignBrandError):
        drafting.preview({**SPENDERS, "brand": "maru"}, "maru")
    assert drafting.asked == []

"""What subscribers are told of each change, and that files of events/domain say the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from huitou.events.answers import schema_of
from huitou.events.decisions import MOVEMENTS, events_of
from huitou.events.model import Change, DomainEvent, EventType, MemberChange, MemberState
from huitou.points.decisions import KeepAlive
from huitou.points.wallet import Cause, EntryType
from tests.accounts import Town, settled_program
from tests.builders import OPENED, at
from tests.domain_events import DELIVERY, FANG, FOLDER, MEI, a_program, files, told

STATE = MemberState(MEI, 3, OPENED, {"maru": OPENED})
LATER = at("2026-03-02 12:00")


def of(change: Change) -> list[DomainEvent]:
    return list(events_of(change, lambda _: a_program()))


def to(**changes: Any) -> MemberChange:
    """`STATE` changed so, one version on."""
    return MemberChange(STATE, replace(STATE, version=4, recorded_at=LATER, **changes))


def closed(schema: Any) -> Any:
    """The same schema, which allows no field that it does not name."""
    if isinstance(schema, dict):
        shut = {"additionalProperties": False} if "properties" in schema else {}
        return {**{name: closed(each) for name, each in schema.items()}, **shut}
    return [closed(each) for each in schema] if isinstance(schema, list) else schema


class TestFiles:
    def test_schemas_and_samples_are_those_of_the_code(self) -> None:
        """M36. Otherwise: make docs"""
        wanted = files()
        assert {*FOLDER.glob("*.json"), DELIVERY} == wanted.keys()
        assert [path.name for path, text in wanted.items() if path.read_text("utf-8") != text] == []

    @pytest.mark.parametrize("type_", EventType)
    def test_a_schema_is_a_schema(self, type_: EventType) -> None:
        jsonschema_rs.meta.validate(schema_of(type_))


class TestEvents:
    def test_every_event_says_exactly_what_its_schema_names(self) -> None:
        for event in told():
            fields = json.loads(json.dumps(event.detail))
            jsonschema_rs.validator_for(closed(schema_of(event.type)), validate_formats=True).validate(fields)

    def test_the_story_tells_of_every_type_and_no_id_twice(self) -> None:
        events = told()
        assert {event.type for event in events} == set(EventType)
        assert len({event.id for event in events}) == len(events)

    def test_every_line_of_the_ledger_has_its_event_but_visits(self) -> None:
        assert set(EntryType) - MOVEMENTS.keys() == {EntryType.VISIT}

    def test_nothing_but_ids_amounts_and_words_of_ours_is_told(self) -> None:
        """E25: neither reasons, which people write, nor who wrote them."""
        said = json.dumps([event.detail for event in told()])
        assert "goodwill" not in said
        assert "staff" not in said


class TestPoints:
    def test_points_are_told_with_the_decimals_of_their_currency(self) -> None:
        program = settled_program()
        beans = replace(program, currencies={"points": replace(program.currencies["points"], exponent=1)})
        entry = Town(program).earn(MEI, 105)
        (event,) = events_of(entry, lambda _: beans)
        assert (event.detail["points"], event.detail["balance"]["spendable"]) == ("10.5", "10.5")

    def test_the_programme_asked_is_the_one_that_decided(self) -> None:
        asked: list[int] = []
        entry = replace(Town(settled_program()).earn(MEI, 1), program_version=7)

        events_of(entry, lambda number: asked.append(number) or settled_program())  # type: ignore[func-returns-value]

        assert asked == [7]

    def test_a_sale_without_points_and_a_visit_are_no_events(self) -> None:
        town = Town(settled_program(expiry={"type": "sliding", "days": 20}))
        assert of(town.earn(MEI, 0)) == []
        town.earn(MEI, 10)
        (visit,) = town.do(MEI, KeepAlive("maru", town.now, Cause("event", "E"))).entries
        assert of(visit) == []

    def test_an_entry_is_told_under_its_own_id(self) -> None:
        """E21: the same line is the same event, whenever it is delivered."""
        entry = Town(settled_program()).earn(MEI, 10)
        (event,) = of(entry)
        assert event.id == f"points.earned.v1/{entry.id}"
        assert of(entry) == [event]


class TestMembers:
    def test_who_enrols_joins_their_brand(self) -> None:
        (joined,) = of(MemberChange(None, STATE))
        assert joined.type is EventType.MEMBER_JOINED
        assert (joined.detail["brand"], joined.detail["cause"]["type"]) == ("maru", "enrolment")

    def test_a_first_purchase_joins_another_brand(self) -> None:
        """E31"""
        (joined,) = of(to(brands={"maru": OPENED, "sora": LATER}))
        assert (joined.detail["brand"], joined.detail["cause"]["type"]) == ("sora", "use")
        assert joined.detail["occurred_at"] == "2026-03-02T04:00:00.000Z"

    def test_the_brands_of_an_absorbed_member_are_joined_by_the_merge(self) -> None:
        """E15"""
        (joined,) = of(to(brands={"maru": OPENED, "sora": OPENED}, absorbed=(FANG,)))
        assert joined.detail["cause"] == {"type": "merge", "id": FANG}

    def test_a_merge_is_told_once_of_the_one_who_goes_on(self) -> None:
        """E15: by the change of the other one."""
        (merged,) = of(to(moved_to=FANG))
        assert merged.type is EventType.MEMBER_MERGED
        assert (merged.detail["member_id"], merged.detail["absorbed_id"]) == (FANG, MEI)
        assert of(to(absorbed=(FANG,))) == []

    def test_a_merge_undone_names_the_same_two(self) -> None:
        change = to(moved_to=FANG)
        (parted,) = of(MemberChange(change.after, replace(STATE, version=5)))
        assert parted.type is EventType.MEMBER_UNMERGED
        assert (parted.detail["member_id"], parted.detail["absorbed_id"]) == (FANG, MEI)

    def test_an_erasure_is_told_once(self) -> None:
        """E25"""
        change = to(erased_at=LATER)
        assert [event.type for event in of(change)] == [EventType.MEMBER_ERASED]
        assert of(MemberChange(change.after, replace(change.after, version=5))) == []

    def test_what_happens_to_the_wallet_alone_is_no_event(self) -> None:
        assert of(to()) == []

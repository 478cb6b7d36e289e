"""Tags by the file, and with them lists: who is on one is said by a tag of its name (M3, M16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huitou.imports.model import Counts, ImportFormat
from huitou.members.model import Tag
from huitou.program.model import GROUP
from tests.importing import STARTED, Importer, Row, member_row


def tag_row(tag: str = "staff", card: str = "C-1", **changes: Any) -> Row:
    """The group's, unless it says whose."""
    return {"type": "tag", "member": {"card": card}, "tag": tag, **changes}


@pytest.fixture
def importer() -> Importer:
    return Importer()


def tags(importer: Importer, card: str = "C-1") -> dict[Tag, Any]:
    record = importer.members.load(importer.member(card))
    assert record is not None
    return dict(record.tags)


def test_a_file_puts_members_on_a_list(importer: Importer) -> None:
    """M16: after they are enrolled, wherever in the file that stands."""
    progress = importer.bring([tag_row(), tag_row(card="C-2"), member_row(), member_row("C-2")])
    assert progress.run.counts == Counts(members=2, opened=2)
    assert tags(importer) == tags(importer, "C-2") == {Tag(GROUP, "staff"): STARTED}


def test_a_file_takes_them_off_again(importer: Importer) -> None:
    importer.bring([member_row(), tag_row(), tag_row("friend")])
    progress = importer.bring([tag_row(action="remove"), tag_row("nothing", action="remove")], key="again")
    assert progress.run.counts == Counts(opened=2)
    assert tags(importer).keys() == {Tag(GROUP, "friend")}


def test_a_file_that_is_brought_again_changes_nothing(importer: Importer) -> None:
    """E14"""
    rows = [member_row(), tag_row()]
    importer.bring(rows)
    before = importer.anonymous(), tags(importer)
    again = importer.bring(rows, key="again", now=STARTED + timedelta(days=1))
    assert again.run.counts == Counts(members=1, opened=1)
    assert (importer.anonymous(), tags(importer)) == before


def test_the_group_may_speak_for_a_brand_and_a_brand_for_itself(importer: Importer) -> None:
    """E31"""
    importer.bring([member_row(), tag_row(brand="maru")])
    importer.bring([tag_row("friend")], brand="maru", key="again")
    assert tags(importer).keys() == {Tag("maru", "staff"), Tag("maru", "friend")}


@pytest.mark.parametrize(
    ("row", "brand", "code"),
    [
        (tag_row(brand="sora"), "maru", "foreign_brand"),
        (tag_row(brand="nobody"), GROUP, "invalid_row"),
        (tag_row(brand="sora"), GROUP, "member_not_found"),
        (tag_row(card="C-9"), GROUP, "member_not_found"),
        (tag_row(action="drop"), GROUP, "invalid_row"),
        (tag_row(""), GROUP, "invalid_row"),
    ],
)
def test_what_cannot_be_is_refused_row_by_row(importer: Importer, row: Row, brand: str, code: str) -> None:
    """E28, E30, E31"""
    importer.bring([member_row()])
    progress = importer.bring([row, tag_row("friend")], brand=brand, key="again")
    assert [each.code for each in progress.run.rejections] == [code]
    assert progress.run.counts == Counts(opened=1, rejected=1)


def test_a_spreadsheet_will_do(importer: Importer) -> None:
    importer.bring([member_row()])
    csv = "type,card,tag,action\ntag,C-1,staff,\ntag,C-1,熟客,set\ntag,C-1,nothing,remove\n"
    assert importer.bring(csv.encode(), form=ImportFormat.CSV, key="again").run.counts == Counts(opened=3)
    assert tags(importer).keys() == {Tag(GROUP, "staff"), Tag(GROUP, "熟客")}

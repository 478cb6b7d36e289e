"""A function that is told too little does not start, and says what is missing."""

from __future__ import annotations

import pytest

from huitou.platform.settings import MembersTable, ProgramTable, Settings, SettingsError, load


class Needs(Settings):
    members_table: MembersTable
    program_table: ProgramTable


COMPLETE = {"AWS_REGION": "ap-northeast-1", "HUITOU_MEMBERS_TABLE": "members", "HUITOU_PROGRAM_TABLE": "program"}


def test_settings_come_from_the_environment() -> None:
    settings = load(Needs, COMPLETE)

    assert (settings.members_table, settings.program_table) == ("members", "program")
    assert (settings.region, settings.endpoint) == ("ap-northeast-1", None)


def test_all_that_is_missing_or_empty_is_named_at_once() -> None:
    with pytest.raises(SettingsError, match=r"HUITOU_MEMBERS_TABLE, HUITOU_PROGRAM_TABLE$"):
        load(Needs, {"AWS_REGION": "ap-northeast-1", "HUITOU_PROGRAM_TABLE": ""})


def test_a_function_needs_only_what_it_names() -> None:
    assert load(Settings, {"AWS_REGION": "ap-northeast-1"}).region == "ap-northeast-1"

"""Changing frozen values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from huitou.kernel.values import changed
from tests.builders import lot, wallet


def test_a_changed_value_is_what_replace_makes() -> None:
    before = wallet(lot())
    assert changed(before, version=7, lots=()) == replace(before, version=7, lots=())


def test_the_value_itself_stays_as_it_was() -> None:
    before = wallet(lot())
    changed(before, version=7)
    assert before == wallet(lot())


def test_there_is_no_field_of_another_name() -> None:
    with pytest.raises(AttributeError):
        changed(wallet(), owner="Mei")

"""Changing frozen values."""

from __future__ import annotations

from dataclasses import field, replace

import pytest

from huitou.kernel.values import changed, lean
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


@lean
class Basket:
    """Of something."""

    weight: int
    colour: str = "red"
    apples: list[int] = field(default_factory=list)


def test_a_lean_value_is_made_compared_and_hashed_like_any_other() -> None:
    assert Basket(1) == Basket(weight=1, colour="red", apples=[]) != Basket(2)
    assert Basket(1).apples is not Basket(1).apples
    assert {lot(remaining=5): "five"}[lot(remaining=5)] == "five"
    with pytest.raises(TypeError):
        Basket()  # type: ignore[call-arg]

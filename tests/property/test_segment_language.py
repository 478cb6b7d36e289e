"""What holds for every segment that can be written (M16)."""

from __future__ import annotations

from typing import get_args

from hypothesis import given

from huitou.program.predicates import Leaf, Predicate
from tests.builders import program
from tests.predicates import LEAVES, PREDICATES
from tests.segments import segment, with_segments, written


def test_every_kind_of_leaf_is_tried() -> None:
    assert set(LEAVES) == set(get_args(Leaf))


@given(asked=PREDICATES)
def test_every_predicate_can_be_written_and_is_read_as_what_it_is(asked: Predicate) -> None:
    """M16: from text to parts to the predicate, and nothing is lost on the way."""
    compiled = program(with_segments(segment(written(asked)))).segments

    assert compiled["some"].when == asked

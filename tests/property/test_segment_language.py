"""What holds for every segment that can be written (M16)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from huitou.program.compilation import compile_program
from huitou.program.differences import differences
from huitou.program.document import canonical_json
from huitou.program.document_segments import PredicatePart
from huitou.program.looking_back import leaves_of
from huitou.program.predicates import Leaf, Predicate
from huitou.program.validation import InvalidProgramError, read_document
from tests.builders import program
from tests.predicates import ASKING, KIND_OF, LEAVES, PREDICATES
from tests.segments import segment, with_segments, written

TOGETHER = {"all", "any", "not"}


def test_every_kind_of_leaf_is_tried_by_every_word_that_asks_for_it() -> None:
    assert set(ASKING) == set(get_args(Leaf))
    assert set(LEAVES) == {field.alias or name for name, field in PredicatePart.model_fields.items()} - TOGETHER


@pytest.mark.parametrize("word", LEAVES)
@given(data=st.data())
def test_a_word_asks_for_its_kind_of_leaf(data: st.DataObject, word: str) -> None:
    asked = data.draw(LEAVES[word])

    assert (type(asked), [*written(asked)]) == (KIND_OF[word], [word])


@given(asked=PREDICATES)
def test_every_predicate_can_be_written_and_is_read_as_what_it_is(asked: Predicate) -> None:
    """M16: from text to parts to the predicate, and nothing is lost on the way."""
    compiled = program(with_segments(segment(written(asked)))).segments

    assert compiled["some"].when == asked


SCHEMA = PredicatePart.model_json_schema()
WORDS: Mapping[str, tuple[str, ...]] = {
    "in": ("ever", "this month", "last 30 days", "last 0 days", "yesterday"),
    "from": ("00:00", "18:00", "18:30"),
    "to": ("00:00", "22:00", "24:00"),
    "brands": ("maru", "sora", "muji"),
    "joined": ("maru", "sora", "muji"),
    "stores": ("m1", "s1"),
    "home_store": ("m1", "s1", "m2"),
    "regions": ("north", "abroad", "south"),
    "channels": ("store", "fax"),
    "categories": ("bread", "tea", "ice"),
    "payments": ("card", "shells"),
    "currency": ("points", "beans", "stars"),
    "tiers": ("basic", "gold", "golden"),
    "segments": ("friends", "some"),
    "brand": ("maru", "group"),
}
"""Good ones and bad ones, by the field in which they stand."""


def content(schema: Mapping[str, Any], field: str = "") -> SearchStrategy[Any]:
    """What has the shape that ``schema`` says, and may mean nothing."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return st.deferred(lambda: content(SCHEMA["$defs"][name], field))
    if "anyOf" in schema:
        return st.one_of([content(each, field) for each in schema["anyOf"] if each != {"type": "null"}])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return _KINDS[schema["type"]](schema, field)


_KINDS: Mapping[str, Callable[[Mapping[str, Any], str], SearchStrategy[Any]]] = {
    "object": lambda schema, _: _object(schema),
    "array": lambda schema, field: st.lists(content(schema["items"], field), min_size=1, max_size=2),
    "integer": lambda *_: st.integers(0, 5) | st.integers(90, 180),
    "boolean": lambda *_: st.booleans(),
    "string": lambda _, field: st.sampled_from(WORDS.get(field, ("20", "2.25", "tea", "zh-TW", "marketing"))),
}


def _object(schema: Mapping[str, Any]) -> SearchStrategy[Any]:
    fields = {name: content(each, name) for name, each in schema["properties"].items()}
    if schema.get("maxProperties") == 1:
        return st.sampled_from(sorted(fields)).flatmap(lambda name: st.fixed_dictionaries({name: fields[name]}))
    needed = {name: fields.pop(name) for name in schema.get("required", ())}
    some = st.sets(st.sampled_from(sorted(fields)), max_size=2) if fields else st.just(set())
    return some.flatmap(lambda names: st.fixed_dictionaries({**needed, **{name: fields[name] for name in names}}))


@given(when=content({"$ref": "#/$defs/PredicatePart"}))
def test_whatever_has_the_shape_of_a_condition_is_compiled_or_refused_with_a_place_inside_it(when: Any) -> None:
    """E30, M16: what is let through can be judged."""
    try:
        text = canonical_json(read_document(json.dumps(with_segments(segment(when)))))
    except InvalidProgramError as error:
        errors = error.errors
        assert all(each.pointer.startswith("/segments/0/when") for each in errors)
        return
    compiled = compile_program(json.loads(text), 1).segments["some"].when

    assert compiled is not None
    assert list(leaves_of(compiled))
    assert canonical_json(read_document(text)) == text
    assert differences(json.loads(text), json.loads(text)) == ()

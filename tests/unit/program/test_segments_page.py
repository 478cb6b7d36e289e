"""What docs/segments.md shows can be published, as it stands there (M16)."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from cli.program_file import SAMPLE, read_program_file
from huitou.program.document_segments import OnlyPart, PredicatePart
from huitou.program.looking_back import leaves_of
from huitou.program.model import Program
from huitou.program.predicates import Leaf, Predicate
from infra.sources import ROOT
from tests import builders

PAGE = (ROOT / "docs" / "segments.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)
EXAMPLES = re.findall(r"^\*\*(\d+)\. [^`]*```yaml", re.sub(r"`[a-z]+`", "", PAGE), re.M)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The sample programme with the segments of the page in place of its own."""
    written = tmp_path_factory.mktemp("page") / "page.yaml"
    written.write_text("segments:\n" + "\n".join(BLOCKS), encoding="utf-8")
    sample: dict[str, Any] = read_program_file(SAMPLE).document
    document = {**sample, "segments": read_program_file(written).document["segments"]}
    return builders.program(document)


def asked(program: Program) -> list[Predicate]:
    return [leaf for each in program.segments.values() if each.when for leaf in leaves_of(each.when)]


def test_there_are_twenty_examples() -> None:
    assert [int(number) for number in EXAMPLES] == list(range(1, 21))


def test_the_examples_can_be_published_and_ask_everything_that_can_be_asked(program: Program) -> None:
    assert {type(leaf) for leaf in asked(program)} == set(get_args(Leaf))
    assert {each.brand for each in program.segments.values()} == {None, "kaze", "sora"}
    assert any(each.when is None for each in program.segments.values())


def test_every_question_and_filter_is_explained() -> None:
    table = PAGE.partition("## Twenty examples")[0]
    fields = [*PredicatePart.model_fields.items(), *OnlyPart.model_fields.items()]

    assert [name for name, field in fields if f"`{field.alias or name}" not in table] == []

"""A programme as a file: what a marketer writes, and where a mistake is."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from typer.testing import CliRunner

from cli.program import app, schema_text
from cli.program_file import SAMPLE, read_program_file
from huitou.program.document_rules import ConditionsPart
from huitou.program.rules import Bonus, Combine, Multiplier, Per, Rate
from huitou.program.validation import InvalidProgramError, read_document
from infra.sources import ROOT
from programs import sample_stores
from tests.files import sample_program

SCHEMA = ROOT / "docs" / "program.schema.json"


def written(folder: Path, text: str, name: str = "program.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_sample_can_be_published() -> None:
    program = sample_program()

    assert set(program.brands) == {"maru", "sora", "kaze"}
    assert len(program.stores) == 457
    assert (program.money, program.money_exponent, program.zone.key) == ("USD", 2, "America/New_York")
    assert program.home_currency == "points"


def test_the_sample_uses_every_condition() -> None:
    """M7"""
    document = read_document(read_program_file(SAMPLE).json)

    used = {field for rule in document.earning for field, asked in rule.when if asked}

    assert used == ConditionsPart.model_fields.keys()


def test_the_sample_uses_every_kind_of_rule() -> None:
    """M6, M7, M9, M13, M15"""
    program = sample_program()
    rules = program.earning

    assert {type(rule.reward) for rule in rules} == {Rate, Bonus, Multiplier}
    assert {cap.per for rule in rules for cap in rule.caps} == set(Per)
    assert {rule.stack.combine for rule in rules if rule.stack} == set(Combine)
    assert {rule.funded_by for rule in rules} == {"issuer", "group"}
    assert any(rule.budget for rule in rules)
    assert any(rule.excludes for rule in rules)
    assert {brand for brand, _ in program.money_off} == set(program.brands)
    assert program.tiers
    assert {each.brand for each in program.segments.values()} == {None, "sora"}
    assert any(each.when is None for each in program.segments.values())
    assert program.conversions
    assert program.settlement.prices
    assert program.settlement.worth


def test_the_sample_stores_are_those_of_the_data() -> None:
    program = read_program_file(SAMPLE).document

    assert [tuple(store.values()) for store in program["stores"]] == sample_stores.rows()


def test_the_committed_schema_is_the_generated_one() -> None:
    """Otherwise: huitou program schema > docs/program.schema.json"""
    assert SCHEMA.read_text(encoding="utf-8") == schema_text()


def test_the_sample_fits_the_schema_that_editors_use() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))

    jsonschema_rs.validate(schema, json.loads(read_program_file(SAMPLE).json))
    jsonschema_rs.validate(schema, {**json.loads(read_program_file(SAMPLE).json), "stores": "sample.stores.csv"})


def test_every_field_of_the_schema_says_what_it_means() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    parts = [schema, *schema["$defs"].values()]

    silent = [
        f"{part['title']}.{name}"
        for part in parts
        for name, field in part["properties"].items()
        if "description" not in field and "const" not in field
    ]

    assert silent == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("14:30", "14:30"),
        ("no", "no"),
        ("1.10", "1.10"),
        ("2026-05-01", "2026-05-01"),
        ("0367", "0367"),
        ("1_000", "1_000"),
        ("30", 30),
        ("-3", -3),
        ("true", True),
        ("", None),
    ],
)
def test_yaml_guesses_nothing(tmp_path: Path, text: str, value: object) -> None:
    assert read_program_file(written(tmp_path, f"field: {text}\n")).document == {"field": value}


def test_a_field_written_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidProgramError, match="'earning' is written twice"):
        read_program_file(written(tmp_path, "earning: [1]\nname: x\nearning: [2]\n"))


@pytest.mark.parametrize("text", ["", "# nothing\n", "a: [", "? [a, b]\n: c\n", "a: !!python/name:os.system\n"])
def test_what_is_no_programme_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidProgramError):
        read_program_file(written(tmp_path, text))


def test_stores_may_lie_in_a_table_beside_the_file(tmp_path: Path) -> None:
    """A spreadsheet writes a byte order mark and leaves cells empty."""
    written(tmp_path, "\ufeffid,brand,name,region,time_zone\n7,maru,Seven,north,\n", "shops.csv")

    program = read_program_file(written(tmp_path, "stores: shops.csv\n"))

    assert program.document["stores"] == [{"id": "7", "brand": "maru", "name": "Seven", "region": "north"}]


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidProgramError, match=r"shops\.csv cannot be read"):
        read_program_file(written(tmp_path, "stores: shops.csv\n"))


def test_a_problem_is_found_by_file_and_line(tmp_path: Path) -> None:
    written(tmp_path, "id,brand,name,region\n7,maru,Seven,north\n8,mura,Eight,north\n", "shops.csv")
    program = read_program_file(written(tmp_path, "name: x\nstores: shops.csv\nearning:\n  - id: a\n    per: 0\n"))

    assert program.locate("/stores/1/brand") == f"{tmp_path / 'shops.csv'}:3"
    assert program.locate("/earning/0/per") == f"{tmp_path / 'program.yaml'}:5"
    assert program.locate("/earning/0/points") == f"{tmp_path / 'program.yaml'}:4"
    assert program.locate("/brands") == f"{tmp_path / 'program.yaml'}:1"


def test_the_command_says_what_can_be_published() -> None:
    result = CliRunner().invoke(app, ["validate", str(SAMPLE)])

    assert result.exit_code == 0
    assert (
        "can be published: 3 brands, 457 stores, 2 kinds of points, 10 segments, 19 earning rules, 6 templates"
        in result.output
    )


def test_the_command_says_what_cannot_work_and_where(tmp_path: Path) -> None:
    text = SAMPLE.read_text(encoding="utf-8").replace("home_currency: points", "home_currency: point")
    written(tmp_path, (SAMPLE.parent / "sample.stores.csv").read_text(encoding="utf-8"), "sample.stores.csv")
    path = written(tmp_path, text)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if row.startswith("home_currency"))

    result = CliRunner().invoke(app, ["validate", str(path)])

    assert result.exit_code == 1
    assert f"{path}:{line}: /home_currency: There is no currency 'point'" in result.output
    assert "Did you mean 'points'?" in result.output


def test_the_sample_is_ordinary_yaml_too() -> None:
    """Other tools read the file as well: nothing in it depends on our loader but decimals and days."""
    assert yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))["earning"][5]["when"]["hours"]["from"] == "14:00"

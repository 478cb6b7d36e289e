"""What docs/messages.md shows can be published, and it names everything that can be said (M24)."""

from __future__ import annotations

import re
from pathlib import Path

from cli.program_file import SAMPLE, read_program_file
from huitou.templates.variables import VARIABLES, Variable
from huitou.templates.writing import FILTERS
from infra.sources import ROOT
from tests import builders

PAGE = (ROOT / "docs" / "messages.md").read_text("utf-8")


def test_the_example_can_be_published(tmp_path: Path) -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)
    written = tmp_path / "page.yaml"
    written.write_text(block, encoding="utf-8")
    document = {**read_program_file(SAMPLE).document, "campaigns": [], **read_program_file(written).document}
    builders.program(document)
    assert [each["id"] for each in document["templates"]] == ["miss-you", "code"]


def test_every_variable_is_named_with_its_meaning() -> None:
    section = PAGE.partition("## What a text can say")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `([a-z_.]+)` \| (.*) \| ?(.*?) ?\|$", section, re.M)
    assert told == [(each.name, each.meaning, note(each)) for each in VARIABLES]


def note(variable: Variable) -> str:
    if variable.only_codes:
        return "only in the template of `messages.verification`, and in no subject"
    return "only in marketing" if variable.only_marketing else "may be missing" * variable.may_be_missing


def test_every_filter_is_named() -> None:
    assert [name for name in FILTERS if f"`{name}`" not in PAGE] == []

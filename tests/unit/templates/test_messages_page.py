"""What docs/messages.md shows can be published, and it names everything that can be said (M24)."""

from __future__ import annotations

import re
from pathlib import Path

from cli.program_file import SAMPLE, read_program_file
from huitou.templates.variables import VARIABLES
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
    assert [each["id"] for each in document["templates"]] == ["miss-you"]


def test_every_variable_is_named_with_its_meaning() -> None:
    section = PAGE.partition("## What a text can say")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `([a-z_.]+)` \| (.*) \| ?(.*?) ?\|$", section, re.M)
    notes = {(True, False): "may be missing", (False, True): "only in marketing", (False, False): ""}
    assert told == [(each.name, each.meaning, notes[each.may_be_missing, each.only_marketing]) for each in VARIABLES]


def test_every_filter_is_named() -> None:
    assert [name for name in FILTERS if f"`{name}`" not in PAGE] == []

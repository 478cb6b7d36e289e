"""What docs/campaigns.md shows can be published, and it names everything that can be said (M19, M20)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

from cli.program_file import SAMPLE, read_program_file
from huitou.campaigns import decisions, situations
from huitou.campaigns.model import TurnOutcome
from huitou.program.document_campaigns import CalendarPart, CampaignPart, StepPart
from infra.sources import ROOT
from tests import builders

PAGE = (ROOT / "docs" / "campaigns.md").read_text("utf-8")
WRITTEN = "".join(re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S))


def test_the_examples_can_be_published(tmp_path: Path) -> None:
    written = tmp_path / "page.yaml"
    written.write_text(f"campaigns:\n{WRITTEN}", encoding="utf-8")
    sample: dict[str, Any] = read_program_file(SAMPLE).document
    document = {**sample, **read_program_file(written).document}
    campaigns = builders.program(document).campaigns
    assert campaigns.keys() == set(re.findall(r"^- id: (\S+)", WRITTEN, re.M))
    assert campaigns["miss-you"].holdout_percent == 10


def test_everything_that_can_be_written_is_named() -> None:
    parts = (CampaignPart, CalendarPart, StepPart)
    fields = {field.alias or name for part in parts for name, field in part.model_fields.items()} - {"id", "name"}
    assert [field for field in sorted(fields) if field not in PAGE] == []
    once = get_args(CampaignPart.model_fields["once"].annotation)
    assert [each for each in once if f"`once: {each}`" not in PAGE] == []


def test_everything_that_can_become_of_it_is_named() -> None:
    reasons = [decisions.GOAL_REACHED, decisions.LEFT, decisions.NOT_IN_SEGMENT]
    reasons += [situations.CAMPAIGN_GONE, situations.CAMPAIGN_PAUSED, situations.MERGED, situations.NOBODY]
    assert [each for each in (*reasons, *TurnOutcome) if f"`{each}`" not in PAGE] == []

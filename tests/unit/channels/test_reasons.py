"""docs/messages.md tells what each reason means, and whether it is worth another attempt."""

from __future__ import annotations

import re

from huitou.channels import reasons
from huitou.channels.model import Refused, Unclear
from infra.sources import ROOT

PAGE = (ROOT / "docs" / "messages.md").read_text()


def told(heading: str) -> dict[str, list[str]]:
    """The cells beside each reason in the table that begins with this one."""
    table = PAGE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([a-z_]+)` \|(.+)\|$", table, re.M)
    return {reason: [cell.strip() for cell in cells.split("|")] for reason, cells in rows}


def test_every_refusal_is_told_with_its_pause() -> None:
    refusals = [each for each in vars(reasons).values() if isinstance(each, Refused)]
    assert {reason: pause for reason, (_, pause) in told("refused as").items()} == {
        each.reason: "" if each.again_after is None else f"{each.again_after:,} s" for each in refusals
    }


def test_whatever_leaves_it_unclear_is_told() -> None:
    unclear = [each for each in vars(reasons).values() if isinstance(each, Unclear)]
    assert set(told("unclear as")) == {each.reason for each in unclear}

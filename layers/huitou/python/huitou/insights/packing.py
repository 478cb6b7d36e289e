"""Surveys as files: gzipped JSON, rows of figures in their order; and runs as the states hand them on."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from huitou.insights.model import Run, Survey
from huitou.kernel.ids import parse_digest
from huitou.kernel.instants import format_instant, parse_instant
from huitou.segments.alive import Observed
from huitou.segments.rfm import Measures


def pack(survey: Survey) -> bytes:
    """The same for the same figures, whatever order they came in."""
    rows = {
        "observed": sorted((*each, members) for each, members in survey.observed.items()),
        "measured": sorted((*each, members) for each, members in survey.measured.items()),
    }
    return gzip.compress(json.dumps(rows, separators=(",", ":")).encode(), mtime=0)


def unpack(packed: bytes) -> Survey:
    """The inverse of `pack`."""
    rows = json.loads(gzip.decompress(packed))
    return Survey(
        Counter({Observed(*each): members for *each, members in rows["observed"]}),
        Counter({Measures(*each): members for *each, members in rows["measured"]}),
    )


def run_event(run: Run) -> dict[str, Any]:
    """A run as its states hand it on."""
    return {
        "run_id": run.id,
        "at": format_instant(run.at),
        "program_version": run.program_version,
        "manifest_key": run.manifest_key,
    }


def run_in(event: Mapping[str, Any]) -> Run:
    """The inverse of `run_event`."""
    return Run(parse_digest(event["run_id"]), parse_instant(event["at"]), event["program_version"])

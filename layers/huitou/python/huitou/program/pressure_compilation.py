"""From the stored document to what messages keep to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any, Final
from zoneinfo import ZoneInfo

from huitou.pressure.model import Cap, Manners, QuietHours
from huitou.templates.model import TemplateKind

_USUAL: Final = {"from": "22:00", "to": "08:00"}


def compile_manners(document: Mapping[str, Any]) -> Manners:
    """Of a document that was published, perhaps before there were quiet hours: then the usual ones."""
    messages = document.get("messages", {})
    quiet = messages.get("quiet_hours", _USUAL)
    return Manners(
        zone=ZoneInfo(document["time_zone"]),
        quiet=QuietHours(time.fromisoformat(quiet["from"]), time.fromisoformat(quiet["to"])) if quiet else None,
        caps=tuple(
            Cap(TemplateKind(cap["kind"]), cap["most"], cap["days"]) for cap in messages.get("frequency_caps", ())
        ),
        holdout_percent=messages.get("holdout_percent", 0),
    )

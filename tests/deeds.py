"""Builders for facts that segments ask about."""

from __future__ import annotations

from datetime import datetime

from huitou.segments.facts import AliveModel, Deed
from tests.builders import at

CDNOW = AliveModel(r=0.243, alpha=4.414, a=0.793, b=2.426)
"""What Fader, Hardie and Lee (2005) found on the CDNOW data."""


def bought(when: str | datetime, spend: int = 100, brand: str = "maru") -> Deed:
    """A purchase, by the clocks of Taipei."""
    return Deed(at(when) if isinstance(when, str) else when, brand, None, True, spend=spend)


def visited(when: str, brand: str = "maru") -> Deed:
    return Deed(at(when), brand, None, False)

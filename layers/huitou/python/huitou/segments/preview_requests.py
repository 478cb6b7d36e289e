"""Previews of segments as callers ask for them and see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from huitou.fields import View
from huitou.segments.estimating import CONFIDENCE

if TYPE_CHECKING:
    from huitou.segments.previews import Preview


class EstimateView(View):
    """How many members."""

    estimate: int
    least: int
    most: int
    """`least` and `most` hold in 95 of 100 cases."""
    is_exact: bool
    """Whether all members were looked at."""
    confidence: float
    method: Literal["wilson"]
    """Wilson's score interval for a share."""


class PreviewView(View):
    """How many members a segment would have now."""

    members: EstimateView
    looked_at: int
    """Members: those whose ids have the lowest hashes, the same ones each time."""
    found: int
    """How many of them would be in the segment."""
    examples: list[str]
    """Up to ten of those."""


def preview_view(preview: Preview) -> dict[str, Any]:
    """A `PreviewView`."""
    likely, least, most, is_exact = preview.members
    return {
        "members": {
            "estimate": likely,
            "least": least,
            "most": most,
            "is_exact": is_exact,
            "confidence": CONFIDENCE,
            "method": "wilson",
        },
        "looked_at": preview.looked_at,
        "found": preview.found,
        "examples": list(preview.examples),
    }

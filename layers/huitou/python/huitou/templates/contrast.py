"""Which letters can be read on a brand's colour."""

from __future__ import annotations


def readable_on(color: str) -> str:
    """Black or white, whichever contrasts more with ``#rrggbb`` (WCAG 2, relative luminance)."""
    linear = [_linear(int(color[n : n + 2], 16) / 255) for n in (1, 3, 5)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if luminance < 0.179 else "#000000"


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

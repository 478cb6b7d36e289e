"""Which letters can be read on a brand's colour, and where letters of it can (WCAG 2, relative luminance)."""

from __future__ import annotations

from typing import Final

_LEAST: Final = 4.5
"""Contrast of text with what is behind it: WCAG 2.2, 1.4.3."""
_DARK: Final = "#222222"


def readable_on(color: str) -> str:
    """Black or white, whichever contrasts more with ``#rrggbb``."""
    return "#ffffff" if _luminance(color) < 0.179 else "#000000"


def readable_on_white(color: str) -> str:
    """``#rrggbb`` itself where letters of it can be read on white, or else what nearly is black."""
    return color if 1.05 / (_luminance(color) + 0.05) >= _LEAST else _DARK


def _luminance(color: str) -> float:
    red, green, blue = (_linear(int(color[n : n + 2], 16) / 255) for n in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

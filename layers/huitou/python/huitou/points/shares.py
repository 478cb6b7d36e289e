"""Splitting a whole number so that nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence


def share(total: int, weights: Sequence[int]) -> list[int]:
    """``total`` in proportion to ``weights``, by largest remainder, of equals the first; the sum is ``total``.

    Both are never negative. Where all weights are 0, all count alike.
    """
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    shares = [total * weight // whole for weight in weights]
    missing = total - sum(shares)
    if missing:
        by_remainder = sorted(range(len(weights)), key=lambda index: (-(total * weights[index] % whole), index))
        for index in by_remainder[:missing]:
            shares[index] += 1
    return shares

"""Sums as text: a list of rows, each a key and its values; fractions stay exact."""

from __future__ import annotations

import gzip
import json
from fractions import Fraction

from huitou.accounts.model import Tally


def pack(tally: Tally) -> bytes:
    """As gzipped JSON, in the order of the keys."""
    rows = [[list(key), [str(value) for value in values]] for key, values in sorted(tally.sums.items())]
    return gzip.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)


def unpack(packed: bytes) -> Tally:
    """The inverse of `pack`."""
    rows = json.loads(gzip.decompress(packed))
    return Tally({tuple(key): tuple(map(Fraction, values)) for key, values in rows})

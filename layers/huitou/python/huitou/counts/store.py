"""Counts in the program table."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from huitou.counts.model import SegmentCount
from huitou.jobs.store import JobItem, TablePartedJobs
from huitou.platform import program_keys as keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Table


class CountItem(JobItem):
    """A count of a segment that is being written."""

    written = UnicodeAttribute()
    program = IntegerAttribute()
    parts = IntegerAttribute()
    insights = IntegerAttribute()


def counts_in(table: Table) -> TablePartedJobs[SegmentCount]:
    return TablePartedJobs(table, SegmentCount, CountItem, keys.count)

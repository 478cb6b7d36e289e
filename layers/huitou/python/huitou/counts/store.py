"""Counts in the program table."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from huitou.counts.model import Counted, MemberCount
from huitou.jobs.store import JobItem, TablePartedJobs
from huitou.platform import program_keys as keys
from huitou.platform.attributes import ChoiceAttribute, IntegerAttribute
from huitou.platform.table import Table


class CountItem(JobItem):
    """A count of something that is being written."""

    kind = ChoiceAttribute(Counted, null=True)
    written = UnicodeAttribute()
    program = IntegerAttribute()
    parts = IntegerAttribute()
    insights = IntegerAttribute()


def counts_in(table: Table) -> TablePartedJobs[MemberCount]:
    return TablePartedJobs(table, MemberCount, CountItem, keys.count)

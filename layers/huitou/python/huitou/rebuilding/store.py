"""Rebuilds in the program table."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from huitou.jobs.store import JobItem, TablePartedJobs
from huitou.platform import program_keys as keys
from huitou.platform.attributes import ChoiceAttribute, IntegerAttribute
from huitou.platform.table import Table
from huitou.rebuilding.model import Rebuild, RebuildCause


class RebuildItem(JobItem):
    """A rebuild."""

    cause = ChoiceAttribute(RebuildCause)
    program = IntegerAttribute()
    parts = IntegerAttribute()
    client_reference = UnicodeAttribute(null=True)


def rebuilds_in(table: Table) -> TablePartedJobs[Rebuild]:
    return TablePartedJobs(table, Rebuild, RebuildItem, keys.rebuild)

"""Results in the program table."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from huitou.jobs.store import JobItem, TablePartedJobs
from huitou.outcomes.model import CampaignResult
from huitou.platform import program_keys as keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Table


class ResultItem(JobItem):
    """What a campaign did."""

    campaign = UnicodeAttribute()
    brand = UnicodeAttribute()
    program = IntegerAttribute()
    parts = IntegerAttribute()
    found = UnicodeAttribute(null=True)


def results_in(table: Table) -> TablePartedJobs[CampaignResult]:
    return TablePartedJobs(table, CampaignResult, ResultItem, keys.campaign_result)

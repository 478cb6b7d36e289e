"""Every key of the program table; see `keys`."""

from __future__ import annotations

from datetime import datetime

from huitou.kernel.instants import format_instant
from huitou.platform.keys import PART_PREFIX, Key

PROGRAM = "PROGRAM"
VERSION_PREFIX = "VERSION#"
DRAFT_PREFIX = "DRAFT#"
API_KEYS = "KEYS"
API_KEY_PREFIX = "KEY#"
CHUNK_PREFIX = "CHUNK#"
SETTLEMENTS = "SETTLEMENTS"
MONTH_PREFIX = "MONTH#"
CLOCK = "CLOCK"


def program_version(version: int) -> Key:
    return PROGRAM, f"{VERSION_PREFIX}{version:08d}"


def program_active() -> Key:
    return PROGRAM, "ACTIVE"


def program_draft(draft_id: str) -> Key:
    return PROGRAM, f"{DRAFT_PREFIX}{draft_id}"


def api_key(key_id: str) -> Key:
    """All keys share a partition: the authorizer's role may read that one and nothing else of the table."""
    return API_KEYS, f"{API_KEY_PREFIX}{key_id}"


def audit(at: datetime, entry_id: str) -> Key:
    return audit_month(at), f"{format_instant(at)}#{entry_id}"


def audit_month(at: datetime) -> str:
    return f"AUDIT#{at:%Y-%m}"


ERASURES = "ERASURES"
ERASURE_PREFIX = "ERASURE#"


def erasure(member_id: str) -> Key:
    """Not in the table of members: a restored one is told again whom to forget (E25)."""
    return ERASURES, f"{ERASURE_PREFIX}{member_id}"


def watermarks() -> Key:
    """How far ticks have queued."""
    return CLOCK, "WATERMARKS"


def import_run(import_id: str) -> Key:
    return f"IMPORT#{import_id}", "RUN"


def import_chunk(import_id: str, number: int) -> Key:
    return f"IMPORT#{import_id}", f"{CHUNK_PREFIX}{number:05d}"


def account(account_id: str) -> Key:
    return f"ACCOUNT#{account_id}", "ACCOUNT"


def account_report(account_id: str) -> Key:
    return f"ACCOUNT#{account_id}", "REPORT"


def simulation(simulation_id: str) -> Key:
    return f"SIMULATION#{simulation_id}", "SIMULATION"


def simulation_report(simulation_id: str) -> Key:
    return f"SIMULATION#{simulation_id}", "REPORT"


INSIGHTS = "INSIGHTS"


def insights() -> Key:
    """What was found last about all members together."""
    return INSIGHTS, "NEWEST"


def insights_version(number: int) -> Key:
    return INSIGHTS, f"{VERSION_PREFIX}{number:08d}"


def rebuild(rebuild_id: str) -> Key:
    return f"REBUILD#{rebuild_id}", "REBUILD"


def count(count_id: str) -> Key:
    """How many members a segment has that is being written."""
    return f"COUNT#{count_id}", "COUNT"


def campaign_result(result_id: str) -> Key:
    """What a campaign did."""
    return f"RESULT#{result_id}", "RESULT"


def job_part(job: Key, number: int) -> Key:
    """What a part of a job has come to: next to what the job is."""
    return job[0], f"{PART_PREFIX}{number:02d}"


def closed_month(month: str) -> Key:
    return SETTLEMENTS, f"{MONTH_PREFIX}{month}"


def last_closed_month() -> Key:
    return SETTLEMENTS, "LAST"

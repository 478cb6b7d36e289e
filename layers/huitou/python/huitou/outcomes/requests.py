"""Results as callers see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from huitou.fields import View
from huitou.jobs.answers import JobProgressView, progress_view
from huitou.jobs.model import JobStatus, is_exact, progress_of
from huitou.kernel.instants import format_instant
from huitou.outcomes.findings import FindingsView, findings_in
from huitou.outcomes.model import CampaignResult

if TYPE_CHECKING:
    from huitou.jobs.service import Underway


class ResultView(View):
    """What a campaign did, or how far it is worked out."""

    result_id: str
    status: JobStatus
    campaign: str
    """`all`: all of them, together."""
    findings: FindingsView | None
    """null until it is completed."""
    is_exact: bool
    """Whether everybody was looked at."""
    program_version: int
    """Whose prices count."""
    created_at: datetime
    """What happened from then on does not count; what was refunded until a member's turn came is taken out."""
    finished_at: datetime | None
    progress: JobProgressView


class CreatedResultView(ResultView):
    """A result that is being worked out."""

    replayed: bool
    """Whether it had been asked for before."""


def result_view(asked: Underway[CampaignResult]) -> dict[str, Any]:
    """As `ResultView`."""
    result, progress = asked.job, progress_of(asked.parts)
    return {
        "result_id": result.id,
        "status": result.status,
        "campaign": result.campaign,
        "findings": findings_in(result.found) if result.found else None,
        "is_exact": is_exact(result.status, progress, result.parts),
        "program_version": result.program,
        "created_at": format_instant(result.created_at),
        "finished_at": format_instant(result.finished_at) if result.finished_at else None,
        "progress": progress_view(progress, result.parts),
    }


def created_view(asked: Underway[CampaignResult]) -> dict[str, Any]:
    """As `CreatedResultView`."""
    return {**result_view(asked), "replayed": asked.replayed}

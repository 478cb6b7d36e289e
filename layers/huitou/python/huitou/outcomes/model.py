"""The result of a campaign as it is asked for and found, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huitou.jobs.model import JobStatus
from huitou.kernel.ids import Digest
from huitou.program.campaigns import CampaignId
from huitou.program.model import BrandId


@dataclass(frozen=True, slots=True)
class CampaignResult:
    """From the request to the end. ``found`` is what it came to, as JSON; there is none before it is completed.

    ``program`` is the version that held when it was asked for; what members did from ``created_at`` on does not count.
    """

    id: Digest
    campaign: CampaignId
    """Perhaps `ALL_CAMPAIGNS`, together."""
    brand: BrandId
    """Whose campaign it is; perhaps `GROUP`."""
    program: int
    parts: int
    created_at: datetime
    found: str | None = None
    status: JobStatus = JobStatus.RUNNING
    finished_at: datetime | None = None

    @property
    def manifest_key(self) -> str:
        return f"results/{self.id}/manifest.json"

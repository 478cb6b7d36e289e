"""What may be refused about results."""

from __future__ import annotations

from huitou.kernel.errors import NotFoundError


class CampaignNotFoundError(NotFoundError):
    """The active programme has no such campaign, or the caller may not see it (E31)."""

    code = "campaign_not_found"
    title = "No such campaign"


class ResultNotFoundError(NotFoundError):
    """No result of this campaign has this id."""

    code = "result_not_found"
    title = "No such result"

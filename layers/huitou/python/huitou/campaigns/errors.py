"""What may be refused about campaigns."""

from __future__ import annotations

from huitou.kernel.errors import InvalidError


class InvalidCampaignError(InvalidError):
    """The programme could not be published with this campaign in it; ``errors`` says where and why."""

    code = "invalid_campaign"
    title = "The campaign cannot work"

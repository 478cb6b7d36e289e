"""What callers do with results: ask for one, look at it."""

from __future__ import annotations

from datetime import datetime

from huitou.access.model import Caller
from huitou.jobs.service import Chunks, PartedJobs, Underway
from huitou.kernel.content import require_same
from huitou.kernel.ids import Digest, digest_of
from huitou.members.parts import chunks_of
from huitou.outcomes.errors import CampaignNotFoundError, ResultNotFoundError
from huitou.outcomes.model import CampaignResult
from huitou.program.campaigns import ALL_CAMPAIGNS, CampaignId
from huitou.program.model import GROUP, BrandId, Program
from huitou.program.ports import Programs


class CampaignResults:
    """The use cases. E31: a brand's key sees what its own campaigns did, a key of the group what all did, and what
    they did together.
    """

    def __init__(self, *, jobs: PartedJobs[CampaignResult], programs: Programs, shards: int) -> None:
        self._jobs = jobs
        self._programs = programs
        self._shards = shards

    def create(self, campaign: CampaignId, key: str, caller: Caller, now: datetime) -> Underway[CampaignResult]:
        """A result that is being worked out; the same ``key``, the same one.

        Raises `CampaignNotFoundError`, `ContentReusedError`.
        """
        program = self._programs.active()
        brand = _whose(campaign, program)
        if brand is None or caller.brand not in {GROUP, brand}:
            raise CampaignNotFoundError(f"There is no campaign {campaign!r}.")
        result_id = digest_of(("result", caller.brand, key))

        def plan() -> tuple[CampaignResult, Chunks]:
            asked = CampaignResult(result_id, campaign, brand, program.version, self._shards, now)
            return asked, chunks_of(self._shards)

        def agree(known: CampaignResult) -> None:
            require_same({"campaign": known.campaign}, {"campaign": campaign}, "result")

        return self._jobs.ask(result_id, plan, agree)

    def get(self, campaign: CampaignId, result_id: Digest, caller: Caller) -> Underway[CampaignResult]:
        """One whose execution died is shown as failed. Raises `ResultNotFoundError`."""
        found = self._jobs.look(result_id)
        if found.job.campaign != campaign or caller.brand not in {GROUP, found.job.brand}:
            raise ResultNotFoundError(f"{ResultNotFoundError.title}.")
        return found


def _whose(campaign: CampaignId, program: Program) -> BrandId | None:
    """None: there is no such campaign."""
    found = program.campaigns.get(campaign)
    if found is not None:
        return found.brand or GROUP
    return GROUP if campaign == ALL_CAMPAIGNS else None

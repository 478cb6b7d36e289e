"""The end of a result: the parts are added up, weighed against each other, and put into words.

It imports what a result is weighed with, which comes in a layer of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from huitou.campaigns.lift import result_of
from huitou.campaigns.results import Costs
from huitou.jobs.model import ended, progress_of, running
from huitou.jobs.ports import PartedStore
from huitou.kernel.commits import Commit
from huitou.kernel.ids import Digest
from huitou.outcomes.findings import findings_view
from huitou.outcomes.model import CampaignResult
from huitou.outcomes.tallying import COUPONS_COST, HELD_OUT, PAID_FOR, TREATED, arm_of, points_cost, settled
from huitou.program.model import Program
from huitou.program.ports import Programs
from huitou.program.speech import Speech


class Concluding:
    """The use case of the last state."""

    def __init__(
        self,
        results: PartedStore[CampaignResult],
        programs: Programs,
        speech: Callable[[Program], Speech],
        commit: Commit,
    ) -> None:
        self._results = results
        self._programs = programs
        self._speech = speech
        self._commit = commit

    def conclude(self, result_id: Digest, failed: bool, now: datetime) -> CampaignResult:
        """Keeps what the parts come to together; nothing, where one ``failed`` for good."""
        result = ended(running(self._results.find, result_id), failed, now)
        if not failed:
            counted = settled(progress_of(self._results.parts(result_id)).found)
            result = replace(result, found=json.dumps(self._found(result, counted), ensure_ascii=False))
        self._commit([self._results.finish(result)])
        return result

    def _found(self, result: CampaignResult, counted: Mapping[str, int]) -> Mapping[str, object]:
        program = self._programs.version(result.program)
        sent = {channel: counted.get(name, 0) for channel, name in PAID_FOR.items()}
        spent = self._speech(program).catalogue.cost(sent, program.money_exponent)
        costs = Costs(points_cost(counted, program.settlement), counted.get(COUPONS_COST, 0), spent or 0)
        weighed = result_of(arm_of(counted, TREATED), arm_of(counted, HELD_OUT), costs)
        return findings_view(weighed, counted, program, together=result.campaign not in program.campaigns)

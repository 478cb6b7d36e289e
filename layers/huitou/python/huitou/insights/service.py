"""What is done with insights: read, and cached, wherever members are judged; looked at; asked for anew."""

from __future__ import annotations

from collections.abc import Callable

from huitou.access.model import Caller
from huitou.insights.errors import NoInsightsError
from huitou.insights.model import Findings
from huitou.insights.ports import FindingsStore, InsightStates
from huitou.kernel.ids import Digest, digest_of
from huitou.program.model import GROUP
from huitou.segments.facts import UNKNOWN, Insights

CACHE_SECONDS = 60.0
"""How long a function may still judge by what was known before. They change once a week."""


class InsightsReader:
    """What is known of all members together, read again after `CACHE_SECONDS`.

    ``clock`` counts seconds and never runs backwards (``time.monotonic``).
    """

    def __init__(self, findings: FindingsStore, clock: Callable[[], float]) -> None:
        self._findings = findings
        self._clock = clock
        self._newest = UNKNOWN
        self._fresh_until = float("-inf")

    def insights(self, at_least: int = 0) -> Insights:
        """As predicates use them. Who has met a later version already, asks for ``at_least`` that one."""
        if self._clock() >= self._fresh_until or self._newest.version < at_least:
            asked_at, newest = self._clock(), self._findings.newest()
            self._newest = newest.insights if newest else UNKNOWN
            self._fresh_until = asked_at + CACHE_SECONDS
        return self._newest

    def version(self, number: int) -> Insights:
        """Those of one version, which never change."""
        found = self._findings.version(number) if number else None
        return found.insights if found else UNKNOWN


class InsightJobs:
    """The use cases. All are the group's: insights are taken from the members of every brand (E31)."""

    def __init__(self, findings: FindingsStore, states: InsightStates) -> None:
        self._findings = findings
        self._states = states

    def ask(self, key: str, caller: Caller) -> Digest:
        """Starts a run; the same ``key`` again is the same one. Raises `ForeignBrandError`."""
        caller.acts_for(GROUP)
        run = digest_of(("insights", GROUP, key))
        self._states.start(run)
        return run

    def newest(self, caller: Caller) -> Findings:
        """Raises `ForeignBrandError`, `NoInsightsError`."""
        caller.acts_for(GROUP)
        findings = self._findings.newest()
        if findings is None:
            raise NoInsightsError("Ask for them: POST /v1/insights.")
        return findings

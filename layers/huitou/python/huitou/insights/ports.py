"""What insights need from outside."""

from __future__ import annotations

from typing import Protocol

from huitou.insights.model import Findings
from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest


class FindingsStore(Protocol):
    """Keeps what was found: the newest, and each version for ever. Reads are consistent."""

    def newest(self) -> Findings | None: ...

    def version(self, number: int) -> Findings | None: ...

    def add(self, findings: Findings) -> list[Write]:
        """Makes it the newest; refused with `StaleReadError` unless it is one version later than what is."""
        ...


class InsightStates(Protocol):
    """Carries out runs."""

    def start(self, run: Digest) -> None:
        """Starts an execution, once per run, however often it is asked."""
        ...

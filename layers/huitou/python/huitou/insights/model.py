"""What is found out about all members together, as values; and how what a run measured becomes that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.kernel.calendars import local_date
from huitou.kernel.ids import Digest
from huitou.segments.alive import Observed, repeats_of
from huitou.segments.facts import AliveModel, Deed, Insights, RfmScale
from huitou.segments.rfm import Measures, bought_within, measures_of, scale_of
from huitou.segments.rhythm import purchase_days

RFM_DAYS = 365
"""The time over which recency, frequency and money are taken."""


class NoFitError(Exception):
    """The history does not say what the parameters are; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Fit(NamedTuple):
    """The likeliest parameters, and the logarithm of their likelihood."""

    model: AliveModel
    log_likelihood: float


Fitting = Callable[[Mapping[Observed, int]], Fit]
"""Raises `NoFitError`."""


class Fitted(NamedTuple):
    """Parameters in use: found at ``at``, on ``members`` who had bought by then."""

    fit: Fit
    at: datetime
    members: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What run ``run`` left as known: ``version`` counts the runs.

    ``members`` had bought something before ``at``, ``recent`` of them in the last `RFM_DAYS` days. ``alive`` may be
    that of an earlier run: ``refused`` then says why this one did not replace it. ``program_version`` is the programme
    by whose calendar days were counted.
    """

    version: int
    run: Digest
    at: datetime
    program_version: int
    members: int
    recent: int
    alive: Fitted | None = None
    refused: str | None = None
    rfm: RfmScale | None = None

    @property
    def insights(self) -> Insights:
        """As predicates use them."""
        return Insights(self.alive.fit.model if self.alive else None, self.rfm, self.version)


@dataclass(slots=True)
class Survey:
    """What members did, counted: all that a fit and quantiles need, and nothing of who did it."""

    observed: Counter[Observed] = field(default_factory=Counter)
    measured: Counter[Measures] = field(default_factory=Counter)

    def take(self, deeds: Sequence[Deed], at: datetime, zone: ZoneInfo) -> None:
        """Counts one more member, who did ``deeds``, in the order of time; those before ``at`` count."""
        known = [deed for deed in deeds if deed.at < at]
        days = purchase_days(known, zone)
        if not days:
            return
        self.observed[Observed(*repeats_of(days), (local_date(at, zone) - days[0]).days)] += 1
        measures = measures_of(bought_within(known, at, RFM_DAYS, zone), at, zone)
        if measures:
            self.measured[measures] += 1

    def merge(self, other: Survey) -> None:
        self.observed.update(other.observed)
        self.measured.update(other.measured)


class Run(NamedTuple):
    """One time that all members are gone through: what they had done before ``at``."""

    id: Digest
    at: datetime
    program_version: int

    @property
    def manifest_key(self) -> str:
        """The file that lists the parts."""
        return f"insights/{self.id}/manifest.json"

    def part_key(self, number: int) -> str:
        """The file with what the members of one come to."""
        return f"insights/{self.id}/{number:02d}.json.gz"


def conclude(before: Findings | None, run: Run, survey: Survey, fit: Fitting) -> Findings:
    """What is known after a run. Good parameters are not given up for a fit that failed."""
    alive, refused = before.alive if before else None, None
    members = survey.observed.total()
    try:
        alive = Fitted(fit(survey.observed), run.at, members)
    except NoFitError as error:
        refused = error.code
    return Findings(
        version=before.version + 1 if before else 1,
        run=run.id,
        at=run.at,
        program_version=run.program_version,
        members=members,
        recent=survey.measured.total(),
        alive=alive,
        refused=refused,
        rfm=scale_of(survey.measured, RFM_DAYS) or (before.rfm if before else None),
    )

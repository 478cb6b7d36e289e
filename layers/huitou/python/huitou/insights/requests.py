"""Insights as callers see them. Money is a decimal string, instants RFC 3339 in UTC (E33)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from huitou.fields import View
from huitou.insights.model import Findings, Fitted
from huitou.kernel.ids import Digest
from huitou.kernel.instants import format_instant
from huitou.kernel.money import format_amount
from huitou.program.model import Program
from huitou.segments.facts import RfmScale


class AskedInsightsView(View):
    """A run that goes through all members; `GET /v1/insights` tells what it found, once it names this run."""

    run_id: str


class AliveView(View):
    """The parameters of BG/NBD, with weeks as the unit of time, and what they were fitted on."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    members: int
    fitted_at: datetime


class RfmView(View):
    """The least that makes class 2, 3, 4 and 5, each by all members who bought in the last so many days."""

    days: int
    members: int
    recency: list[int]
    """Whole days since the last purchase: not the least, but the most."""
    frequency: list[int]
    """Days with a purchase."""
    money: list[str]


class InsightsView(View):
    """What is known of all members together."""

    version: int
    run_id: str
    measured_at: datetime
    """What was bought before this counted."""
    members: int
    """Who had bought anything."""
    alive: AliveView | None
    not_fitted: Literal["too_few_members", "not_converged"] | None
    """Why this run did not replace `alive`."""
    rfm: RfmView | None


def asked_view(run: Digest) -> dict[str, Any]:
    return {"run_id": run}


def insights_view(findings: Findings, program: Program) -> dict[str, Any]:
    """``program`` is that of the run: it says what money is."""
    return {
        "version": findings.version,
        "run_id": findings.run,
        "measured_at": format_instant(findings.at),
        "members": findings.members,
        "alive": _alive(findings.alive) if findings.alive else None,
        "not_fitted": findings.refused,
        "rfm": _rfm(findings.rfm, findings.recent, program.money_exponent) if findings.rfm else None,
    }


def _alive(fitted: Fitted) -> dict[str, Any]:
    return {
        **fitted.fit.model._asdict(),
        "log_likelihood": fitted.fit.log_likelihood,
        "members": fitted.members,
        "fitted_at": format_instant(fitted.at),
    }


def _rfm(scale: RfmScale, members: int, money_exponent: int) -> dict[str, Any]:
    money = [format_amount(cut, money_exponent) for cut in scale.money]
    return {
        "days": scale.days,
        "members": members,
        "recency": list(scale.recency),
        "frequency": list(scale.frequency),
        "money": money,
    }

"""What is known of all members together: looking at it, and asking for it anew."""

from __future__ import annotations

from time import monotonic

from huitou.access.model import ForeignBrandError
from huitou.insights.errors import NoInsightsError
from huitou.insights.requests import AskedInsightsView, InsightsView, asked_view, insights_view
from huitou.insights.service import InsightJobs
from huitou.insights.store import TableFindings
from huitou.platform.http import (
    Answer,
    IdempotencyKey,
    answer,
    create_app,
    current_caller,
    documented,
    entry_point,
    note,
    permission,
)
from huitou.platform.settings import InsightStateMachine, ProgramTable, Settings, load
from huitou.platform.state_machines import InsightStates
from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions

INSIGHTS = "/v1/insights"


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable
    insight_state_machine: InsightStateMachine


settings = load(Needs)
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)
jobs = InsightJobs(
    TableFindings(program), InsightStates(settings.insight_state_machine, settings.region, settings.endpoint)
)

app = create_app("serve_insights", "Insights")


@app.post(
    INSIGHTS,
    summary="Ask for new insights",
    security=permission("insights:write"),
    responses=documented({202: AskedInsightsView}, ForeignBrandError),
)
def ask_for_insights(idempotency_key: IdempotencyKey) -> Answer:
    """For keys of the group. Goes through all members, which happens by itself once a week."""
    run = jobs.ask(idempotency_key, current_caller(app))
    note(app, run_id=run)
    return answer(asked_view(run), 202)


@app.get(
    INSIGHTS,
    summary="Look at the insights",
    security=permission("insights:read"),
    responses=documented({200: InsightsView}, ForeignBrandError, NoInsightsError),
)
def get_insights() -> Answer:
    """For keys of the group: what predicates about rhythm and RFM classes judge members by."""
    findings = jobs.newest(current_caller(app))
    return answer(insights_view(findings, programs.version(findings.program_version)))


handler = entry_point(app)

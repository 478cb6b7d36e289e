"""Results of campaigns over HTTP: what a campaign did, and what would have been without it."""

from __future__ import annotations

from time import monotonic
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.jobs.service import PartedJobs
from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import parse_digest
from huitou.outcomes.errors import CampaignNotFoundError, ResultNotFoundError
from huitou.outcomes.requests import CreatedResultView, ResultView, created_view, result_view
from huitou.outcomes.service import CampaignResults
from huitou.outcomes.store import results_in
from huitou.platform.files import S3Files
from huitou.platform.http import (
    Answer,
    IdempotencyKey,
    accepted_at,
    answer,
    begun,
    create_app,
    current_caller,
    documented,
    entry_point,
    note,
    permission,
)
from huitou.platform.keys import MEMBER_SHARDS
from huitou.platform.pauses import pause
from huitou.platform.settings import ImportBucket, ProgramTable, ResultStateMachine, Settings, load
from huitou.platform.state_machines import ResultStates
from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions

RESULTS = "/v1/campaigns/<campaign_id>/results"

CampaignPath = Annotated[str, PathPart(max_length=31, description="A campaign of the active programme, or `all`.")]
ResultId = Annotated[str, PathPart(max_length=26)]


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable
    import_bucket: ImportBucket
    result_state_machine: ResultStateMachine


settings = load(Needs)
program = Table(settings.program_table, settings.region, settings.endpoint)
files = S3Files(settings.import_bucket, settings.region, settings.endpoint)
states = ResultStates(settings.result_state_machine, settings.region, settings.endpoint)
results = CampaignResults(
    jobs=PartedJobs(results_in(program), files, states, ResultNotFoundError, program.commit, pause),
    programs=ProgramReader(TableVersions(program), monotonic),
    shards=MEMBER_SHARDS,
)

app = create_app("serve_results", "Results")


@app.post(
    RESULTS,
    summary="Work out what a campaign did",
    security=permission("results:write"),
    responses=documented(
        {200: CreatedResultView, 202: CreatedResultView},
        *(CampaignNotFoundError, ContentReusedError),
        headers=("Location",),
    ),
)
def create_result(campaign_id: CampaignPath, idempotency_key: IdempotencyKey) -> Answer:
    """Compares the members whom it told something with those who were held out; look again until it is completed.

    A brand's key asks about its own campaigns, a key of the group about each, and about `all` of them together: what
    they do is told by whom the programme leaves alone.
    """
    created = results.create(campaign_id, idempotency_key, current_caller(app), accepted_at(app))
    note(app, result_id=created.job.id, replayed=created.replayed)
    path = RESULTS.replace("<campaign_id>", campaign_id)
    return begun(app, f"{path}/{created.job.id}", created_view(created))


@app.get(
    f"{RESULTS}/<result_id>",
    summary="Look at what a campaign did",
    security=permission("results:read"),
    responses=documented({200: ResultView}, ResultNotFoundError),
)
def get_result(campaign_id: CampaignPath, result_id: ResultId) -> Answer:
    """How far it is worked out and, in the end, what it came to: with its uncertainty, and in words."""
    return answer(result_view(results.get(campaign_id, parse_digest(result_id), current_caller(app))))


handler = entry_point(app)

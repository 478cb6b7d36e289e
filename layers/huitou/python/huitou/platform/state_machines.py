"""Executions of a state machine in Step Functions: starting them, seeing whether they live, and their last state."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from huitou.jobs.model import Job
from huitou.kernel.errors import UnavailableError
from huitou.kernel.ids import Digest, parse_digest
from huitou.kernel.instants import to_instant
from huitou.platform.observability import Facts, Observer

IdField = Literal["account_id", "count_id", "rebuild_id", "result_id", "simulation_id"]
"""What a job of a kind is named by, in events and in logs."""

_CONFIG = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})


class _States:
    """A state machine. The name of an execution makes it happen once: a second one is refused, or is the first."""

    def __init__(self, arn: str, region: str, endpoint: str | None = None) -> None:
        self._arn = arn
        self._client: Any = get_session().create_client("stepfunctions", region, endpoint_url=endpoint, config=_CONFIG)

    def _start(self, name: str, given: Mapping[str, str]) -> None:
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=name, input=json.dumps(given))
        except self._client.exceptions.ExecutionAlreadyExists:
            return
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError("Work could not be started.") from error

    def _ended_at(self, name: str) -> datetime | None:
        """An execution that waits to be taken up again (`PENDING_REDRIVE`) has no end yet."""
        execution = f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"
        try:
            ended: datetime | None = self._client.describe_execution(executionArn=execution).get("stopDate")
        except self._client.exceptions.ExecutionDoesNotExist:
            return None
        return to_instant(ended) if ended else None


class ImportStates(_States):
    """`imports.ports.StateMachine`."""

    def start(self, run: Digest, attempt: int) -> None:
        self._start(f"{run}-{attempt}", {"import_id": run})

    def ended_at(self, run: Digest, attempt: int) -> datetime | None:
        return self._ended_at(f"{run}-{attempt}")


class _Jobs(_States):
    """Executions with a list of work, named after what they work for."""

    id_field: IdField

    def start(self, job: Digest, manifest_key: str) -> None:
        self._start(job, {self.id_field: job, "manifest_key": manifest_key})

    def ended_at(self, job: Digest) -> datetime | None:
        return self._ended_at(job)


class AccountStates(_Jobs):
    """`JobStates` of reports."""

    id_field = "account_id"


class CountStates(_Jobs):
    """`JobStates` of counts."""

    id_field = "count_id"


class RebuildStates(_Jobs):
    """`JobStates` of rebuilds."""

    id_field = "rebuild_id"


class ResultStates(_Jobs):
    """`JobStates` of campaigns' results."""

    id_field = "result_id"


class SimulationStates(_Jobs):
    """`JobStates` of simulations."""

    id_field = "simulation_id"


class InsightStates(_States):
    """`insights.ports.InsightStates`."""

    def start(self, run: Digest) -> None:
        self._start(run, {"run_id": run})


def last_state(
    function: str, id_field: IdField, conclude: Callable[[Digest, bool, datetime], Job]
) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The handler of the state that ends jobs. ``conclude`` is told which job, whether a part failed for good, and now.

    The event is what started the job, which it names in ``id_field``; with ``error`` where a part failed.
    """
    observer = Observer(function)

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        del context
        job = conclude(parse_digest(event[id_field]), "error" in event, to_instant(datetime.now(UTC)))
        facts: Facts = {}
        facts[id_field] = job.id
        observer.log("reported", facts)
        return {id_field: job.id, "status": job.status.value}

    return handler

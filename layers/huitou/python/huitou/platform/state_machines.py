"""Executions of a state machine in Step Functions: starting them, and seeing whether they live."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from botocore.config import Config
from botocore.session import get_session

from huitou.kernel.ids import Digest
from huitou.kernel.instants import to_instant

_CONFIG = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})


class ImportStates:
    """`imports.ports.StateMachine`."""

    def __init__(self, arn: str, region: str, endpoint: str | None = None) -> None:
        self._arn = arn
        self._client: Any = get_session().create_client("stepfunctions", region, endpoint_url=endpoint, config=_CONFIG)

    def start(self, run: Digest, attempt: int) -> None:
        """The name makes it happen once: a second execution of it is refused, or is the first one."""
        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=f"{run}-{attempt}", input=json.dumps({"import_id": run})
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return

    def ended_at(self, run: Digest, attempt: int) -> datetime | None:
        """An execution that waits to be taken up again (`PENDING_REDRIVE`) has no end yet."""
        execution = f"{self._arn.replace(':stateMachine:', ':execution:')}:{run}-{attempt}"
        try:
            ended: datetime | None = self._client.describe_execution(executionArn=execution).get("stopDate")
        except self._client.exceptions.ExecutionDoesNotExist:
            return None
        return to_instant(ended) if ended else None

"""What a function needs from its environment, read and checked once, while it starts.

A function names its needs as a class and loads it in its composition root:

    class Needs(Settings):
        members_table: MembersTable

    settings = load(Needs)

Nothing else reads the environment. A missing variable stops the function at once and is named. The classes are
dataclasses, not pydantic models: the authorizer and the workers need no pydantic, and it costs 0.2 s of import.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, TypeVar, dataclass_transform, get_args, get_type_hints

S = TypeVar("S", bound="Settings")

MembersTable = Annotated[str, "HUITOU_MEMBERS_TABLE"]
ProgramTable = Annotated[str, "HUITOU_PROGRAM_TABLE"]
IdentitySecret = Annotated[str, "HUITOU_IDENTITY_SECRET"]
"""Name or ARN of the secret whose text is the key of the identities' HMAC."""
LinkSecret = Annotated[str, "HUITOU_LINK_SECRET"]
"""Name or ARN of the secret that holds the keys under which links in messages are signed."""
AddressSecret = Annotated[str, "HUITOU_ADDRESS_SECRET"]
"""Name or ARN of the secret whose text is the key of the HMAC by which addresses are known that nothing is sent to."""
LineSecret = Annotated[str, "HUITOU_LINE_SECRET"]
"""Name or ARN of the secret with what LINE channels are called and sign with (`huitou.channels.line_tokens`)."""
CodeSecret = Annotated[str, "HUITOU_CODE_SECRET"]
"""Name or ARN of the secret whose text is the key of the HMAC that one-time codes are made by."""
DueQueueUrl = Annotated[str, "HUITOU_DUE_QUEUE_URL"]
MessagesQueueUrl = Annotated[str, "HUITOU_MESSAGES_QUEUE_URL"]
"""Of marketing, and of what was queued before service messages had a queue of their own."""
ServiceQueueUrl = Annotated[str, "HUITOU_SERVICE_QUEUE_URL"]
MarketingPace = Annotated[str | None, "HUITOU_MARKETING_PACE"]
"""For how many seconds a message of marketing keeps its worker, by channel, as JSON (`huitou.channels.pace`)."""
PublicUrl = Annotated[str, "HUITOU_PUBLIC_URL"]
"""Where members reach the API, without a slash at its end."""
ImportBucket = Annotated[str, "HUITOU_IMPORT_BUCKET"]
ImportStateMachine = Annotated[str, "HUITOU_IMPORT_STATE_MACHINE"]
AccountStateMachine = Annotated[str, "HUITOU_ACCOUNT_STATE_MACHINE"]
CountStateMachine = Annotated[str, "HUITOU_COUNT_STATE_MACHINE"]
ResultStateMachine = Annotated[str, "HUITOU_RESULT_STATE_MACHINE"]
InsightStateMachine = Annotated[str, "HUITOU_INSIGHT_STATE_MACHINE"]
RebuildStateMachine = Annotated[str, "HUITOU_REBUILD_STATE_MACHINE"]
SimulationStateMachine = Annotated[str, "HUITOU_SIMULATION_STATE_MACHINE"]
EventBus = Annotated[str, "HUITOU_EVENT_BUS"]
SetAsideBucket = Annotated[str, "HUITOU_SET_ASIDE_BUCKET"]
"""Keeps records of streams that nobody could handle."""


class SettingsError(Exception):
    """The function cannot start: the message names the variables that are missing or empty."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class _Declared:
    """Makes every subclass a frozen dataclass."""

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)


class Settings(_Declared):
    """What every function has. An annotation names the variable that a field is read from."""

    region: Annotated[str, "AWS_REGION"]
    endpoint: Annotated[str | None, "AWS_ENDPOINT_URL"] = None
    """Set by the local stack alone."""


def load(kind: type[S], environment: Mapping[str, str] = os.environ) -> S:
    """The settings of ``kind``. Raises `SettingsError`."""
    variables = {name: get_args(hint)[1] for name, hint in get_type_hints(kind, include_extras=True).items()}
    found = {name: value for name, variable in variables.items() if (value := environment.get(variable))}
    required = [each.name for each in fields(_as_dataclass(kind)) if each.default is MISSING]
    missing = sorted(variables[name] for name in required if name not in found)
    if missing:
        raise SettingsError(f"Missing or empty in the environment: {', '.join(missing)}")
    return kind(**found)


def _as_dataclass(kind: type[Settings]) -> Any:
    """It is one since `_Declared` made it one, which the type checker believes of instances only."""
    return kind

"""What a function needs from its environment, parsed and checked once, while it starts.

A function names its needs as a class and loads it in its composition root:

    class Needs(Settings):
        members_table: MembersTable

    settings = load(Needs)

Nothing else reads the environment. A missing variable stops the function at once and is named.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

S = TypeVar("S", bound="Settings")

MembersTable = Annotated[str, Field(alias="HUITOU_MEMBERS_TABLE", min_length=1)]
ProgramTable = Annotated[str, Field(alias="HUITOU_PROGRAM_TABLE", min_length=1)]
IdentitySecret = Annotated[str, Field(alias="HUITOU_IDENTITY_SECRET", min_length=1)]
"""Name or ARN of the secret whose text is the key of the identities' HMAC."""
DueQueueUrl = Annotated[str, Field(alias="HUITOU_DUE_QUEUE_URL", min_length=1)]
ImportBucket = Annotated[str, Field(alias="HUITOU_IMPORT_BUCKET", min_length=1)]
ImportStateMachine = Annotated[str, Field(alias="HUITOU_IMPORT_STATE_MACHINE", min_length=1)]


class SettingsError(Exception):
    """The function cannot start: the message names the variables that are missing or empty."""


class Settings(BaseModel):
    """What every function has."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    region: Annotated[str, Field(alias="AWS_REGION", min_length=1)]
    endpoint: Annotated[str | None, Field(alias="AWS_ENDPOINT_URL")] = None
    """Set by the local stack alone."""


def load(kind: type[S], environment: Mapping[str, str] | None = None) -> S:
    """The settings of ``kind`` from ``environment`` (by default the process's). Raises `SettingsError`."""
    try:
        return kind.model_validate(dict(os.environ if environment is None else environment))
    except ValidationError as error:
        names = ", ".join(sorted(str(each["loc"][0]) for each in error.errors()))
        raise SettingsError(f"Missing or empty in the environment: {names}") from None

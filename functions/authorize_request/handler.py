"""The gateway asks here who calls: a good key opens the whole API, and the functions ask it what it may.

The answer holds for a minute in the gateway's cache, per ``Authorization`` header; so does a revoked key.
"""

from __future__ import annotations

from typing import Any

from huitou.access.service import authorize
from huitou.access.store import TableKeys
from huitou.access.verdicts import allow, authorization_of
from huitou.platform.settings import ProgramTable, Settings, load
from huitou.platform.table import Table


class Needs(Settings):
    program_table: ProgramTable


settings = load(Needs)
keys = TableKeys(Table(settings.program_table, settings.region, settings.endpoint))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The policy for a REQUEST authorizer of a REST API. The gateway answers 401 to exactly "Unauthorized"."""
    del context
    caller = authorize(keys, authorization_of(event))
    if caller is None:
        raise Exception("Unauthorized")
    return allow(caller, event["methodArn"])

"""Addresses that nothing is sent to, over HTTP: is this one of them, and it is good again. For the group's keys."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.access.model import ForeignBrandError
from huitou.members.identity import IdentityHasher
from huitou.platform.audit import audit_write
from huitou.platform.http import (
    Answer,
    accepted_at,
    answer,
    create_app,
    current_caller,
    documented,
    entry_point,
    permission,
)
from huitou.platform.pauses import pause
from huitou.platform.secrets import Secret
from huitou.platform.settings import AddressSecret, MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.program.model import GROUP
from huitou.suppressions.errors import SuppressionNotFoundError
from huitou.suppressions.lifting import Lifting
from huitou.suppressions.requests import AddressBody, LiftingBody, SuppressionView, suppression_view
from huitou.suppressions.service import Suppressions
from huitou.suppressions.store import TableSuppressions

SUPPRESSIONS = "/v1/suppressions"

SuppressionId = Annotated[str, PathPart(max_length=40)]


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable
    address_secret: AddressSecret


settings = load(Needs)
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
store = TableSuppressions(members)
hasher = IdentityHasher(Secret(settings.address_secret, settings.region, settings.endpoint).text)
suppressions = Suppressions(store, hasher)
lifting = Lifting(store, audit=partial(audit_write, program), commit=members.commit, pause=pause)

app = create_app("serve_suppressions", "Messages")


@app.post(
    f"{SUPPRESSIONS}/lookup",
    summary="Look up an address",
    security=permission("suppressions:read"),
    responses=documented({200: SuppressionView}, ForeignBrandError),
)
def look_up_address(body: Annotated[AddressBody, Body()]) -> Answer:
    """Whether anything is sent there, and why not. For the group's keys: an address is everybody's."""
    current_caller(app).acts_for(GROUP)
    return answer(suppression_view(hasher.key(body.address), suppressions.of(body.address)))


@app.post(
    f"{SUPPRESSIONS}/<suppression_id>/lifting",
    summary="Send to an address again",
    security=permission("suppressions:write"),
    responses=documented({200: SuppressionView}, ForeignBrandError, SuppressionNotFoundError),
)
def lift_suppression(suppression_id: SuppressionId, body: Annotated[LiftingBody, Body()]) -> Answer:
    """From now on, until it bounces or somebody complains again; what was said before, and is told later, is no news.

    The audit log keeps who said so, and why. A consent that a complaint took back stays so.
    """
    caller = current_caller(app)
    caller.acts_for(GROUP)
    lifted = lifting.lift(suppression_id, body.reason, caller.key_id, accepted_at(app))
    return answer(suppression_view(lifted.address, lifted))


handler = entry_point(app)

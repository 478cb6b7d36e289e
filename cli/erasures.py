"""``huitou erasures``: after the members table was restored from a backup, forget again whom it had forgotten (E25)."""

from __future__ import annotations

import os
import time
from typing import Annotated

import boto3
import typer

from cli.local_stack import require
from cli.tools import CommandError, out
from huitou.erasing.service import Erasures
from huitou.erasing.store import TableErasures, TableTraces
from huitou.members.identity import IdentityHasher
from huitou.members.store import TableMembers
from huitou.platform.pauses import pause
from huitou.platform.secrets import Secret
from huitou.platform.table import Table
from huitou.points.store import TableWallets
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.standing.store import TableStandings

app = typer.Typer(help="Erasures: carry them out again after a restore.", no_args_is_help=True)
OUTPUTS = {
    "HUITOU_MEMBERS_TABLE": "MembersTable",
    "HUITOU_PROGRAM_TABLE": "ProgramTable",
    "HUITOU_IDENTITY_SECRET": "IdentitySecret",
}


@app.callback()
def erasures() -> None:
    """One command so far."""


@app.command()
def replay(
    members: Annotated[str | None, typer.Option(envvar="HUITOU_MEMBERS_TABLE", help="The restored table.")] = None,
    program: Annotated[str | None, typer.Option(envvar="HUITOU_PROGRAM_TABLE", help="Where the list is kept.")] = None,
    secret: Annotated[str | None, typer.Option(envvar="HUITOU_IDENTITY_SECRET", help="The identity secret.")] = None,
) -> None:
    """Forgets all that were ever erased, in the tables named, by default the local stack's. It can be repeated."""
    names = {"HUITOU_MEMBERS_TABLE": members, "HUITOU_PROGRAM_TABLE": program, "HUITOU_IDENTITY_SECRET": secret}
    if not all(names.values()):
        stack = require()
        os.environ.update(stack.environment())
        outputs = stack.outputs()
        names = {name: given or outputs.get(OUTPUTS[name]) for name, given in names.items()}
    table, list_table, key = (name or "" for name in names.values())
    if not (table and list_table and key):
        raise CommandError("nothing is deployed yet: run `make run`")
    out.print(f"{_service(table, list_table, key).replay()} members are forgotten.")


def _service(members: str, program: str, secret: str) -> Erasures:
    region = os.environ.get("AWS_REGION") or boto3.session.Session().region_name
    if region is None:
        raise CommandError("set AWS_REGION")
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    table, programs = Table(members, region, endpoint), Table(program, region, endpoint)
    return Erasures(
        erasures=TableErasures(programs),
        traces=TableTraces(table),
        members=TableMembers(table),
        wallets=TableWallets(table),
        standings=TableStandings(table),
        programs=ProgramReader(TableVersions(programs), time.monotonic),
        hasher=IdentityHasher(Secret(secret, region, endpoint).text),
        commit=table.commit,
        pause=pause,
    )

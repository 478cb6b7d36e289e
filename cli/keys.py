"""``huitou keys``: API keys, written straight into the program table with the AWS credentials at hand.

There is no API for this: whoever may mint keys holds every key, and that is decided by AWS's own permissions.
"""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from typing import Annotated

import boto3
import typer
from rich.table import Column
from rich.table import Table as Rows

from cli.local_stack import require
from cli.tools import CommandError, out
from huitou.access.model import PERMISSIONS
from huitou.access.service import KeyService
from huitou.access.store import TableKeys
from huitou.kernel.errors import DomainError
from huitou.kernel.instants import to_instant
from huitou.platform.table import Table
from huitou.program.model import GROUP

app = typer.Typer(help="API keys: mint, list, revoke.", no_args_is_help=True)

TABLE_OUTPUT = "ProgramTable"

ProgramTable = Annotated[
    str | None,
    typer.Option("--table", envvar="HUITOU_PROGRAM_TABLE", help="The program table; by default the local stack's."),
]


@app.command()
def mint(
    label: Annotated[str, typer.Argument(help="What the key is for, as people will look for it.")],
    brand: Annotated[str, typer.Option(help="The brand that the key acts for, or `group`.")] = GROUP,
    permission: Annotated[
        list[str] | None, typer.Option("--permission", "-p", help=f"Any of: {', '.join(PERMISSIONS)}. Default: all.")
    ] = None,
    table: ProgramTable = None,
) -> None:
    """Makes a key and prints it, once: only its hash is kept."""
    service = _service(table)
    try:
        key = service.mint(brand, permission or PERMISSIONS, label, _actor(), _now())
    except DomainError as error:
        raise CommandError(error.detail) from error
    typer.echo(str(key))


@app.command("list")
def list_keys(table: ProgramTable = None) -> None:
    """Shows all keys, revoked ones too."""
    rows = Rows(Column("id", min_width=16), "brand", "label", Column("permissions", min_width=15), "minted", "revoked")
    for key in _service(table).all():
        revoked = f"{key.revoked_at:%Y-%m-%d}" if key.revoked_at else ""
        permissions = " ".join(sorted(key.permissions))
        rows.add_row(key.id, key.brand, key.label, permissions, f"{key.created_at:%Y-%m-%d}", revoked)
    out.print(rows)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The id of the key: the middle part, between the underscores.")],
    table: ProgramTable = None,
) -> None:
    """Ends a key. The gateway may still know it for a minute."""
    try:
        key = _service(table).revoke(key_id, _actor(), _now())
    except DomainError as error:
        raise CommandError(error.detail) from error
    out.print(f"{key.id} ({key.label}) is revoked.")


def _service(table: str | None) -> KeyService:
    rows = Table(table or _local_table(), _region())
    return KeyService(TableKeys(rows), rows.commit, secrets.token_hex)


def _local_table() -> str:
    """The table of the local stack, to which this process then speaks."""
    stack = require()
    os.environ.update(stack.environment())
    name = stack.outputs().get(TABLE_OUTPUT)
    if name is None:
        raise CommandError("nothing is deployed yet: run `make run`")
    return name


def _region() -> str:
    region = os.environ.get("AWS_REGION") or boto3.session.Session().region_name
    if region is None:
        raise CommandError("set AWS_REGION")
    return region


def _actor() -> str:
    """Whose AWS credentials these are: the audit log names a person or a role, not a machine."""
    return str(boto3.client("sts", region_name=_region()).get_caller_identity()["Arn"])


def _now() -> datetime:
    return to_instant(datetime.now(UTC))

"""``huitou rebuild``: look at everybody anew, after an outage or a publication that could not start it (E20)."""

from __future__ import annotations

import time
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.api import PatientApi
from cli.tools import CommandError, err, out

LOOK_SECONDS = 1.0

Url = Annotated[str, typer.Option(envvar="HUITOU_API_URL", help="The address of the API, without /v1.")]
Key = Annotated[str, typer.Option(envvar="HUITOU_API_KEY", help="An API key of the group that may rebuild.")]


def rebuild(
    url: Url,
    key: Key,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Watch it until it ends.")] = False,
) -> None:
    """Keeps where each member stands under the programme that holds. It can be repeated, and changes nothing then."""
    api = PatientApi(url, key)
    asked = api.call("POST", "/v1/rebuilds", json={}, headers={"Idempotency-Key": f"rebuild-{uuid4()}"})
    if not wait:
        out.print(f"Rebuild {asked['rebuild_id']} goes on: GET /v1/rebuilds/{asked['rebuild_id']}")
        return
    ended = _watched(api, f"/v1/rebuilds/{asked['rebuild_id']}")
    done = ended["progress"]
    if ended["status"] != "completed":
        raise CommandError(f"the rebuild ended early, after {done['done']:,} members; ask again")
    out.print(
        f"{done['done']:,} members: {done['renewed']:,} worked out anew, {done['moved']:,} of them moved; "
        f"{done['failed']:,} could not be looked at."
    )


def _watched(api: PatientApi, path: str) -> dict[str, Any]:
    columns = TextColumn("looking at members"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=None)
        while (seen := api.call("GET", path))["status"] == "running":
            progress.update(task, total=seen["progress"]["members"] or None, completed=seen["progress"]["done"])
            time.sleep(LOOK_SECONDS)
    return seen

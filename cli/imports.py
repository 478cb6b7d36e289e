"""``huitou import``: bring in members and purchases from a file, over the API, and watch how it goes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Annotated, Any

import httpx
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.api import PatientApi
from cli.sample_data import shift_to, write_sample
from cli.tools import CommandError, err, out

app = typer.Typer(help="Members and purchases from files.", no_args_is_help=True)

UPLOAD_SECONDS = 600.0
LOOK_SECONDS = 1.0
DEMONSTRATION_MEMBERS = 300
"""About an eighth of the year's data: a minute's work on two cores."""

Url = Annotated[str, typer.Option(envvar="HUITOU_API_URL", help="The address of the API, without /v1.")]
Key = Annotated[str, typer.Option(envvar="HUITOU_API_KEY", help="An API key that may import.")]
File = Annotated[Path, typer.Argument(help="Rows as NDJSON or CSV, compressed with gzip or not.", exists=True)]


@app.command("file")
def import_file(file: File, url: Url, key: Key) -> None:
    """Imports FILE. The same file again carries on where it stopped, or changes nothing."""
    Importer(url, key).bring(file, name=_fingerprint(file))


@app.command("sample")
def import_sample(
    url: Url,
    key: Key,
    everything: Annotated[bool, typer.Option("--all", help="The whole year: 2,469 members.")] = False,
    members: Annotated[int, typer.Option(help="How many households.", min=1)] = DEMONSTRATION_MEMBERS,
    shift: Annotated[bool, typer.Option(help="Move the year's dates so that it ends within the last week.")] = True,
) -> None:
    """Imports real shopping data: see cli/sample_data.py for where it comes from and what is made of it.

    Asked for again, it finds the same receipts and changes nothing.
    """
    days = shift_to(datetime.now(UTC).date()) if shift else 0
    with tempfile.TemporaryDirectory(prefix="huitou-") as folder:
        with err.status("Making rows of the year's baskets…"):
            sample = write_sample(
                Path(folder) / "sample.ndjson.gz", members=None if everything else members, shift_days=days
            )
        moved = f", moved by {days // 7} weeks to end within the last one" if days else ""
        err.print(f"{sample.members:,} households with {sample.purchases:,} baskets of 2017{moved}.")
        Importer(url, key).bring(sample.path, name=f"sample-{sample.members}-{days}")


class Importer:
    """One import after the other, over the API."""

    def __init__(self, url: str, key: str) -> None:
        self._api = PatientApi(url, key)

    def bring(self, file: Path, name: str) -> dict[str, Any]:
        """Uploads, starts, waits, tells; answers with the import as it ended. ``name`` makes it happen once."""
        form = "csv" if ".csv" in file.suffixes else "ndjson"
        asked = {"format": form, "client_reference": file.name}
        created = self._api.call("POST", "/v1/imports", json=asked, headers={"Idempotency-Key": name})
        path = f"/v1/imports/{created['import_id']}"
        with _progress() as progress:
            if created["status"] == "created":
                self._upload(created["upload_url"], file, progress)
            if created["status"] != "completed":
                self._api.call("POST", f"{path}/start")  # one that runs goes on undisturbed; one that died goes on too
            ended = self._wait(path, progress)
        _tell(ended)
        return ended

    def _upload(self, url: str, file: Path, progress: Progress) -> None:
        size = file.stat().st_size
        task = progress.add_task("uploading", total=size)
        with file.open("rb") as content:
            answer = httpx.put(
                url,
                content=_watched(content, lambda sent: progress.advance(task, sent)),
                headers={"Content-Length": str(size)},
                timeout=UPLOAD_SECONDS,
            )
        progress.remove_task(task)
        if answer.is_error:
            raise CommandError(f"the upload was refused: {answer.status_code} {answer.text[:200]}")

    def _wait(self, path: str, progress: Progress) -> dict[str, Any]:
        task = progress.add_task("reading", total=None)
        while True:
            seen = self._api.call("GET", path)
            label = "reading" if seen["rows"] is None else "importing rows"
            progress.update(task, description=label, total=seen["rows"], completed=sum(seen["counts"].values()))
            if seen["status"] in {"completed", "failed"}:
                return seen
            time.sleep(LOOK_SECONDS)


def _fingerprint(file: Path) -> str:
    """The same content is the same import, however often it is asked for."""
    digest = sha256()
    with file.open("rb") as content:
        while piece := content.read(1 << 20):
            digest.update(piece)
    return f"file-{digest.hexdigest()}"


def _watched(content: IO[bytes], on_sent: Any) -> Iterator[bytes]:
    while piece := content.read(1 << 18):
        yield piece
        on_sent(len(piece))


@contextmanager
def _progress() -> Iterator[Progress]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        yield progress


def _tell(ended: dict[str, Any]) -> None:
    counts = ended["counts"]
    out.print(
        f"{counts['members']:,} members, {counts['recorded']:,} purchases recorded, "
        f"{counts['known']:,} known before, {counts['rejected']:,} rows rejected."
    )
    if ended["rejections"]:
        rows = Table("line", "code", "reason")
        for each in ended["rejections"]:
            rows.add_row(str(each["line"]), each["code"], each["reason"])
        err.print(rows)
        err.print(f"All of them: {ended['rejections_url']}")
    if ended["failure"]:
        raise CommandError(ended["failure"])

"""``huitou program``: check a programme, publish it, look at the one that holds."""

from __future__ import annotations

import json
from collections.abc import Sequence, Sized
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer

from cli.program_file import ProgramFile, file_schema, read_program_file
from cli.tools import err, out
from huitou.kernel.errors import FieldError
from huitou.program.document import ProgramDocument, document_schema
from huitou.program.validation import InvalidProgramError, read_document

app = typer.Typer(help="The programme: brands, stores, points and how they are earned.", no_args_is_help=True)
TIMEOUT_SECONDS = 30.0

File = Annotated[Path, typer.Argument(help="The programme, a YAML file.", exists=True, dir_okay=False)]
Url = Annotated[str, typer.Option(envvar="HUITOU_API_URL", help="The address of the API, without /v1.")]
Key = Annotated[str, typer.Option(envvar="HUITOU_API_KEY", help="An API key that may read or publish programmes.")]
Replaces = Annotated[int | None, typer.Option(help="Publish only if this version is the one that holds.")]


@app.command()
def validate(file: File) -> None:
    """Says what cannot work, and on which line. Needs no network."""
    _, document = _checked(file)
    counts = ", ".join(
        (
            _count(document.brands, "brand"),
            _count(document.stores, "store"),
            _count(document.point_currencies, "kind", " of points"),
            _count(document.earning, "earning rule"),
        )
    )
    out.print(f"{file} can be published: {counts}.")


@app.command()
def publish(file: File, url: Url, key: Key, replaces: Replaces = None) -> None:
    """Makes FILE the programme that holds. Publishing the same again changes nothing."""
    program, _ = _checked(file)
    headers = {"Content-Type": "application/json"} | ({"If-Match": f'"{replaces}"'} if replaces is not None else {})
    answer = _call("POST", f"{url}/v1/program/versions", key, headers=headers, content=program.json.encode())
    if answer.is_error:
        _refused(answer, program)
    version = answer.json()["version"]
    if answer.status_code == httpx.codes.CREATED:
        out.print(f"Version {version} holds now.")
    else:
        out.print(f"Version {version} is the same programme and holds already; nothing was changed.")


@app.command()
def show(
    url: Url,
    key: Key,
    version: Annotated[int | None, typer.Option(help="An older version; without it, the one that holds.")] = None,
) -> None:
    """Prints a published version as JSON."""
    path = "/v1/program" if version is None else f"/v1/program/versions/{version}"
    answer = _call("GET", url + path, key)
    if answer.is_error:
        _refused(answer, None)
    out.print_json(answer.text, ensure_ascii=False)


@app.command()
def schema() -> None:
    """Prints the JSON Schema of a programme file, for editors and other tools."""
    typer.echo(schema_text(), nl=False)


def schema_text() -> str:
    """What docs/program.schema.json holds."""
    return json.dumps(file_schema(document_schema()), ensure_ascii=False, indent=2) + "\n"


def _checked(file: Path) -> tuple[ProgramFile, ProgramDocument]:
    program: ProgramFile | None = None
    try:
        program = read_program_file(file)
        return program, read_document(program.json)
    except InvalidProgramError as error:
        _tell(error.detail, error.errors, program)
        raise typer.Exit(1) from error


def _call(method: str, url: str, key: str, **request: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", **request.pop("headers", {})}
    try:
        return httpx.request(method, url, headers=headers, timeout=TIMEOUT_SECONDS, **request)
    except httpx.HTTPError as error:
        err.print(f"{url} cannot be reached: {error}")
        raise typer.Exit(1) from error


def _refused(answer: httpx.Response, program: ProgramFile | None) -> NoReturn:
    """Prints the problem document of an answer (E30) and ends."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    errors = [FieldError(error["pointer"], error["message"]) for error in problem.get("errors", ())]
    _tell(problem.get("detail") or f"The API answered {answer.status_code}.", errors, program)
    raise typer.Exit(1)


def _tell(detail: str, errors: Sequence[FieldError], program: ProgramFile | None) -> None:
    err.print(detail)
    for error in errors:
        place = f"{program.locate(error.pointer)}: {error.pointer or 'the document'}: " if program else ""
        if program or error.message != detail:
            err.print(f"  {place}{error.message}")


def _count(things: Sized, name: str, rest: str = "") -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}{rest}"

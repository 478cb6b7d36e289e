"""``huitou program``: check a programme, compare and publish it, look at the one that holds, go back."""

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
from huitou.program.differences import Change, differences
from huitou.program.document import ProgramDocument, canonical_json, document_schema
from huitou.program.validation import InvalidProgramError, read_document, read_shape

app = typer.Typer(help="The programme: brands, stores, points and how they are earned.", no_args_is_help=True)
TIMEOUT_SECONDS = 30.0

File = Annotated[Path, typer.Argument(help="The programme, a YAML file.", exists=True, dir_okay=False)]
Url = Annotated[str, typer.Option(envvar="HUITOU_API_URL", help="The address of the API, without /v1.")]
Key = Annotated[str, typer.Option(envvar="HUITOU_API_KEY", help="An API key that may read or publish programmes.")]
Replaces = Annotated[int | None, typer.Option(help="Publish only if this version is the one that holds.")]


@app.command()
def validate(file: File) -> None:
    """Says what cannot work, and on which line. Needs no network."""
    _, document = checked(file)
    counts = ", ".join(
        (
            _count(document.brands, "brand"),
            _count(document.stores, "store"),
            _count(document.point_currencies, "kind", " of points"),
            _count(document.segments, "segment"),
            _count(document.earning, "earning rule"),
            _count(document.templates, "template"),
            _count(document.coupons, "coupon"),
            _count(document.campaigns, "campaign"),
        )
    )
    out.print(f"{file} can be published: {counts}.")


@app.command()
def publish(file: File, url: Url, key: Key, replaces: Replaces = None) -> None:
    """Makes FILE the programme that holds. Publishing the same again changes nothing."""
    program, _ = checked(file)
    headers = {"Content-Type": "application/json"} | ({"If-Match": f'"{replaces}"'} if replaces is not None else {})
    answer = _call("POST", f"{url}/v1/program/versions", key, headers=headers, content=program.json.encode())
    if answer.is_error:
        _refused(answer, program)
    version = answer.json()["version"]
    if answer.status_code == httpx.codes.CREATED:
        out.print(f"Version {version} holds now.")
    else:
        out.print(f"Version {version} is the same programme and holds already; nothing was changed.")
    _tell_of_rebuild(answer.json())


def _tell_of_rebuild(published: dict[str, Any]) -> None:
    """E20."""
    if published["rebuild"] == "started":
        out.print(f"Members are looked at anew by rebuild {published['rebuild_id']}.")
    elif published["rebuild"] == "not_started":
        out.print("Looking at members anew could not be started; publish the same again, or: huitou rebuild")


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
def diff(
    what: Annotated[str, typer.Argument(help="A programme file, or the number of a version.", metavar="FILE|N")],
    url: Url,
    key: Key,
    against: Annotated[
        int | None,
        typer.Argument(help="The version to compare with; by default the active one, or the one before N."),
    ] = None,
) -> None:
    """Says what a file or a version would have otherwise than another version: + is new, - is gone, ~ is changed."""
    changes = _version_changes(int(what), against, url, key) if what.isdecimal() else _changes(what, against, url, key)
    for change in changes:
        out.print(_told(change), soft_wrap=True, markup=False, highlight=False)
    if not changes:
        out.print("Nothing differs.")


@app.command()
def rollback(
    version: Annotated[int, typer.Argument(help="The version that shall hold again.")],
    reason: Annotated[str, typer.Option(help="For the audit log and the history.")],
    url: Url,
    key: Key,
    replaces: Replaces = None,
) -> None:
    """Publishes an older version anew. Nothing is erased: it becomes the newest version."""
    headers = {"Content-Type": "application/json"} | ({"If-Match": f'"{replaces}"'} if replaces is not None else {})
    content = json.dumps({"version": version, "reason": reason}, ensure_ascii=False).encode()
    answer = _call("POST", f"{url}/v1/program/rollback", key, headers=headers, content=content)
    if answer.is_error:
        _refused(answer, None)
    number = answer.json()["version"]
    if answer.status_code == httpx.codes.CREATED:
        out.print(f"Version {number} holds now: version {version} again.")
    else:
        out.print(f"Version {number} is the same programme and holds already; nothing was changed.")


@app.command()
def schema() -> None:
    """Prints the JSON Schema of a programme file, for editors and other tools."""
    typer.echo(schema_text(), nl=False)


def schema_text() -> str:
    """What docs/program.schema.json holds."""
    return json.dumps(file_schema(document_schema()), ensure_ascii=False, indent=2) + "\n"


def checked(file: Path) -> tuple[ProgramFile, ProgramDocument]:
    """The programme in ``file``; ends the command where it could not be published."""
    program: ProgramFile | None = None
    try:
        program = read_program_file(file)
        return program, read_document(program.json)
    except InvalidProgramError as error:
        _tell(error.detail, error.errors, program)
        raise typer.Exit(1) from error


def published(version: int | None, url: str, key: str) -> Any:
    """The document of a version, or of the active one."""
    answer = _call("GET", url + ("/v1/program" if version is None else f"/v1/program/versions/{version}"), key)
    if answer.is_error:
        _refused(answer, None)
    return answer.json()["document"]


def _changes(what: str, against: int | None, url: str, key: str) -> list[Change]:
    """Of a file. It is compared here: nothing is sent that is not published."""
    _, document = checked(Path(what))
    before = read_shape(json.dumps(published(against, url, key)))
    return list(differences(json.loads(canonical_json(before)), json.loads(canonical_json(document))))


def _version_changes(number: int, against: int | None, url: str, key: str) -> list[Change]:
    query = "" if against is None else f"?against={against}"
    answer = _call("GET", f"{url}/v1/program/versions/{number}/diff{query}", key)
    if answer.is_error:
        _refused(answer, None)
    return [Change(each["pointer"], each["change"], each["was"], each["is"]) for each in answer.json()["changes"]]


def _told(change: Change) -> str:
    was, now = (json.dumps(value, ensure_ascii=False) for value in (change.was, change.now))
    match change.kind:
        case "added":
            return f"+ {change.pointer}: {now}"
        case "removed":
            return f"- {change.pointer}: {was}"
        case _:
            return f"~ {change.pointer}: {was} → {now}"


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

"""`huitou call`: one call of the API by hand, and its answer laid out for reading."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer

from cli.local_stack import require
from cli.tools import CommandError, out

WIDTH: Final = 110
TIMEOUT_SECONDS: Final = 60
SHOWN_HEADERS: Final = ("etag", "location", "retry-after")

Method = Annotated[str, typer.Argument(help="GET, POST, PUT, PATCH or DELETE.")]
Target = Annotated[str, typer.Argument(help="For example /v1/stores?limit=3.")]
Body = Annotated[str | None, typer.Argument(help="JSON, or @FILE that holds it.")]
Headers = Annotated[list[str] | None, typer.Option("--header", "-H", help='For example "If-Match: \\"3\\"".')]
Url = Annotated[str | None, typer.Option(envvar="HUITOU_API_URL", help="By default the local stack's.")]
Key = Annotated[str | None, typer.Option(envvar="HUITOU_API_KEY", help="By default the key that `make run` made.")]


def call(
    method: Method,
    target: Target,
    body: Body = None,
    *,
    header: Headers = None,
    url: Url = None,
    key: Key = None,
) -> None:
    """Calls the API and prints the answer. Refusals are answers too, and end with code 1."""
    headers = {"Authorization": f"Bearer {key or _local_key()}", "Content-Type": "application/json"}
    headers.update(_header(line) for line in header or ())
    content = _body(body) if body else None
    try:
        answer = httpx.request(
            method.upper(),
            f"{url or require().api_url()}{target}",
            content=content,
            headers=headers,
            timeout=TIMEOUT_SECONDS,
        )
    except httpx.HTTPError as error:
        raise CommandError(f"the API cannot be reached: {error}") from error
    out.print("\n".join(_lines(answer)))
    if answer.is_error:
        raise typer.Exit(1)


def laid_out(value: Any, indent: int = 0) -> str:
    """JSON that fits into `WIDTH`: what is short stays on a line, and short fields share one."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + len(line) <= WIDTH or not isinstance(value, dict | list):
        return line
    inner = indent + 2
    if isinstance(value, dict):
        fields = [f"{json.dumps(name, ensure_ascii=False)}: {laid_out(each, inner)}" for name, each in value.items()]
        rows, (first, last) = list(_shared(fields, WIDTH - inner)), "{}"
    else:
        rows, (first, last) = [laid_out(each, inner) for each in value], "[]"
    separator = "\n" + " " * inner
    return f"{first}{separator}{f',{separator}'.join(rows)}\n{' ' * indent}{last}"


def _shared(fields: Iterable[str], width: int) -> Iterator[str]:
    row = ""
    for field in fields:
        joined = f"{row}, {field}" if row else field
        if "\n" not in joined and len(joined) <= width:
            row = joined
            continue
        if row:
            yield row
        row = field
    yield row


def _lines(answer: httpx.Response) -> Iterator[str]:
    yield f"{answer.status_code} {answer.reason_phrase}"
    yield from (f"{name}: {answer.headers[name]}" for name in SHOWN_HEADERS if name in answer.headers)
    if answer.content:
        yield laid_out(answer.json())


def _local_key() -> str:
    file = Path(require().folder) / "key"
    if not file.exists():
        raise CommandError("there is no key yet: `make run` makes one")
    return file.read_text()


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _body(text: str) -> bytes:
    if not text.startswith("@"):
        return text.encode()
    file = Path(text[1:]).expanduser()
    if not file.exists():
        raise CommandError(f"there is no {file}")
    return file.read_bytes()

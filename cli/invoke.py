"""`huitou invoke`: one sample event, one function, on the local stack."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.local_stack import LocalStack, require
from cli.tools import CommandError, err, out

Event = Annotated[Path, typer.Argument(help="A file of events/, named <function>.json or <function>.<case>.json.")]


def invoke(event: Event) -> None:
    """Sends a sample to its function and prints the answer; what the function logged goes to stderr."""
    stack = require()
    sample = _read(event)
    function = event.name.split(".")[0]
    answer, log = call(stack, function, sample)
    err.print(log, style="dim")
    out.print_json(json.dumps(answer, ensure_ascii=False))


def call(stack: LocalStack, function: str, event: Any) -> tuple[Any, str]:
    """What the function `functions/<function>` answers to `event`, and the end of its log."""
    client = stack.client("lambda")
    name = f"huitou-local-{function}"
    try:
        result = client.invoke(FunctionName=name, Payload=json.dumps(event).encode(), LogType="Tail")
    except client.exceptions.ResourceNotFoundException:
        raise CommandError(f"there is no function {function}: a sample is named after the function it is for") from None
    answer = json.loads(result["Payload"].read() or "null")
    log = b64decode(result.get("LogResult", "")).decode(errors="replace")
    if "FunctionError" in result:
        raise CommandError(f"{function} failed: {answer.get('errorMessage', answer)}\n{log}")
    return answer, log


def _read(event: Path) -> Any:
    try:
        return json.loads(event.read_text("utf-8"))
    except FileNotFoundError:
        raise CommandError(f"there is no {event}") from None
    except ValueError as error:
        raise CommandError(f"{event} is not JSON: {error}") from None

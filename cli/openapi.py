"""``huitou openapi``: writes the description of the API from the code of the functions."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.call import laid_out
from cli.tools import ROOT, CommandError, out
from huitou.platform.http import App
from huitou.platform.openapi import describe
from infra.routes import ROUTES

DOCUMENT: Final = ROOT / "functions" / "serve_program" / "openapi.json"
"""As `GET /v1/openapi.json` answers with it."""
SAMPLES: Final = ROOT / "events"
_VARIABLES: Final = (
    "HUITOU_MEMBERS_TABLE",
    "HUITOU_PROGRAM_TABLE",
    "HUITOU_IDENTITY_SECRET",
    "HUITOU_DUE_QUEUE_URL",
    "HUITOU_IMPORT_BUCKET",
    "HUITOU_IMPORT_STATE_MACHINE",
    "HUITOU_ACCOUNT_STATE_MACHINE",
    "HUITOU_INSIGHT_STATE_MACHINE",
    "HUITOU_SIMULATION_STATE_MACHINE",
    "HUITOU_REBUILD_STATE_MACHINE",
    "HUITOU_COUNT_STATE_MACHINE",
)
_NO_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
"""Without any, a client would look for some on the network."""


def openapi(
    check: Annotated[bool, typer.Option(help="Write nothing; fail if the file is out of date.")] = False,
) -> None:
    """Writes functions/serve_program/openapi.json, which the API serves."""
    wanted, name = text(), DOCUMENT.relative_to(ROOT)
    if DOCUMENT.exists() and DOCUMENT.read_text("utf-8") == wanted:
        return
    if check:
        raise CommandError(f"{name} is out of date: run `huitou openapi`")
    DOCUMENT.write_text(wanted, "utf-8")
    out.print(f"{name} is written.")


def text() -> str:
    """What the file should hold, sorted by name: the same calls always give the same text."""
    document = json.dumps(describe(apps(), samples()), sort_keys=True)
    return f"{laid_out(json.loads(document))}\n"


def apps() -> Iterator[App]:
    """The app of every function that answers a route, as it is deployed; nothing is reached by importing it."""
    with _environment():
        for function in ROUTES:
            yield _app(ROOT / "functions" / function / "handler.py")


def samples() -> list[dict[str, Any]]:
    """The samples of API calls: their bodies are the description's examples."""
    events = [json.loads(path.read_text("utf-8")) for path in sorted(SAMPLES.glob("*.json"))]
    return [event for event in events if "httpMethod" in event and event.get("body")]


def _app(file: Path) -> App:
    spec = importlib.util.spec_from_file_location(f"described_{file.parent.name}", file)
    if spec is None or spec.loader is None:
        raise CommandError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where pydantic looks for the names in annotations
    spec.loader.exec_module(module)
    app = module.app
    if not isinstance(app, App):
        raise CommandError(f"{file} has no app")
    return app


@contextmanager
def _environment() -> Iterator[None]:
    """Every setting has a value while the functions are imported; none is used."""
    before = dict(os.environ)
    os.environ.update(dict.fromkeys(_VARIABLES, "described"), AWS_REGION="ap-northeast-1", **_NO_CREDENTIALS)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

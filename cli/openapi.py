"""``huitou openapi``: the description of the API, made from the code of the functions.

The file lies in the folder of the function that answers with it and is not in version control: whoever needs it asks
for `written`, which makes it where it is missing or older than what goes into it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cli.tools import ROOT, CommandError, out
from huitou.platform.http import App
from huitou.platform.openapi import describe
from infra.routes import ROUTES

SAMPLES: Final = ROOT / "events"
_FUNCTIONS: Final = ROOT / "functions"
_DOCUMENT: Final = _FUNCTIONS / "serve_program" / "openapi.json"
"""As `GET /v1/openapi.json` answers with it."""
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


def openapi() -> None:
    """Writes the description of the API, OpenAPI 3.1, and says where it is."""
    out.print(written().relative_to(ROOT))


def written() -> Path:
    """The description's file, made anew if anything that goes into it has changed since."""
    if not _DOCUMENT.exists() or _DOCUMENT.stat().st_mtime < max(file.stat().st_mtime for file in _sources()):
        draft = _DOCUMENT.with_suffix(f".{os.getpid()}")
        draft.write_text(text(), "utf-8")
        draft.replace(_DOCUMENT)  # whole, also for who reads it at this moment
    return _DOCUMENT


def text() -> str:
    """What the file should hold, sorted by name: the same calls always give the same text."""
    return json.dumps(describe(apps(), samples()), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _sources() -> Iterator[Path]:
    """Our own code and the samples, and the versions of what turns them into a description."""
    yield from (ROOT / "layers" / "huitou").rglob("*.py")
    yield from _FUNCTIONS.rglob("*.py")
    yield from SAMPLES.glob("*.json")
    yield from (Path(__file__), ROOT / "infra" / "routes.py", ROOT / "requirements" / "dev.txt")


def apps() -> Iterator[App]:
    """The app of every function that answers a route, as it is deployed; nothing is reached by importing it."""
    with _environment():
        for function in ROUTES:
            yield _app(_FUNCTIONS / function / "handler.py")


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

"""``huitou openapi``: the description of the API, made from the code of the functions.

The file lies in the folder of the function that answers with it and is not in version control: whoever needs it asks
for `written`. As a layer, it is built once for all that goes into it, under a name that is the hash of that.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cli.tools import CommandError, out
from huitou.platform.http import App
from huitou.platform.openapi import describe
from infra.routes import DESCRIPTION, PUBLIC, ROUTES
from infra.sources import ROOT, digest_of

SAMPLES: Final = ROOT / "events"
_FUNCTIONS: Final = ROOT / "functions"
_BUILD: Final = ROOT / "build"
_VARIABLES: Final = (
    "HUITOU_MEMBERS_TABLE",
    "HUITOU_PROGRAM_TABLE",
    "HUITOU_IDENTITY_SECRET",
    "HUITOU_LINK_SECRET",
    "HUITOU_ADDRESS_SECRET",
    "HUITOU_LINE_SECRET",
    "HUITOU_CODE_SECRET",
    "HUITOU_DUE_QUEUE_URL",
    "HUITOU_IMPORT_BUCKET",
    "HUITOU_IMPORT_STATE_MACHINE",
    "HUITOU_ACCOUNT_STATE_MACHINE",
    "HUITOU_INSIGHT_STATE_MACHINE",
    "HUITOU_SIMULATION_STATE_MACHINE",
    "HUITOU_REBUILD_STATE_MACHINE",
    "HUITOU_COUNT_STATE_MACHINE",
    "HUITOU_RESULT_STATE_MACHINE",
)
_NO_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
"""Without any, a client would look for some on the network."""


def openapi() -> None:
    """Writes the description of the API, OpenAPI 3.1, and says where it is."""
    out.print(written().relative_to(ROOT))


def written() -> Path:
    """The description's file, as the code of this working tree describes it."""
    made = _BUILD / f"openapi-{digest_of(sources())}.json"
    if not made.exists():
        _put(_made(), made)
    if not DESCRIPTION.exists() or DESCRIPTION.read_bytes() != made.read_bytes():
        _put(made.read_text("utf-8"), DESCRIPTION)
    return DESCRIPTION


def _made() -> str:
    """By a process of its own: all functions are imported for it, and nobody else is to notice."""
    command = [sys.executable, "-X", "utf8", "-m", __name__]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise CommandError(f"the API cannot be described\n{done.stderr}")
    return done.stdout


def _put(text: str, file: Path) -> None:
    """Whole, also for who reads the file at this moment."""
    _BUILD.mkdir(exist_ok=True)
    draft = _BUILD / f"{file.stem}-{os.getpid()}.draft"
    draft.write_text(text, "utf-8")
    draft.replace(file)


def sources() -> Iterator[Path]:
    """What goes into it: our own code and the samples, and the versions of what makes a description of them."""
    yield from (ROOT / "layers" / "huitou").rglob("*.py")
    yield from _FUNCTIONS.rglob("*.py")
    yield from SAMPLES.glob("*.json")
    yield from (Path(__file__), ROOT / "infra" / "routes.py", ROOT / "requirements" / "dev.txt")


def text() -> str:
    """What the file should hold, sorted by name: the same calls always give the same text."""
    return json.dumps(describe(apps(), samples()), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def apps() -> Iterator[App]:
    """The app of every function that answers a route, as it is deployed; nothing is reached by importing it."""
    with _environment():
        for function in ROUTES:
            yield _app(_FUNCTIONS / function / "handler.py")


def samples() -> list[dict[str, Any]]:
    """The samples of API calls: their bodies are the description's examples. Browsers send forms."""
    events = [json.loads(path.read_text("utf-8")) for path in sorted(SAMPLES.glob("*.json"))]
    calls = [event for event in events if "httpMethod" in event and event.get("body")]
    return [event for event in calls if f"{event['httpMethod']} {event['resource']}" not in PUBLIC]


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


if __name__ == "__main__":
    sys.stdout.write(text())

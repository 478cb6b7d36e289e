"""A programme as a file: YAML, with the stores in a CSV beside it if that is handier.

YAML has surprises that a marketer should not meet: 14:30 read as the number 870, `no` as false, 1.10 as 1.1, and
a key that is written twice quietly losing the first. So only true, false, null and plain integers are special
here, all else is text, and a repeated key is an error.

A problem in the document has a JSON pointer; `ProgramFile.locate` turns it back into file and line.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from huitou.kernel.errors import FieldError
from huitou.program.validation import InvalidProgramError
from infra.sources import ROOT

SAMPLE: Final = ROOT / "programs" / "sample.yaml"

_INTEGER = re.compile(r"^(0|-?[1-9][0-9]*)$")


class _PlainLoader(yaml.SafeLoader):
    """YAML without guessing."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - pyyaml's own class-level registry, emptied

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a field needs a plain name", problem_mark=key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"{key.value!r} is written twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))
_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(null|~|)$"), ["n", "~", ""])
_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:int", _INTEGER, list("-0123456789"))


@dataclass(frozen=True, slots=True)
class ProgramFile:
    """A programme read from ``path``; ``document`` is what is posted."""

    path: Path
    document: Any
    root: yaml.Node
    stores_path: Path | None

    @property
    def json(self) -> str:
        return json.dumps(self.document, ensure_ascii=False)

    def locate(self, pointer: str) -> str:
        """``sample.yaml:34`` for a JSON pointer: the nearest line that the file has for it."""
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        if self.stores_path and steps[:1] == ["stores"] and len(steps) > 1:
            return f"{self.stores_path}:{int(steps[1]) + 2}"
        return f"{self.path}:{_line(self.root, steps)}"


def read_program_file(path: Path) -> ProgramFile:
    """Raises `InvalidProgramError` for a file that is not YAML or names stores that cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        root = yaml.compose(text, Loader=_PlainLoader)
        document = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - derived from SafeLoader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _unreadable(f"{path} cannot be read: {error}") from error
    if root is None:
        raise _unreadable(f"{path} is empty.")
    stores_path = None
    if isinstance(document, dict) and isinstance(document.get("stores"), str):
        stores_path = path.parent / document["stores"]
        document = {**document, "stores": _stores(stores_path)}
    return ProgramFile(path, document, root, stores_path)


def file_schema(document_schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of the file: that of the document, where ``stores`` may also name a CSV."""
    stores = document_schema["properties"]["stores"]
    named = {"type": "string", "pattern": r"\.csv$", "description": "A CSV file beside this one, with a header."}
    inline = {key: value for key, value in stores.items() if key not in {"title", "description", "default"}}
    properties = {
        **document_schema["properties"],
        "stores": {
            "title": stores["title"],
            "description": stores["description"],
            "default": stores["default"],
            "anyOf": [inline, named],
        },
    }
    return {**document_schema, "properties": properties}


def _stores(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, restkey="more columns than the header"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(f"{path} cannot be read: {error}", "/stores") from error
    return [{field: value for field, value in row.items() if value} for row in rows]


def _line(node: yaml.Node, steps: list[str]) -> int:
    line = node.start_mark.line
    for step in steps:
        found = _child(node, step)
        if found is None:
            break
        line, node = found
    return line + 1


def _child(node: yaml.Node, step: str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark.line, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
        value = node.value[int(step)]
        return value.start_mark.line, value
    return None


def _unreadable(message: str, pointer: str = "") -> InvalidProgramError:
    return InvalidProgramError(message, errors=[FieldError(pointer, message)])

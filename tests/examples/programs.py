"""Programmes of worked examples: `group.yaml`, and what an example says that is different."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cli.program_file import read_program_file
from huitou.program.model import Program
from tests.builders import program

HERE = Path(__file__).parent


def read(path: Path) -> Any:
    """YAML as programme files are read: only true, false, null and whole numbers are not text."""
    return read_program_file(path).document


GROUP_DOCUMENT: Mapping[str, Any] = read(HERE / "group.yaml")


def merged(base: Any, changes: Any) -> Any:
    """``base`` with ``changes``, field by field; null removes one, and another ``type`` replaces all."""
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return changes
    if "type" in changes:
        return changes
    both = {**base, **{key: merged(base.get(key), change) for key, change in changes.items()}}
    return {key: value for key, value in both.items() if value is not None}


def program_of(document: Mapping[str, Any], version: int = 1) -> Program:
    """The programme that goes the way of a publication; its lists, written by id, become lists."""
    listed = dict(document)
    for field, complete in _LISTS.items():
        if field in listed:
            listed[field] = [complete(key, fields or {}) for key, fields in listed[field].items()]
    if "tiers" in listed:
        levels = listed["tiers"]["levels"].items()
        listed["tiers"] = {
            **listed["tiers"],
            "levels": [{"id": key, "name": key, "threshold": amount} for key, amount in levels],
        }
    return program(listed, version)


def _named(key: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": key, "name": key, **fields}


def _rule(key: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"currency": "points", **_named(key, fields)}


_LISTS: Mapping[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]] = {
    "brands": _named,
    "stores": _named,
    "point_currencies": _named,
    "earning": _rule,
    "stacks": _named,
}

"""Rejected rows on their way to the report: a file per chunk, written whole, so that a repeat replaces it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from huitou.imports.model import Rejection
from huitou.imports.ports import Files


def write_rejections(files: Files, key: str, rejections: Sequence[Rejection]) -> None:
    """Leaves no file where nothing was rejected."""
    if rejections:
        files.write(key, json.dumps(rejections, ensure_ascii=False).encode())


def read_rejections(files: Files, key: str) -> list[Rejection]:
    """The inverse of `write_rejections`, for a chunk that has some."""
    return [Rejection(*each) for each in json.loads(files.read(key))]

"""Reading the description of the API."""

from __future__ import annotations

from typing import Any


def answer_of(document: dict[str, Any], operation: dict[str, Any], status: str) -> dict[str, Any]:
    """What ``operation`` may answer with ``status``; refusals are described once for all operations."""
    found: dict[str, Any] = operation["responses"][status]
    _, _, name = found.get("$ref", "").partition("#/components/responses/")
    return document["components"]["responses"][name] if name else found

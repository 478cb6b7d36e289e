"""JSON pointers (RFC 6901): how a finding says where in a document it was made."""

from __future__ import annotations

from collections.abc import Iterable


def pointer_to(path: Iterable[str | int]) -> str:
    """``("lines", 0, "a/b")`` → ``/lines/0/a~1b``; of the empty path ``""``, the document."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)

"""What may be refused about rebuilds."""

from __future__ import annotations

from huitou.kernel.errors import NotFoundError


class RebuildNotFoundError(NotFoundError):
    """No rebuild has this id."""

    code = "rebuild_not_found"
    title = "No such rebuild"

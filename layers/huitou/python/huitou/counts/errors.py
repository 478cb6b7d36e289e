"""What may be refused about counts."""

from __future__ import annotations

from huitou.kernel.errors import NotFoundError


class CountNotFoundError(NotFoundError):
    """No count has this id."""

    code = "count_not_found"
    title = "No such count"

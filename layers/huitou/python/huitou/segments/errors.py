"""What may be refused about segments."""

from __future__ import annotations

from huitou.kernel.errors import NotFoundError


class SegmentNotFoundError(NotFoundError):
    """The active programme has no such segment, or the caller may not see it (E31)."""

    code = "segment_not_found"
    title = "No such segment"

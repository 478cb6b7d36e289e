"""What may be refused about segments."""

from __future__ import annotations

from huitou.kernel.errors import InvalidError, NotFoundError


class SegmentNotFoundError(NotFoundError):
    """The active programme has no such segment, or the caller may not see it (E31)."""

    code = "segment_not_found"
    title = "No such segment"


class InvalidSegmentError(InvalidError):
    """The programme could not be published with this segment in it; ``errors`` says where and why."""

    code = "invalid_segment"
    title = "The segment cannot work"

"""Segments and their members, as callers see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from huitou.fields import View
from huitou.kernel.instants import format_instant
from huitou.program.model import GROUP
from huitou.segments.counting import Count
from huitou.segments.rosters import Described
from huitou.standing.listed import Listed


class SegmentView(View):
    """A segment of the active programme."""

    id: str
    name: str
    brand: str
    """Whose segment it is: a brand's, or the `group`'s."""
    tag: str | None
    """What its members carry as long as they are in it."""
    type: Literal["condition", "list"]
    """Whether members are in it because something is true of them, or because somebody put them there."""
    when: dict[str, Any] | None
    """What is true of its members, as the programme's document says it; null for a list."""


class SegmentPage(View):
    """The segments that the caller may see, by id."""

    items: list[SegmentView]
    next_cursor: str | None


class CountedSegmentView(SegmentView):
    """A segment with the number of its members: for a key of a brand, of those who joined the brand."""

    members: int
    """What happened in the last seconds may not be in it yet."""
    is_exact: bool
    """False from some half a million members on: a part of them then stands for all, right to within one percent."""


class SegmentMemberView(View):
    """A member of a segment."""

    member_id: str
    since: datetime
    """When they entered it."""


class SegmentMemberPage(View):
    """Members of a segment, in no order that means anything."""

    items: list[SegmentMemberView]
    """May be fewer than asked for, or none, although the list goes on."""
    next_cursor: str | None


def segment_view(described: Described) -> dict[str, Any]:
    """A `SegmentView`."""
    segment, when = described
    return {
        "id": segment.id,
        "name": segment.name,
        "brand": segment.brand or GROUP,
        "tag": segment.tag,
        "type": "condition" if when else "list",
        "when": _said(when) if when else None,
    }


def counted_segment_view(described: Described, count: Count) -> dict[str, Any]:
    """A `CountedSegmentView`."""
    return {**segment_view(described), **count._asdict()}


def segment_member_view(listed: Listed) -> dict[str, Any]:
    """A `SegmentMemberView`."""
    return {"member_id": listed.member, "since": format_instant(listed.since)}


def _said(part: Any) -> Any:
    """A condition without what it leaves open, which is stored as null or an empty list."""
    if isinstance(part, Mapping):
        return {field: _said(value) for field, value in part.items() if value is not None and value != []}
    return [_said(each) for each in part] if isinstance(part, list) else part

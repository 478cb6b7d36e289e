"""What a decision about a sale saw of the member: kept with the purchase, so that it can be made again (E2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from huitou.kernel.values import lean
from huitou.program.rules import RuleId, SegmentId
from huitou.program.tiers import TierId

_NOTHING: Mapping[str, int] = MappingProxyType({})


@lean
class Circumstances:
    """The member at the instant of a sale, before the sale (E7).

    ``used`` is what the counters of caps stood at; a counter that is missing stood at 0. ``budgets`` is how much the
    sale may take at most from a rule's budget (E12): what was left of it, and afterwards what it was granted; for a
    rule that is missing, the whole budget.
    """

    tier: TierId | None = None
    segments: frozenset[SegmentId] = frozenset()
    birthday_month: bool = False
    first_in_group: bool = False
    first_at_brand: bool = False
    used: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    budgets: Mapping[RuleId, int] = field(default_factory=lambda: _NOTHING)


NOBODY = Circumstances()
"""Nobody in particular: without tier, segment or history."""

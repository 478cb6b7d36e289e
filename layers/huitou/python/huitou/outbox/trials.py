"""Who may be sent trials: members of the segment that the programme names, who try its messages on themselves.

It is asked by where the member stood when somebody looked last, which the stream keeps up to date: nothing is worked
out for a trial.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from huitou.program.rules import SegmentId
from huitou.standing.position import Position

NOT_A_TESTER: Final = "not_a_tester"


def is_tester(position: Position | None, testers: SegmentId | None, now: datetime) -> bool:
    """Whether the member is in ``testers``, the segment that the programme names now; None: it names none."""
    return position is not None and testers in position.segments_at(max(now, position.through))

"""Who may be sent trials: members on the list that the programme names, who try its messages on themselves.

It is asked by where the member stood when somebody looked last, which the stream keeps up to date: nothing is worked
out for a trial.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from huitou.program.model import Program
from huitou.program.redefining import redefined
from huitou.program.rules import SegmentId
from huitou.standing.position import Position

NOT_A_TESTER: Final = "not_a_tester"


def is_tester(
    position: Position | None,
    testers: SegmentId | None,
    program: Program,
    version: Callable[[int], Program],
    now: datetime,
) -> bool:
    """Whether the member is on ``testers``, the list that ``program`` names; None: it names none.

    Who stood on it when it meant something else is none until somebody looks again.
    """
    if position is None or testers not in position.segments_at(max(now, position.through)):
        return False
    return position.program == program.version or testers not in redefined(version(position.program), program)

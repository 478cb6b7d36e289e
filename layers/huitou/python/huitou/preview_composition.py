"""What previews of segments begin with. As `huitou.composition`, for composition roots only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.purchases.store import TableMemberStates
from huitou.segment_composition import judged_on
from huitou.segments.asking import Asking
from huitou.segments.previews import Previews
from huitou.segments.store import TableMemberSample

AT_ONCE = 8
"""Members: while one is waited for, another is judged."""


def previews_on(members: Table, program: Table, programs: ProgramReader) -> Previews:
    """Once for each start of a function that is asked for one: it loads the programme's grammar."""
    return Previews(
        sample=TableMemberSample(members),
        asking=Asking(TableMemberStates(members), judged_on(members, program, programs)),
        programs=programs,
        together=ThreadPoolExecutor(AT_ONCE).map,
        clock=monotonic,
    )

"""What all campaigns do together, counted as what one does: by what was drawn for all of them (E27). Pure.

Windows of the campaigns' own will not do here. Whoever is told comes back sooner, and so begins other campaigns than
who is not: each would bring one arm a window that the other has not. So a unit has one window, from the first step on
by which anything told or gave it something, or would have. Before that both arms are treated alike; and it never ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from huitou.campaigns.model import Draw, Journey, TurnOutcome
from huitou.kernel.ids import MemberId
from huitou.outcomes.crediting import EXPOSING, Exposure, Response, S, Window, noticed
from huitou.program.campaigns import Campaign

_WOULD_TELL: Final = EXPOSING | {TurnOutcome.HELD_OUT_OF_ALL, TurnOutcome.SHARED_ADDRESS}
"""Who is left alone by all campaigns hears of that before anything that one of them has drawn."""
_FOREVER: Final = datetime.max.replace(tzinfo=UTC)


def as_drawn_for_all(
    journeys: Iterable[Journey], draws: Mapping[MemberId, Draw], holds_out: Callable[[datetime], bool]
) -> Iterator[Journey]:
    """The journeys, with what was drawn for all campaigns in the place of what was for one, and the turns at which the
    programme ``holds_out`` somebody of all.
    """
    for each in journeys:
        turns = tuple(turn for turn in each.turns if holds_out(turn.at))
        yield replace(each, draw=draws.get(each.id.member), turns=turns)


def response_to_all(
    journeys: Iterable[Journey], campaign_of: Callable[[Journey], Campaign], sales: Sequence[S]
) -> Response[S]:
    """What came of them with one unit, wherever it bought; no purchase is credited to a step."""
    turns = ((turn.at, each.id, turn) for each in journeys for turn in noticed(each, campaign_of(each)))
    told = [each for each in turns if each[2].outcome in _WOULD_TELL]
    if not told:
        return Response((), {}, ())
    at, journey, turn = min(told)
    window = Window(at, _FOREVER, None)
    return Response([window], {Exposure(window, journey, turn.step): ()}, list(filter(window.covers, sales)))

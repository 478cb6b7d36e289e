"""Replaying leaves nothing behind that only a search for cycles would find: so it is seldom looked for."""

from __future__ import annotations

import gc

from cli.sample_data import SampleSales
from huitou import MOST_YOUNG
from huitou.simulator.replaying import Replayer
from tests.cycles import cycles_only
from tests.files import sample_program


def test_nothing_that_is_replayed_refers_to_itself() -> None:
    sales = SampleSales(members=5)
    replayer, histories = Replayer(sample_program(), sales.last_at), list(sales.histories())
    replayer.replay(histories[0])  # what is made once and kept
    with cycles_only() as found:
        for history in histories[1:]:
            replayer.replay(history)
    assert found == []


def test_it_is_looked_for_when_many_values_are_held() -> None:
    assert gc.get_threshold()[0] == MOST_YOUNG

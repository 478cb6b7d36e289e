"""Garbage in cycles is looked for less often while members are replayed, and as before after it."""

from __future__ import annotations

import gc

import pytest

from huitou.simulator.collecting import MOST_YOUNG, seldom_collected


def test_the_search_for_cycles_goes_on_as_before() -> None:
    usual = gc.get_threshold()
    with seldom_collected():
        assert gc.get_threshold() == (MOST_YOUNG, *usual[1:])
    assert gc.get_threshold() == usual


def test_it_does_so_also_where_replaying_failed() -> None:
    usual = gc.get_threshold()
    with pytest.raises(LookupError), seldom_collected():
        raise LookupError
    assert gc.get_threshold() == usual

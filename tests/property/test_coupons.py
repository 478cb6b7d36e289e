"""A coupon is used once, whatever tills ask for in whatever order (E16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.commits import StaleReadError
from huitou.kernel.errors import DomainError
from huitou.rewards.codes import LENGTH, LETTERS, new_code, read_code
from huitou.rewards.decisions import MOST_USES, reverse, use
from huitou.rewards.errors import CouponExpiredError
from huitou.rewards.model import Coupon, CouponState
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_coupons import MemoryCoupons
from tests.coupons import coupon, used

KEYS: Final = ["a", "b", "c"]
ASKED = st.tuples(
    st.sampled_from(["use", "reverse"]),
    st.sampled_from(KEYS),
    st.sampled_from(["maru", "sora"]),
    st.integers(0, 40),
    st.booleans(),
)
"""What is asked for, by which call, of which brand, on which day, and whether it was decided by what was there before
the call that went before it.
"""


def decide(before: Coupon, what: str, key: str, brand: str, day: int) -> Coupon:
    asked = used(key, brand=brand, at=before.issued_at + timedelta(days=day))
    if what == "reverse":
        return reverse(before, asked.id, brand, asked.at)
    return before if before.use_of(asked.id) else use(before, asked)


@given(asked=st.lists(ASKED, max_size=60), shared=st.booleans())
def test_at_most_one_use_holds_and_none_is_lost(asked: list[tuple[str, str, str, int, bool]], shared: bool) -> None:
    """Each call comes to one use at most, for ever; each use holds until it is reversed, which it is once; and none
    begins after the coupon's end, or at a brand that does not take it.
    """
    table = MemoryTable()
    store, first = MemoryCoupons(table), coupon(brand="group" if shared else "maru")
    table.commit(store.add(first))
    seen = held = first
    for what, key, brand, day, is_late in asked:
        read, seen = (seen if is_late else held), held
        try:
            after = decide(read, what, key, brand, day)
            if after is not read:
                table.commit([store.save(read, after)])
                held = after
        except (DomainError, StaleReadError):
            pass
        assert store.find(first.code) == held
        assert len({each.id for each in held.uses}) == len(held.uses) <= MOST_USES
        assert all(each.reversed_at for each in held.uses[:-1])
        assert all(each.at < held.expires_at and held.brand in {"group", each.brand} for each in held.uses)
        assert (held.state(first.issued_at) is CouponState.USED) == (held.use is not None)
        assert held.version == 1 + len(held.uses) + sum(each.reversed_at is not None for each in held.uses)


@given(late=st.booleans())
def test_it_ends_at_its_end(late: bool) -> None:
    """E5 holds of coupons too: until just before."""
    given_out = coupon()
    at = given_out.expires_at - timedelta(milliseconds=0 if late else 1)
    assert given_out.state(at) is (CouponState.EXPIRED if late else CouponState.ISSUED)
    try:
        assert use(given_out, used("a", at=at)).use is not None
        assert not late
    except CouponExpiredError:
        assert late


@given(code=st.builds(new_code), cut=st.integers(0, LENGTH))
def test_a_code_is_read_however_it_is_typed(code: str, cut: int) -> None:
    assert read_code(f"{code[:cut]}-{code[cut:]} ".lower()) == code
    assert read_code(code[1:]) is None
    assert read_code(f"{code[1:]}0") is None
    assert set(code) <= set(LETTERS)

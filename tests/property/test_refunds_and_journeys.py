"""What must hold of refunds, gifts and conversions, whatever the wallet: E1, E2, E3, E5, E11, E12."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from huitou.points.decisions import decide, decide_all
from huitou.points.earning import Earning
from huitou.points.moves import ConvertIn, ConvertOut, Earn, GiveBack, Receive, Redeem, Send, Settle, TakeBack
from huitou.points.refunding import share_to_return
from huitou.points.replay import activity_without
from huitou.points.wallet import Cause, Entry, Lot, Wallet, open_wallet
from huitou.program.model import Program
from huitou.program.terms import Conversion, RefundPolicy
from tests.builders import MEI, OPENED, at, lot, wallet
from tests.ledger import points_program

NOON = at("2026-03-02 12:00")
HOUR = timedelta(hours=1)
NOTHING: Mapping[str, int] = {}
ENDS = st.none() | st.integers(1, 500).map(lambda hours: NOON + hours * HOUR)
LOTS = st.builds(
    lot,
    remaining=st.integers(1, 60),
    expires_at=ENDS,
    issuer=st.sampled_from(["maru", "sora"]),
)
WALLETS = st.lists(LOTS, min_size=1, max_size=6).map(
    lambda lots: wallet(*(_numbered(each, number) for number, each in enumerate(lots, 1)))
)
PROGRAMS = st.sampled_from(
    [
        points_program(),
        points_program({"type": "rolling_days", "days": 7}),
        points_program({"type": "rolling_days", "days": 7}, pending_days=2),
        points_program({"type": "sliding", "days": 10}),
        points_program({"type": "end_of_month", "months": 1}),
    ]
)


@given(before=WALLETS, program=PROGRAMS, share=st.integers(1, 100))
def test_a_gift_keeps_points_issuers_and_never_lengthens_life(before: Wallet, program: Program, share: int) -> None:
    """E11, E13."""
    points = max(1, before.balance(NOON).spendable * share // 100)
    sent = decide(before, Send(points, MEI, "maru", Cause("transfer", "t")), program, NOON).entries[-1]

    received = decide(
        open_wallet(MEI, "points", NOON), Receive(sent.changes, MEI, "maru", Cause("transfer", "t")), program, NOON
    )

    assert received.entries[0].amount == -sent.amount == points
    for part, came in zip(sent.changes, received.entries[0].changes, strict=True):
        assert (came.amount, came.lot.issuer) == (-part.amount, part.lot.issuer)
        assert _ends_no_later(came.lot, part.lot)
        assert came.lot.sliding_days == 0


@given(before=WALLETS, program=PROGRAMS, give=st.integers(1, 30), get=st.integers(1, 30), points=st.integers(1, 300))
def test_a_conversion_keeps_to_its_rate_and_never_lengthens_life(
    before: Wallet, program: Program, give: int, get: int, points: int
) -> None:
    """E11: each new point ends no later than any point it was made of."""
    even = min(points, before.balance(NOON).spendable) // give * give
    if not even:
        return
    rate, cause = Conversion("points", "stamps", give, get), Cause("conversion", "c")
    out = decide(before, ConvertOut(even, rate, "maru", cause), program, NOON).entries[-1]

    stamps = decide(open_wallet(MEI, "stamps", NOON), ConvertIn(out.changes, rate, "maru", cause), program, NOON)

    assert stamps.entries[0].amount * give == even * get
    new = [change.lot for change in stamps.entries[0].changes for _ in range(change.amount)]
    old = [change.lot for change in out.changes for _ in range(-change.amount)]
    for index, each in enumerate(new):
        made_of = old[index * give // get : -(-(index + 1) * give // get)]
        assert all(_ends_no_later(each, source) for source in made_of)


@given(
    before=WALLETS,
    program=PROGRAMS,
    earned=st.integers(0, 80),
    spent=st.integers(0, 100),
    refunds=st.lists(st.integers(0, 80), max_size=4),
    policy=st.sampled_from(RefundPolicy),
)
def test_what_is_owed_is_taken_waived_or_owed_on(
    *, before: Wallet, program: Program, earned: int, spent: int, refunds: list[int], policy: RefundPolicy
) -> None:
    """E1: after any sequence of refunds; and nobody ends below zero."""
    sale = decide(before, _sale(earned, NOON), program, NOON)
    after, left = sale.wallet, earned
    if points := after.balance(NOON).spendable * spent // 100:
        after = decide(after, Redeem(points, "maru", Cause("redemption", "r")), program, NOON).wallet
    for number, refund in enumerate([*refunds, earned]):
        owed = min(refund, left)
        left -= owed
        taken = decide(after, _refund(sale.entries[0], owed, policy, number), program, NOON + HOUR)
        entry = taken.entry_for(Cause("refund", str(number)))
        assert owed == -entry.amount + entry.waived + entry.debt
        assert policy is RefundPolicy.CLAMP or {each.lot.number for each in entry.changes} <= _created(sale.entries[0])
        assert all(change.lot.issuer == "maru" for change in entry.changes)
        after = taken.wallet
    assert all(each.remaining > 0 for each in after.lots)
    assert left == 0


@given(
    before=WALLETS,
    program=PROGRAMS,
    earned=st.integers(0, 80),
    refunds=st.lists(st.integers(0, 80), max_size=4),
    policy=st.sampled_from(RefundPolicy),
    used=st.dictionaries(st.sampled_from(["double/l", "double/m2026-03"]), st.integers(1, 9)),
)
def test_refunding_everything_restores_the_wallet(
    *, before: Wallet, program: Program, earned: int, refunds: list[int], policy: RefundPolicy, used: dict[str, int]
) -> None:
    """E1, E2, E5, E12: lots with their ends, caps and the latest activity, where nothing else touched its lots."""
    visited, known_at = NOON - timedelta(days=3), NOON + 30 * HOUR
    first = decide(before, _sale(7, visited, "first"), program, visited)
    sale = decide(first.wallet, _sale(earned, NOON, used=used), program, known_at)
    booked, after, left = sale.entry_for(Cause("purchase", "p")), sale.wallet, earned
    for number, refund in enumerate([*refunds, earned]):
        owed, last = min(refund, left), number == len(refunds)
        left -= owed
        kept = activity_without("p", reversed((*first.entries, *sale.entries))) if last else None
        command = replace(_refund(booked, owed, policy, number), used=used if last else {}, last_activity=kept)
        after = decide(after, command, program, known_at).wallet

    untouched = decide(first.wallet, Settle(), program, known_at).wallet
    assert after.lots == untouched.lots
    assert (after.counters, after.debts, after.last_activity) == ({}, (), visited)


@given(
    before=WALLETS,
    program=PROGRAMS,
    share=st.integers(1, 100),
    total=st.integers(1, 1000),
    returns=st.lists(st.integers(1, 400), max_size=5),
)
def test_a_sale_returned_piece_by_piece_returns_every_point_that_paid_it(
    before: Wallet, program: Program, share: int, total: int, returns: list[int]
) -> None:
    """E3: never more than the share, in the end all of it, and the lots are as before."""
    before = decide_all(before, (), program, NOON).wallet
    used = max(1, before.balance(NOON).spendable * share // 100)
    redeemed = decide(before, Redeem(used, "maru", Cause("redemption", "r")), program, NOON)
    after, returned, already = redeemed.wallet, 0, 0
    for number, piece in enumerate([*returns, total]):
        returned = min(total, returned + piece)
        points = share_to_return(used, returned, total, already)
        assert points >= 0
        command = GiveBack(redeemed.entries[-1], (), points, "maru", Cause("refund", str(number)), already)
        after = decide(after, command, program, NOON).wallet
        already += points
    assert already == used
    assert [(each.number, each.remaining) for each in after.lots] == [
        (each.number, each.remaining) for each in before.lots
    ]


def _sale(points: int, occurred_at: datetime, key: str = "p", used: Mapping[str, int] = NOTHING) -> Earn:
    return Earn(Earning(points, (), used), "maru", occurred_at, Cause("purchase", key))


def _refund(sale: Entry, owed: int, policy: RefundPolicy, number: int) -> TakeBack:
    return TakeBack(owed, "p", frozenset(_created(sale)), "maru", policy, Cause("refund", str(number)))


def _created(sale: Entry) -> set[int]:
    return {change.lot.number for change in sale.changes}


def _ends_no_later(one: Lot, other: Lot) -> bool:
    return other.expires_at is None or (one.expires_at is not None and one.expires_at <= other.expires_at)


def _numbered(each: Lot, number: int) -> Lot:
    return lot(number, each.remaining, expires_at=each.expires_at, issuer=each.issuer, active_at=OPENED)

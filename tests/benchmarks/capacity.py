"""What a purchase, and what is done around it, costs in DynamoDB's calls and units: real handlers and baskets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from statistics import mean, quantiles

from tests.benchmarks import merges, orders
from tests.benchmarks.baskets import TEN_LINES, Basket, baskets
from tests.benchmarks.stage import JUST_NOW, Cost, Stage, prepared, purchase_event, wallet_event
from tests.contract.targets import emulator
from tests.gateway import request

SHARE = 0.005
"""Of the households; with all they bought in the year."""
SOME = 25
WALLETS = (20, 70, 300)
REGULARS = (70, 150, 300, 600)
IN_TURN = 64
"""Purchases of a regular customer, one each hour: older lots are laid aside four times."""
TABLE = "members-capacity"

Row = tuple[str, ...]


def measure() -> Sequence[tuple[Row, Sequence[Row]]]:
    """Tables of figures, each with its head."""
    sample = baskets(SHARE)
    with emulator() as endpoint, prepared(endpoint, [TABLE]):
        stage = Stage(endpoint, "record_purchases", TABLE, sample[-1].occurred_at)
        reader = Stage(endpoint, "serve_wallets", TABLE, sample[-1].occurred_at)
        short = [basket for basket in sample if len(basket.lines) <= 10 and basket.brand != "sora"][:SOME]
        year = (
            ("All real baskets of a sample", "calls", "write units", "index write units", "read units"),
            list(_year_rows(_year(stage, sample))),
        )
        stage.now = reader.now = sample[-1].occurred_at + timedelta(minutes=1)
        heads = ("Open lots", "calls", "write units", "index write units", "read units")
        by_id = [_wallet_row(stage, lots, short, by_card=False) for lots in WALLETS]
        by_card = [_wallet_row(stage, lots, short[:5], by_card=True) for lots in WALLETS]
        balances = [_balance_row(stage, reader, lots) for lots in WALLETS]
        regulars = [_regular_row(stage, reader, lots) for lots in REGULARS]
        others = [_order_row(name, cost) for name, cost in orders.measure(orders.Till(endpoint, TABLE, stage.now))]
        merged = [_merge_row(each) for each in merges.measure(endpoint)]
    return [
        (("A purchase of up to 10 lines, by member id", *heads[1:]), by_id),
        (("The same by another identity", *heads[1:]), by_card),
        year,
        (("A balance", *heads[1:]), balances),
        (("With ten open lots", *heads[1:]), others),
        ((f"{IN_TURN} purchases in turn", "write units: mean", "most", "a redemption"), regulars),
        (("Two members", "a merge: writes", "write units", "the unmerge: writes", "write units"), merged),
    ]


def _wallet_row(stage: Stage, lots: int, bought: Sequence[Basket], *, by_card: bool) -> Row:
    costs = []
    for number, basket in enumerate(bought):
        card = f"W-{lots}-{number}-{by_card}"
        member = stage.enrol(card, stage.now - timedelta(days=200))
        stage.give_lots(member, lots)
        today = replace(basket, occurred_at=stage.now, number=1000 * lots + 2 * number + by_card)
        costs.append(stage.answer(purchase_event(today.body(**{"card": card} if by_card else {"id": member})), 201))
    return (f"{lots} open lots: mean (most)", *_most(costs))


def _balance_row(stage: Stage, reader: Stage, lots: int) -> Row:
    member = stage.enrol(f"B-{lots}", stage.now - timedelta(days=200))
    stage.give_lots(member, lots)
    return (f"{lots} open lots", *_most([reader.answer(wallet_event(member), 200)]))


def _regular_row(stage: Stage, reader: Stage, lots: int) -> Row:
    """What a redemption writes comes last; what the due index takes is left out."""
    member = stage.enrol(f"R-{lots}", stage.now - timedelta(days=200))
    stage.give_lots(member, lots, every=timedelta(hours=3))
    begun, writes = stage.now, []
    for number in range(IN_TURN):
        stage.now += timedelta(hours=1)
        basket = replace(TEN_LINES, occurred_at=stage.now, number=100_000 + IN_TURN * lots + number)
        writes.append(stage.answer(purchase_event(basket.body(id=member)), 201).writes)
        stage.look_at(member, JUST_NOW)
    reader.now = stage.now
    headers = {"Idempotency-Key": f"bench-{member}"}
    spent = reader.answer(request("POST", "/v1/redemptions", headers=headers, body=orders.order(member)), 201)
    stage.now = reader.now = begun
    return (f"from {lots} open lots on", f"{mean(writes):.2f}", f"{max(writes):.4g}", f"{spent.writes:.4g}")


def _merge_row(met: merges.Met) -> Row:
    name = f"{met.lots} lots each" + (f", of {met.currencies} currencies" if met.currencies > 1 else "")
    figures = (figure for cost in (met.merged, met.parted) for figure in (cost.most_at_once, cost.writes))
    return (name, *(f"{figure:.4g}" for figure in figures))


def _order_row(name: str, cost: Cost) -> Row:
    return (name, *(f"{figure:.4g}" for (figure,) in _columns([cost]).values()))


def _most(costs: Sequence[Cost]) -> Row:
    return tuple(f"{mean(column):.4g} ({max(column):.4g})" for column in _columns(costs).values())


def _year(stage: Stage, sample: Sequence[Basket]) -> Sequence[tuple[Basket, Cost]]:
    """Sales in the order of time, by id; what falls due between is booked by the clock, as always."""
    members = {}
    costs = []
    for basket in sample:
        stage.now = basket.occurred_at + timedelta(seconds=1)
        if basket.household not in members:
            members[basket.household] = stage.enrol(f"H-{basket.household}", stage.now - timedelta(days=1))
        member = members[basket.household]
        stage.settle(member)
        costs.append((basket, stage.answer(purchase_event(basket.body(id=member)), 201)))
    return costs


def _year_rows(costs: Sequence[tuple[Basket, Cost]]) -> Iterable[Row]:
    one = [cost for basket, cost in costs if basket.brand != "sora"]
    two = [cost for basket, cost in costs if basket.brand == "sora"]
    for name, some in (("earning one kind of points", one), ("earning two kinds", two), ("all", one + two)):
        columns = _columns(some).values()
        yield (f"{name} ({len(some)}): mean / p90 / p99", *(_spread(column) for column in columns))


def _spread(column: Sequence[float]) -> str:
    percentiles = quantiles(column, n=100, method="inclusive")
    return f"{mean(column):.2f} / {percentiles[89]:.4g} / {percentiles[98]:.4g}"


def _columns(costs: Sequence[Cost]) -> Mapping[str, Sequence[float]]:
    return {
        "calls": [float(len(cost.calls)) for cost in costs],
        "writes": [cost.writes for cost in costs],
        "index_writes": [cost.index_writes for cost in costs],
        "reads": [cost.reads for cost in costs],
    }

"""What the hot path costs in DynamoDB's units; and first, that the units are counted as DynamoDB counts them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table
from tests.benchmarks.baskets import TEN_LINES, Basket
from tests.benchmarks.orders import Till, measure
from tests.benchmarks.stage import Cost, Stage, item_bytes, prepared, purchase_event, wallet_event
from tests.contract.conftest import Endpoint
from tests.contract.targets import REGION, create_table

KIB = 1024


class Thing(Item):
    """An item of any size, in the due index or not."""

    text = UnicodeAttribute(null=True)
    amount = IntegerAttribute(null=True)
    packed = BinaryAttribute(null=True, legacy_encoding=False)
    due_pk = UnicodeAttribute(null=True)
    due_sk = UnicodeAttribute(null=True)


@pytest.fixture
def consumed() -> list[Any]:
    return []


def metered(target: str, endpoint_of: Endpoint, consumed: list[Any]) -> Table:
    name, endpoint = f"metered-{target}-{id(consumed)}", endpoint_of(target)
    create_table(name, endpoint)
    return Table(name, REGION, endpoint, on_capacity=lambda _, units: consumed.append(units))


def thing(sk: str, size: int, **fields: Any) -> Thing:
    """An item of exactly so many bytes."""
    item = Thing("pk", sk, **fields)
    rest = size - item_bytes(item.serialize()) - len("text")
    item.text = "x" * rest
    assert item_bytes(item.serialize()) == size
    return item


def test_the_emulator_counts_a_transaction_by_the_rule(endpoint_of: Endpoint, consumed: list[Any]) -> None:
    """Two units for each KB begun of each item; the index apart, at one unit for each entry."""
    table = metered("emulator", endpoint_of, consumed)
    fields = {"amount": -1234567, "packed": b"\x00" * 100}
    due = {"due_pk": "DUE#01", "due_sk": "2026-01-01"}
    table.commit(
        [
            table.put(thing("a", KIB, **fields), refused=ValueError()),
            table.put(thing("b", KIB + 1, **fields), refused=ValueError()),
            table.put(thing("c", 3 * KIB, **due), refused=ValueError()),
        ]
    )

    ((units,),) = consumed
    index = units["GlobalSecondaryIndexes"]["due"]["CapacityUnits"]
    assert (units["CapacityUnits"] - index, index) == (2 + 4 + 6, 1)


def test_an_index_entry_that_stays_costs_nothing_and_one_that_moves_costs_two(
    endpoint_of: Endpoint, consumed: list[Any]
) -> None:
    table = metered("emulator", endpoint_of, consumed)
    for due_sk in ("1", "1", "2"):
        item = thing("a", 500, due_pk="DUE#01", due_sk=due_sk)
        table.commit([table.put(item, refused=ValueError()), table.put(thing("b", 100), refused=ValueError())])

    indexes = [units.get("GlobalSecondaryIndexes", {}) for (units,) in consumed]
    assert [sum(part["CapacityUnits"] for part in each.values()) for each in indexes] == [1, 0, 2]


def test_sizes_are_those_of_dynamodb_local(endpoint_of: Endpoint, consumed: list[Any]) -> None:
    """AWS's own engine charges a read of 4096 bytes one unit and of 4097 two; the emulator does not look at sizes."""
    table = metered("dynamodb_local", endpoint_of, consumed)
    fields = {"amount": -1234567, "packed": b"\x00" * 100}
    for sk, size in (("a", 4 * KIB), ("b", 4 * KIB + 1)):
        table.commit([table.put(thing(sk, size, **fields), refused=ValueError())])
    consumed.clear()
    for sk in ("a", "b"):
        table.get(Thing, "pk", sk)

    assert [units["CapacityUnits"] for units in consumed] == [1, 2]


# --- the hot path ---


@pytest.fixture(scope="module")
def stage(endpoint_of: Endpoint) -> Iterator[Stage]:
    endpoint = endpoint_of("emulator")
    assert endpoint is not None
    with prepared(endpoint, ["members-capacity"]):
        yield Stage(endpoint, "record_purchases", "members-capacity", TEN_LINES.occurred_at + timedelta(minutes=1))


def bought(stage: Stage, lots: int, *, by_card: bool = False, basket: Basket = TEN_LINES) -> Cost:
    """A purchase of ten lines by a member with so many open lots."""
    card = f"C-{lots}-{by_card}"
    member = stage.enrol(card, stage.now - timedelta(days=200))
    stage.give_lots(member, lots)
    body = replace(basket, number=2 * lots + by_card).body(**{"card": card} if by_card else {"id": member})
    return stage.answer(purchase_event(body), 201)


def test_a_purchase_of_ten_lines_takes_two_calls_and_ten_units(stage: Stage) -> None:
    cost = bought(stage, 20)

    assert cost.calls == ["Query", "TransactWriteItems"]
    assert cost.writes <= 10
    assert cost.index_writes == 0
    assert cost.reads <= 4


def test_a_purchase_by_who_did_something_just_now_reads_what_they_did_and_writes_no_more(stage: Stage) -> None:
    """The sample's rules name segments: whose position is not kept yet is judged, from their record and deeds (E7)."""
    member = stage.enrol("twice", stage.now - timedelta(days=200))
    first, second = (replace(TEN_LINES, number=number).body(id=member) for number in (9001, 9002))

    costs = [stage.answer(purchase_event(body), 201) for body in (first, second)]

    assert [cost.calls for cost in costs] == [
        ["Query", "TransactWriteItems"],
        ["Query", "GetItem", "Query", "Query", "TransactWriteItems"],
    ]
    assert [cost.writes for cost in costs] == [8, 8]
    assert costs[1].reads <= 5


def test_a_purchase_by_a_member_whose_past_is_packed_costs_no_more(stage: Stage) -> None:
    """M17: that packs are true up to an instant, or no more, is written with the wallet."""
    member = stage.enrol("packed", stage.now - timedelta(days=200))
    for hours in range(19, 1, -1):
        before = replace(TEN_LINES, number=9100 + hours, occurred_at=TEN_LINES.occurred_at - timedelta(hours=hours))
        stage.answer(purchase_event(before.body(id=member)), 201)
    stage.look_at(member)
    packed_until = stage.wallets.load_all(member)[stage.program.home_currency].packed_until

    cost = stage.answer(purchase_event(replace(TEN_LINES, number=9100).body(id=member)), 201)

    assert packed_until is not None
    assert (cost.calls, cost.writes, cost.reads) == (["Query", "TransactWriteItems"], 8, 1)


def test_a_purchase_by_card_takes_one_call_more(stage: Stage) -> None:
    cost = bought(stage, 20, by_card=True)

    assert cost.calls == ["GetItem", "Query", "TransactWriteItems"]
    assert (cost.writes <= 10, cost.reads <= 4) == (True, True)


@pytest.mark.parametrize("lots", [0, 10, 19, 70, 300])
def test_a_purchase_writes_as_much_whatever_the_wallet_holds(stage: Stage, lots: int) -> None:
    """The least that DynamoDB allows: wallet, purchase, entry, receipt, in one transaction, at two units each."""
    cost = bought(stage, lots)

    assert cost.writes == 8
    assert cost.reads <= (1 if lots <= 70 else 4)


def test_a_sale_that_earns_a_second_kind_of_points_writes_a_wallet_and_an_entry_more(stage: Stage) -> None:
    cost = bought(stage, 5, basket=replace(TEN_LINES, store=19))

    assert cost.calls == ["Query", "TransactWriteItems"]
    assert cost.writes == 12


def test_a_balance_is_one_call_and_one_unit(endpoint_of: Endpoint, stage: Stage) -> None:
    endpoint = endpoint_of("emulator")
    assert endpoint is not None
    with prepared(endpoint, []):
        wallets = Stage(endpoint, "serve_wallets", "members-capacity", stage.now)
    member = stage.enrol("balance", stage.now - timedelta(days=200))
    stage.give_lots(member, 20)

    cost = wallets.answer(wallet_event(member), 200)

    assert (cost.calls, cost.reads, cost.writes) == (["Query"], 1, 0)


def test_what_follows_a_purchase_costs_no_more_than_the_purchase(endpoint_of: Endpoint, stage: Stage) -> None:
    """Calls and write units; only what changes two wallets writes more."""
    endpoint = endpoint_of("emulator")
    assert endpoint is not None
    with prepared(endpoint, []):
        costs = dict(measure(Till(endpoint, "members-capacity", stage.now)))

    most = {
        "a quote": (1, 0),
        "a refund of a line": (3, 8),
        "a refund of everything": (3, 8),
        "a hold": (2, 6),
        "a capture of all of it": (4, 6),
        "a release": (4, 6),
        "a redemption": (2, 6),
        "a transfer": (3, 10),
        "a conversion": (2, 10),
    }
    assert {name: (len(costs[name].calls), costs[name].writes) for name in most} == most

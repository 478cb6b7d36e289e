"""What `Table` promises, on every kind of DynamoDB."""

from __future__ import annotations

from contextlib import suppress

import pytest
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from huitou.kernel.commits import StaleReadError, Write, until_committed
from huitou.kernel.errors import ConflictError, NotFoundError
from huitou.kernel.pages import InvalidCursorError
from huitou.platform.pauses import pause
from huitou.platform.table import Item, Table
from tests.contract.conftest import SideBySide
from tests.cycles import cycles_only


class Account(Item):
    balance = NumberAttribute(attr_name="b")


class Obligation(Item):
    due_pk = UnicodeAttribute()
    due_sk = UnicodeAttribute()


TAKEN = ConflictError("taken")


def opened(table: Table, name: str, balance: int = 0) -> Write:
    return table.put(Account("M#1", name, balance=balance), refused=TAKEN, condition=Account.pk.does_not_exist())


def names(table: Table, **options: object) -> list[str]:
    return [account.sk for account in table.query(Account, "M#1", **options).items]  # type: ignore[arg-type]


def test_an_item_is_read_back_as_it_was_written(dynamo_table: Table) -> None:
    dynamo_table.commit([opened(dynamo_table, "A", 7)])

    account = dynamo_table.get(Account, "M#1", "A")

    assert account is not None
    assert account.balance == 7
    assert dynamo_table.get(Account, "M#1", "B") is None


def test_many_items_come_in_the_order_asked_for(dynamo_table: Table) -> None:
    dynamo_table.commit([opened(dynamo_table, name, balance) for name, balance in (("A", 1), ("B", 2))])

    found = dynamo_table.get_many([(Account, "M#1", name) for name in ("B", "missing", "A", "B")])

    assert [item and item.sk for item in found] == ["B", None, "A", "B"]


def test_more_than_a_hundred_items_are_read_at_once(dynamo_table: Table) -> None:
    for start in (0, 60):
        dynamo_table.commit([opened(dynamo_table, f"{number:03d}") for number in range(start, start + 60)])

    found = dynamo_table.get_many([(Account, "M#1", f"{number:03d}") for number in range(120)])

    assert None not in found


def test_a_single_write_whose_condition_fails_is_refused_with_its_own_error(dynamo_table: Table) -> None:
    dynamo_table.commit([opened(dynamo_table, "A", 7)])

    with pytest.raises(ConflictError, match="taken"):
        dynamo_table.commit([opened(dynamo_table, "A", 8)])

    assert names(dynamo_table) == ["A"]


def test_of_several_failed_conditions_the_first_in_the_order_given_speaks(dynamo_table: Table) -> None:
    """Checks, deletes, puts and updates are mixed: the order is the caller's, not one by kind."""
    dynamo_table.commit([opened(dynamo_table, "A", 7), opened(dynamo_table, "B", 7)])
    wrong = Account.balance == 0

    with pytest.raises(NotFoundError, match="second"):
        dynamo_table.commit(
            [
                dynamo_table.update(Account, "M#1", "C", [Account.balance.set(1)], refused=NotFoundError("first")),
                dynamo_table.put(Account("M#1", "A", balance=1), refused=NotFoundError("second"), condition=wrong),
                dynamo_table.check(Account, "M#1", "B", refused=NotFoundError("third"), condition=wrong),
            ]
        )

    assert names(dynamo_table) == ["A", "B"]


@pytest.mark.parametrize("number", [1, 2], ids=["alone", "together"])
def test_a_refusal_lets_go_of_what_was_to_be_written(dynamo_table: Table, number: int) -> None:
    """What is raised holds the calls that it came through, and they their writes: none of these holds it."""
    wanted = ("A", "B")[:number]
    dynamo_table.commit([opened(dynamo_table, name) for name in wanted])

    def again(name: str) -> Write:
        taken = StaleReadError("taken")
        return dynamo_table.put(Account("M#1", name, balance=1), refused=taken, condition=Account.pk.does_not_exist())

    def attempt() -> None:
        writes = [again(name) for name in wanted]
        dynamo_table.commit(writes)

    with cycles_only() as found, suppress(StaleReadError):
        attempt()

    assert [each for each in found if isinstance(each, Write | StaleReadError)] == []


def test_a_lone_check_holds_or_refuses(dynamo_table: Table) -> None:
    dynamo_table.commit([opened(dynamo_table, "A", 7)])

    dynamo_table.commit([dynamo_table.check(Account, "M#1", "A", refused=TAKEN, condition=Account.balance == 7)])
    with pytest.raises(ConflictError):
        dynamo_table.commit([dynamo_table.check(Account, "M#1", "A", refused=TAKEN, condition=Account.balance == 8)])


def test_updates_and_deletes_obey_their_conditions(dynamo_table: Table) -> None:
    dynamo_table.commit([opened(dynamo_table, "A", 7)])
    add = [Account.balance.add(3)]

    dynamo_table.commit([dynamo_table.update(Account, "M#1", "A", add, refused=TAKEN, condition=Account.balance == 7)])
    with pytest.raises(ConflictError):
        dynamo_table.commit([dynamo_table.delete(Account, "M#1", "A", refused=TAKEN, condition=Account.balance == 7)])
    account = dynamo_table.get(Account, "M#1", "A")
    assert account is not None
    assert account.balance == 10

    dynamo_table.commit([dynamo_table.delete(Account, "M#1", "A", refused=TAKEN, condition=Account.balance == 10)])
    assert dynamo_table.get(Account, "M#1", "A") is None


def test_an_item_cannot_be_written_twice_in_one_commit(dynamo_table: Table) -> None:
    with pytest.raises(ValueError, match="each item once"):
        dynamo_table.commit([opened(dynamo_table, "A"), opened(dynamo_table, "A")])


def test_pages_follow_each_other_and_end_without_an_empty_one(dynamo_table: Table) -> None:
    """E33: a cursor is given only where the list goes on."""
    dynamo_table.commit([opened(dynamo_table, name) for name in ("A1", "A2", "A3", "A4", "B1")])

    first = dynamo_table.query(Account, "M#1", prefix="A", limit=2)
    second = dynamo_table.query(Account, "M#1", prefix="A", limit=2, after=first.next_cursor)

    assert [item.sk for item in first.items] == ["A1", "A2"]
    assert [item.sk for item in second.items] == ["A3", "A4"]
    assert second.next_cursor is None
    assert names(dynamo_table, newest_first=True, limit=2, after="A3") == ["A2", "A1"]
    assert names(dynamo_table, between=("A2", "A4")) == ["A2", "A3", "A4"]


@pytest.mark.parametrize("after", ["B1", "", "A" * 2000])
def test_a_cursor_of_another_list_is_refused(dynamo_table: Table, after: str) -> None:
    with pytest.raises(InvalidCursorError):
        dynamo_table.query(Account, "M#1", prefix="A", after=after)


def test_the_due_index_is_paged_although_its_sort_keys_repeat(dynamo_table: Table) -> None:
    for member in ("M#1", "M#2", "M#3"):
        item = Obligation(member, "WALLET#points", due_pk="DUE#01", due_sk="2026-01-01T00:00:00.000Z")
        dynamo_table.commit([dynamo_table.put(item, refused=TAKEN)])

    found, after = [], None
    for _ in range(3):
        page = dynamo_table.query(Obligation, "DUE#01", index="due", limit=1, after=after)
        found += [item.pk for item in page.items]
        after = page.next_cursor

    assert sorted(found) == ["M#1", "M#2", "M#3"]
    assert after is None


def test_consumed_capacity_is_told_only_to_who_asks(dynamo_table: Table) -> None:
    seen: list[str] = []
    dynamo_table.commit([opened(dynamo_table, "A")])
    endpoint = dynamo_table.endpoint
    measured = Table(dynamo_table.name, dynamo_table.region, endpoint, lambda operation, _: seen.append(operation))

    measured.get(Account, "M#1", "A")
    measured.commit([opened(measured, "B"), opened(measured, "C")])

    assert seen == ["GetItem", "TransactWriteItems"]


def test_ten_parallel_changes_of_one_item_all_succeed(dynamo_table: Table, side_by_side: SideBySide) -> None:
    """E18: nothing is lost, whoever comes first."""
    dynamo_table.commit([opened(dynamo_table, "A", 0)])

    def attempt() -> None:
        account = dynamo_table.get(Account, "M#1", "A")
        assert account is not None
        changed = Account("M#1", "A", balance=account.balance + 1)
        stale = StaleReadError("overtaken")
        condition = Account.balance == account.balance
        dynamo_table.commit([dynamo_table.put(changed, refused=stale, condition=condition)])

    assert side_by_side(10, lambda _: until_committed(attempt, pause)) == [None] * 10

    account = dynamo_table.get(Account, "M#1", "A")
    assert account is not None
    assert account.balance == 10

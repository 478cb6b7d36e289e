"""What a failing DynamoDB means to a use case. The failures that no emulator produces are put in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from pynamodb.attributes import NumberAttribute

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.errors import ConflictError, UnavailableError
from huitou.platform.table import Item, Table

TAKEN = ConflictError("taken")


class Account(Item):
    balance = NumberAttribute()


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    return Table("members", "ap-northeast-1")


Answers = Callable[[Exception | dict[str, Any]], list[dict[str, Any]]]


@pytest.fixture
def answering(table: Table, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Makes DynamoDB answer every call alike, and keeps the calls."""

    def answer(with_: Exception | dict[str, Any]) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []

        def make_call(_client: object, _operation: str, request: dict[str, Any]) -> dict[str, Any]:
            calls.append(request)
            if isinstance(with_, Exception):
                raise with_
            return with_

        monkeypatch.setattr(type(table._connection.client), "_make_api_call", make_call)
        return calls

    return answer


def refusal(code: str, *, attempts: int = 0, reasons: list[str] | None = None) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "…"}, "ResponseMetadata": {"RetryAttempts": attempts}}
    if reasons is not None:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "TransactWriteItems")


def write(table: Table, name: str, refused: Exception = TAKEN) -> Write:
    return table.put(Account("M#1", name, balance=0), refused=refused, condition=Account.pk.does_not_exist())


def pair(table: Table) -> list[Write]:
    return [write(table, "A", ConflictError("first")), write(table, "B", ConflictError("second"))]


OUT_OF_REACH = [
    refusal("ThrottlingException"),
    refusal("ProvisionedThroughputExceededException"),
    refusal("RequestLimitExceeded"),
    refusal("InternalServerError"),
    refusal("TransactionInProgressException"),
    refusal("503"),
    ReadTimeoutError(endpoint_url="x"),
    ConnectTimeoutError(endpoint_url="x"),
    EndpointConnectionError(endpoint_url="x"),
]


@pytest.mark.parametrize("failure", OUT_OF_REACH, ids=str)
def test_throttling_and_timeouts_make_the_table_unavailable(
    table: Table, answering: Answers, failure: Exception
) -> None:
    answering(failure)

    for call in (
        lambda: table.get(Account, "M#1", "A"),
        lambda: table.query(Account, "M#1"),
        lambda: table.get_many([(Account, "M#1", "A")]),
        lambda: table.commit([write(table, "A")]),
        lambda: table.commit(pair(table)),
    ):
        with pytest.raises(UnavailableError):
            call()


@pytest.mark.parametrize("reason", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_cancelled_for_throttling_is_unavailable(table: Table, answering: Answers, reason: str) -> None:
    answering(refusal("TransactionCanceledException", reasons=["None", reason]))

    with pytest.raises(UnavailableError):
        table.commit(pair(table))


def test_a_transaction_in_the_way_means_decide_again(table: Table, answering: Answers) -> None:
    """E18: another writer holds an item at this moment."""
    answering(refusal("TransactionCanceledException", reasons=["None", "TransactionConflict"]))
    with pytest.raises(StaleReadError):
        table.commit(pair(table))

    answering(refusal("TransactionConflictException"))
    with pytest.raises(StaleReadError):
        table.commit([write(table, "A")])


def test_a_condition_that_does_not_hold_counts_more_than_a_transaction_in_the_way(
    table: Table, answering: Answers
) -> None:
    answering(refusal("TransactionCanceledException", reasons=["TransactionConflict", "ConditionalCheckFailed"]))

    with pytest.raises(ConflictError, match="second"):
        table.commit(pair(table))


def test_a_single_write_that_failed_on_a_repeated_attempt_may_have_happened(table: Table, answering: Answers) -> None:
    """The first attempt may have met the condition and broken it for the second."""
    answering(refusal("ConditionalCheckFailedException", attempts=1))
    with pytest.raises(UnavailableError):
        table.commit([write(table, "A")])

    answering(refusal("ConditionalCheckFailedException"))
    with pytest.raises(ConflictError):
        table.commit([write(table, "A")])


def test_a_mistake_of_ours_is_not_dressed_up(table: Table, answering: Answers) -> None:
    answering(refusal("ValidationException"))

    with pytest.raises(ClientError):
        table.commit(pair(table))


def test_keys_that_stay_unprocessed_make_the_table_unavailable(table: Table, answering: Answers) -> None:
    calls = answering({"Responses": {}, "UnprocessedKeys": {"members": {"Keys": [{}]}}})

    with pytest.raises(UnavailableError):
        table.get_many([(Account, "M#1", "A")])
    assert len(calls) == 3


def test_writes_are_sent_in_the_order_given(table: Table, answering: Answers) -> None:
    """So are the reasons for a cancellation; pynamodb's own transaction would sort them by kind."""
    calls = answering({})
    put, check = write(table, "A"), table.check(Account, "M#1", "C", refused=TAKEN, condition=Account.balance == 0)
    delete = table.delete(Account, "M#1", "B", refused=TAKEN)

    table.commit([put, check, delete])

    assert [next(iter(each)) for each in calls[0]["TransactItems"]] == ["Put", "ConditionCheck", "Delete"]


def test_tables_share_one_client_and_ask_nothing_of_dynamodb_to_start(table: Table, answering: Answers) -> None:
    calls = answering({})

    other = Table("program", "ap-northeast-1")

    assert other._connection.client is table._connection.client
    assert calls == []


def test_timeouts_end_before_the_caller_gives_up(table: Table) -> None:
    config: Any = table._connection.client.meta.config

    assert (config.connect_timeout, config.read_timeout) == (1, 3)
    assert config.retries["total_max_attempts"] == 3

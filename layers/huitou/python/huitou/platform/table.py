"""One DynamoDB table: typed reads, conditional writes, and all-or-nothing commits.

pynamodb declares items and serialises them, their conditions and their updates. The calls go through one
pynamodb `Connection` that all tables of a function share: a Model would build a client of its own (50 ms and
10 MiB each) and reorder a transaction's writes, and with them the reasons for its cancellation.

What a failure means (see `kernel.commits.Commit`):

- the condition of a write does not hold → the write's own ``refused``;
- another transaction holds an item → `StaleReadError`, decide again;
- throttled, timed out, out of reach → `UnavailableError`: a read may be repeated; a write may have happened.
  botocore repeats a transaction under the same token, so that it happens once. A single write has no token: if
  the condition fails on a repeated attempt, the first may have met it, and the answer is `UnavailableError` too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeVar, cast

from botocore.config import Config
from botocore.exceptions import ConnectionError, HTTPClientError
from pynamodb.attributes import UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import AttributeNullError, CancellationReason, VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action, Update
from pynamodb.models import Model

from huitou.kernel.commits import MOST_WRITES, StaleReadError, Write
from huitou.kernel.errors import UnavailableError
from huitou.kernel.pages import Page, require_cursor_within
from huitou.platform.table_keys import Attributes, columns_of, cursor_of, key_condition, key_of, start_key

CONNECT_TIMEOUT_SECONDS = 1
READ_TIMEOUT_SECONDS = 3
RETRIES = 2
USER_AGENT = "huitou"
"""botocore would put its own together anew, from thirty parts, for each call: a twentieth of what the call costs."""
MOST_KEYS = 100
"""DynamoDB's limit for one BatchGetItem."""

_OUT_OF_REACH = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionInProgressException",
        "500",
        "502",
        "503",
        "504",
    }
)
_CONFLICT = frozenset({"TransactionConflict", "TransactionConflictException"})
_SINGLE = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
CapacityHook = Callable[[str, Any], None]


class Item(Model):
    """What every item has. A store's items add attributes; hot ones under short ``attr_name``s."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)

    # Both do what pynamodb's do for attributes of one value each and without defaults, which all of ours are. They
    # are here for their price: four items are made and written for each purchase.

    def __init__(
        self, pk: str | None = None, sk: str | None = None, _user_instantiated: bool = True, **values: Any
    ) -> None:
        unknown = values.keys() - self.get_attributes().keys()
        if unknown:
            raise ValueError(f"{type(self).__name__} has no {', '.join(sorted(unknown))}")
        self.attribute_values = {"pk": pk, "sk": sk, **values}

    def serialize(self, null_check: bool = True) -> dict[str, dict[str, Any]]:
        attributes, values = self.get_attributes(), self.attribute_values
        written = {name: value for name, value in values.items() if value is not None}
        if null_check and not required_attributes(type(self)) <= written.keys():
            raise AttributeNullError(min(required_attributes(type(self)) - written.keys()))
        serialized = {}
        for name, value in written.items():
            attribute = attributes[name]
            serialized[attribute.attr_name] = {attribute.attr_type: attribute.serialize(value)}
        return serialized


@cache
def required_attributes(kind: type[Item]) -> frozenset[str]:
    """The attributes without which there is no item."""
    return frozenset(name for name, attribute in kind.get_attributes().items() if not attribute.null)


I = TypeVar("I", bound=Item)  # noqa: E741 - an item, nothing else
KindOf = type[I] | Callable[[str], type[I]]


class _Operation(NamedTuple):
    action: str
    key: tuple[str, str]
    request: dict[str, Any]


class Table:
    """One table; built once per function, in its composition root. Safe to share between threads.

    ``on_capacity`` receives the operation's name and DynamoDB's ``ConsumedCapacity`` after each call; without
    it the figure is not asked for.
    """

    def __init__(
        self, name: str, region: str, endpoint: str | None = None, on_capacity: CapacityHook | None = None
    ) -> None:
        self.name = name
        self.region = region
        self.endpoint = endpoint
        self._connection = _connection(region, endpoint)
        self._on_capacity = on_capacity
        self._capacity = "INDEXES" if on_capacity else "NONE"

    def get(self, kind: type[I], pk: str, sk: str, *, consistent: bool = True) -> I | None:
        """The item, or None. Raises `UnavailableError`."""
        answer = self._call("GetItem", {"TableName": self.name, "Key": key_of(pk, sk), "ConsistentRead": consistent})
        raw = answer.get("Item")
        return _item(kind, raw) if raw else None

    def get_many(self, keys: Sequence[tuple[type[Item], str, str]]) -> list[Item | None]:
        """The items in the order of ``keys``, None where there is none; consistent. Raises `UnavailableError`."""
        wanted = list(dict.fromkeys((pk, sk) for _, pk, sk in keys))
        found: dict[tuple[str, str], Attributes] = {}
        for start in range(0, len(wanted), MOST_KEYS):
            for raw in self._batch(wanted[start : start + MOST_KEYS]):
                found[raw["pk"]["S"], raw["sk"]["S"]] = raw
        return [_item(kind, found[pk, sk]) if (pk, sk) in found else None for kind, pk, sk in keys]

    def query(
        self,
        kind: KindOf[I],
        pk: str,
        *,
        prefix: str = "",
        between: tuple[str, str] | None = None,
        limit: int | None = None,
        after: str | None = None,
        newest_first: bool = False,
        consistent: bool = True,
        index: str | None = None,
    ) -> Page[I]:
        """One page of a partition in the order of its sort keys (reversed: ``newest_first``).

        ``kind`` is the items' class, or tells it from the sort key. ``between`` includes both ends. ``after`` is
        the ``next_cursor`` of the page before. Without ``limit`` a page is what DynamoDB gives at once (1 MB).
        An index is named like its keys (``due``: ``due_pk``, ``due_sk``; but see `SORTED_BY_ITEM`) and is never
        consistent.
        Raises `InvalidCursorError` for an ``after`` of another list, `UnavailableError`.
        """
        columns = columns_of(index)
        request: dict[str, Any] = {
            "TableName": self.name,
            "ScanIndexForward": not newest_first,
            **key_condition(columns, pk, prefix, between),
        }
        if index:
            request["IndexName"] = index
        else:
            request["ConsistentRead"] = consistent
        if limit is not None:
            request["Limit"] = limit + 1  # one more tells whether the list goes on
        if after is not None:
            request["ExclusiveStartKey"] = start = start_key(columns, pk, after)
            require_cursor_within(start[columns[1]]["S"], prefix, between)
        answer = self._call("Query", request)
        rows, last = answer["Items"], answer.get("LastEvaluatedKey")
        if limit is not None and len(rows) > limit:
            rows = rows[:limit]
            last = rows[-1]
        kinds = (kind if isinstance(kind, type) else kind(raw["sk"]["S"]) for raw in rows)
        items = tuple(_item(cast(type[I], each), raw) for each, raw in zip(kinds, rows, strict=True))
        return Page(items, cursor_of(columns, last) if last else None)

    def count(
        self, pk: str, *, index: str, those: Condition | None = None, after: str | None = None
    ) -> tuple[int, str | None]:
        """How many of ``those`` a page of an index holds (1 MB are read), and what goes on after it; as `query`."""
        columns = columns_of(index)
        request: dict[str, Any] = {"TableName": self.name, "IndexName": index, "Select": "COUNT"}
        request |= key_condition(columns, pk, "", None)
        if those is not None:
            names: dict[str, str] = {}
            request["FilterExpression"] = those.serialize(names, request["ExpressionAttributeValues"])
            request["ExpressionAttributeNames"] = _by_placeholder(names)
        if after is not None:
            request["ExclusiveStartKey"] = start_key(columns, pk, after)
        answer = self._call("Query", request)
        last = answer.get("LastEvaluatedKey")
        return answer["Count"], cursor_of(columns, last) if last else None

    def put(self, item: Item, *, refused: Exception, condition: Condition | None = None) -> Write:
        """Writes the whole item: attributes that its class does not declare are gone afterwards."""
        request = {"Item": item.serialize(), **_expressions(condition)}
        return self._write("Put", item.pk, item.sk, request, refused)

    def delete(
        self, kind: type[Item], pk: str, sk: str, *, refused: Exception, condition: Condition | None = None
    ) -> Write:
        """Removes the item. ``kind`` is there for the reader: the condition is on its attributes."""
        del kind
        return self._write("Delete", pk, sk, {"Key": key_of(pk, sk), **_expressions(condition)}, refused)

    def update(
        self,
        kind: type[Item],
        pk: str,
        sk: str,
        actions: Sequence[Action],
        *,
        refused: Exception,
        condition: Condition | None = None,
    ) -> Write:
        """Changes the named attributes of the item and leaves the others; creates it if nothing forbids it."""
        del kind
        return self._write("Update", pk, sk, {"Key": key_of(pk, sk), **_expressions(condition, actions)}, refused)

    def check(self, kind: type[Item], pk: str, sk: str, *, refused: Exception, condition: Condition) -> Write:
        """Writes nothing and lets the others happen only if ``condition`` holds."""
        del kind
        return self._write("ConditionCheck", pk, sk, {"Key": key_of(pk, sk), **_expressions(condition)}, refused)

    def commit(self, writes: Sequence[Write]) -> None:
        """`kernel.commits.Commit`. One write goes alone (half the price), several as a transaction.

        Two writes of one item, or more than `MOST_WRITES`, are a mistake of the caller: `ValueError`.
        """
        operations: list[_Operation] = [write.operation for write in writes]
        if len({operation.key for operation in operations}) != len(writes) or len(writes) > MOST_WRITES:
            raise ValueError("A commit has at most 100 writes and each item once.")
        if len(operations) == 1 and operations[0].action in _SINGLE:
            self._commit_one(operations[0], writes[0])
        elif operations:
            self._commit_all(operations, writes)

    def _commit_one(self, operation: _Operation, write: Write) -> None:
        try:
            self._call(_SINGLE[operation.action], dict(operation.request))
        except VerboseClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            if _was_repeated(error):
                raise UnavailableError("The write was repeated; whether it happened is not known.") from error
            raise write.refusal() from error

    def _commit_all(self, operations: Iterable[_Operation], writes: Sequence[Write]) -> None:
        items = [{operation.action: operation.request} for operation in operations]
        try:
            self._call("TransactWriteItems", {"TransactItems": items})
        except VerboseClientError as error:
            refusal = _cancelled(error.cancellation_reasons, writes)
            if refusal is None:
                raise
            try:
                raise refusal from error
            finally:
                del refusal  # or this call would hold what holds it

    def _batch(self, keys: Iterable[tuple[str, str]]) -> Iterable[Attributes]:
        pending: Any = {self.name: {"Keys": [key_of(pk, sk) for pk, sk in keys], "ConsistentRead": True}}
        for _ in range(1 + RETRIES):
            answer = self._call("BatchGetItem", {"RequestItems": pending})
            yield from answer["Responses"].get(self.name, ())
            pending = answer.get("UnprocessedKeys")
            if not pending:
                return
        raise UnavailableError("The table did not answer for all keys.")

    def _write(self, action: str, pk: str, sk: str, request: dict[str, Any], refused: Exception) -> Write:
        return Write(_Operation(action, (pk, sk), {"TableName": self.name, **request}), refused)

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        request["ReturnConsumedCapacity"] = self._capacity
        try:
            answer: dict[str, Any] = self._connection.dispatch(operation, request)
        except (ConnectionError, HTTPClientError) as error:
            raise UnavailableError("The table is out of reach.") from error
        except VerboseClientError as error:
            if refusal := _refusal(error.response["Error"]["Code"]):
                raise refusal from error
            raise
        if self._on_capacity:
            self._on_capacity(operation, answer.get("ConsumedCapacity"))
        return answer


@lru_cache(maxsize=4)
def _connection(region: str, endpoint: str | None) -> Connection:
    connection = Connection(
        region=region,
        host=endpoint,
        connect_timeout_seconds=CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds=READ_TIMEOUT_SECONDS,
        max_retry_attempts=RETRIES,
    )
    connection.session.set_default_client_config(Config(user_agent=USER_AGENT))
    _ = connection.client  # built now, while the function starts, not within the first request
    return connection


def _expressions(condition: Condition | None, actions: Sequence[Action] = ()) -> dict[str, Any]:
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    request: dict[str, Any] = {}
    if condition is not None:
        request["ConditionExpression"] = condition.serialize(names, values)
    if actions:
        request["UpdateExpression"] = Update(*actions).serialize(names, values)
    if names:
        request["ExpressionAttributeNames"] = _by_placeholder(names)
    if values:
        request["ExpressionAttributeValues"] = values
    return request


def _by_placeholder(names: Mapping[str, str]) -> dict[str, str]:
    return {placeholder: name for name, placeholder in names.items()}


def _item(kind: type[I], raw: Attributes) -> I:
    return kind.from_raw_data(cast(dict[str, Any], raw))


def _refusal(code: str) -> Exception | None:
    """What a code of DynamoDB's means whatever was asked; None for the others."""
    if code in _OUT_OF_REACH:
        return UnavailableError("The table did not answer in time.")
    if code in _CONFLICT:
        return StaleReadError("Another change of the same item is under way.")
    return None


def _cancelled(reasons: Sequence[CancellationReason | None], writes: Sequence[Write]) -> Exception | None:
    """A condition that does not hold is the reason, whatever else happened beside it."""
    codes = [reason.code if reason else "" for reason in reasons]
    if "ConditionalCheckFailed" in codes:
        return writes[codes.index("ConditionalCheckFailed")].refusal()
    return next((refusal for code in codes if (refusal := _refusal(code))), None)


def _was_repeated(error: VerboseClientError) -> bool:
    first = cast(Any, error.__cause__)
    return bool(first is not None and first.response.get("ResponseMetadata", {}).get("RetryAttempts"))

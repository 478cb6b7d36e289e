"""How what DynamoDB is asked for names keys: those of an item, of a list and its parts, and where a list goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huitou.kernel.pages import InvalidCursorError

Attributes = Mapping[str, Mapping[str, Any]]
SORTED_BY_ITEM = frozenset({"members"})
"""Indexes whose sort key is the items' own ``pk``: the item carries one attribute less."""


def columns_of(index: str | None) -> tuple[str, str]:
    if index is None:
        return "pk", "sk"
    return f"{index}_pk", "pk" if index in SORTED_BY_ITEM else f"{index}_sk"


def key_of(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def key_condition(columns: tuple[str, str], pk: str, prefix: str, between: tuple[str, str] | None) -> dict[str, Any]:
    expression, values = f"{columns[0]} = :pk", {":pk": {"S": pk}}
    if between:
        expression += f" AND {columns[1]} BETWEEN :first AND :last"
        values |= {":first": {"S": between[0]}, ":last": {"S": between[1]}}
    elif prefix:
        expression += f" AND begins_with({columns[1]}, :prefix)"
        values[":prefix"] = {"S": prefix}
    return {"KeyConditionExpression": expression, "ExpressionAttributeValues": values}


def cursor_of(columns: tuple[str, str], last: Attributes) -> str:
    """The sort key; of an index, where sort keys repeat, the item's own key too."""
    if columns[1] == "sk":
        return str(last["sk"]["S"])
    return "\n".join(last[column]["S"] for column in (columns[1], "pk", "sk"))


def start_key(columns: tuple[str, str], pk: str, after: str) -> dict[str, dict[str, str]]:
    if columns[1] == "sk":
        return key_of(pk, after)
    parts = after.split("\n")
    if len(parts) != 3 or not all(parts):
        raise InvalidCursorError("The cursor does not belong to this index.")
    return {columns[0]: {"S": pk}, columns[1]: {"S": parts[0]}, **key_of(parts[1], parts[2])}

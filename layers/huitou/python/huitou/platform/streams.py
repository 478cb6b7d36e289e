"""A table's stream from the reader's end: the items in a record, and which records are to come again (E21)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal, TypeVar, cast

from huitou.kernel.streams import Record
from huitou.platform.table import Item, required_attributes

I = TypeVar("I", bound=Item)  # noqa: E741 - an item, nothing else


def image(record: Record, kind: type[I], side: Literal["Old", "New"]) -> I | None:
    """The item before or after the change; None if there was none, or is none any more.

    Raises `ValueError` where it lacks what every item of its kind has: nothing may be read into it.
    """
    raw = record["dynamodb"].get(f"{side}Image")
    if not raw:
        return None
    item = kind.from_raw_data(cast(dict[str, Any], raw))
    missing = [name for name in required_attributes(kind) if getattr(item, name) is None]
    if missing:
        raise ValueError(f"A {kind.__name__} without {', '.join(sorted(missing))}")
    return item


def again_from(records: Sequence[Record], failed: Collection[int]) -> dict[str, list[dict[str, str]]]:
    """What a reader answers: a stream goes on from the earliest of the records that failed, by number in the batch."""
    if not failed:
        return {"batchItemFailures": []}
    return {"batchItemFailures": [{"itemIdentifier": records[min(failed)]["dynamodb"]["SequenceNumber"]}]}

"""`huitou local items`: what the local stack's tables hold, by type of item: how many, how large, and examples.

docs/data-model.md is written with it. It reads whole tables, which nothing that runs on AWS ever does.
"""

import json
import math
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import mean, quantiles
from typing import Annotated, Any, Final

import typer
from rich.table import Table as Rows

from cli.local_stack import LocalStack, require
from cli.tools import CommandError, out

Item = Mapping[str, Mapping[str, Any]]
KILOBYTE: Final = 1024
SHOWN_BYTES: Final = 400

TYPES: Final = {
    "PROFILE": ("M#", "PROFILE"),
    "STANDING": ("M#", "STANDING"),
    "POSITION": ("M#", "STANDING#POSITION"),
    "LISTED": ("M#", "IN#.+"),
    "WALLET": ("M#", r"WALLET#[^#]+#HEAD"),
    "LOTS": ("M#", r"WALLET#[^#]+#LOTS#\d{10}"),
    "ENTRY": ("M#", r"ENTRY#[^#]+#\d{10}"),
    "PURCHASE": ("M#", r"PURCHASE#\w{26}"),
    "EVENT": ("M#", r"EVENT#\w{26}"),
    "QUARTER": ("M#", r"QUARTER#\d{5}"),
    "CONSENT": ("M#", "CONSENT#.+"),
    "MESSAGE": ("M#", "MESSAGE#.+"),
    "PRESSURE": ("M#", "PRESSURE"),
    "JOURNEY": ("M#", "JOURNEY#.+"),
    "COUPON": ("M#", r"COUPON#\w{26}"),
    "COUPONCODE": ("COUPON#", "COUPON"),
    "DRAW": ("", "DRAW#.+"),  # of a member or an address
    "OCCASION": ("OCCASION#", r"PART#\d{2}"),
    "IDENTITY": ("IDENTITY#", "IDENTITY"),
    "SUPPRESSION": ("SUPPRESSION#", "SUPPRESSION"),
    "VERIFICATION": ("M#", r"CODE#\w+"),
    "CODES": ("", "CODES"),  # of an address or a member
    "COUNTER": ("CODES#brand#", "HOURS#.+"),
    "RECEIPT": ("RECEIPT#", "RECEIPT"),
    "COMMAND": ("COMMAND#", "COMMAND"),
    "REFUND": ("REFUND#", "REFUND"),
    "WAITING": ("WAITING#", r".+#\w{26}"),
    "MERGE": ("MERGE#", "MERGE"),
    "MERGED": ("M#", r"MERGED#\w{26}"),
    "OPENING": ("OPENING#", "OPENING"),
    "FINDINGS": ("INSIGHTS", r"NEWEST|VERSION#\d{8}"),
    "ERASURE": ("ERASURES", "ERASURE#.+"),
    "SHARD": ("BUDGET#", r"SHARD#\d{2}"),
    "VERSION": ("PROGRAM", r"VERSION#\d{8}"),
    "ACTIVE": ("PROGRAM", "ACTIVE"),
    "DRAFT": ("PROGRAM", r"DRAFT#\w{26}"),
    "KEY": ("KEYS", r"KEY#\w+"),
    "AUDIT": ("AUDIT#", ".+"),
    "RUN": ("IMPORT#", "RUN"),
    "CHUNK": ("IMPORT#", r"CHUNK#\d{5}"),
    "ACCOUNT": ("ACCOUNT#", "ACCOUNT"),
    "SUMS": ("ACCOUNT#", r"REPORT|PART#\d{2}"),
    "SIMULATION": ("SIMULATION#", "SIMULATION"),
    "PART": ("SIMULATION#", r"PART#\d{2}"),
    "REPORT": ("SIMULATION#", "REPORT"),
    "COUNT": ("COUNT#", "COUNT"),
    "RESULT": ("RESULT#", "RESULT"),
    "REBUILD": ("REBUILD#", "REBUILD"),
    "PROGRESS": ("", r"PART#\d{2}"),  # of any other job
    "MONTH": ("SETTLEMENTS", r"MONTH#\d{4}-\d{2}"),
    "LAST": ("SETTLEMENTS", "LAST"),
    "WATERMARKS": ("CLOCK", "WATERMARKS"),
}
"""Every type of item by its keys: what `pk` begins with, and the form of `sk`."""

Show = Annotated[str | None, typer.Option(help="Print an item of this type as it is stored.")]
Holding = Annotated[str | None, typer.Option(help="With --show: one whose text contains this.")]


def items(show: Show = None, holding: Holding = None) -> None:
    """Says what the local stack's tables hold: per type of item, how many, their bytes and write units."""
    if show is not None and show not in TYPES:
        raise CommandError(f"there is no type {show}: {', '.join(TYPES)}")
    stored = _stored(require())
    if show is None:
        _tell(stored)
        return
    found = next((item for item in stored if type_of(item) == show and (holding or "") in str(item)), None)
    if found is None:
        raise CommandError(f"the tables hold no such {show}")
    out.print("\n".join(described(found)))


def type_of(item: Item) -> str:
    """One of `TYPES`. Raises `LookupError` for an item that no part of the product writes."""
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    for name, (prefix, form) in TYPES.items():
        if pk.startswith(prefix) and re.fullmatch(form, sk):
            return name
    raise LookupError(f"unknown item {pk} {sk}")


def weight(item: Item) -> int:
    """The bytes that DynamoDB counts: names and values, numbers two digits to a byte and one more."""
    return sum(len(name) + _weight_of(*next(iter(value.items()))) for name, value in item.items())


def _weight_of(kind: str, value: Any) -> int:
    match kind:
        case "N":
            return math.ceil(len(value.lstrip("-").strip("0")) / 2) + 1
        case "S":
            return len(value.encode())
        case "SS":
            return sum(len(each.encode()) for each in value)
        case "BOOL" | "NULL":
            return 1
        case _:
            return len(value)


def _stored(stack: LocalStack) -> Iterator[Item]:
    pages = stack.client("dynamodb").get_paginator("scan")
    for table in ("MembersTable", "ProgramTable"):
        for page in pages.paginate(TableName=stack.outputs()[table]):
            yield from page["Items"]


def _tell(stored: Iterable[Item]) -> None:
    weights = weights_of(stored)
    rows = Rows("type", "items", "mean bytes", "99 of 100", "largest", "mean write units")
    for name in TYPES:
        if weights[name]:
            rows.add_row(name, *_figures(weights[name]))
    out.print(rows)


def weights_of(stored: Iterable[Item]) -> Mapping[str, Sequence[int]]:
    """The bytes of each item, by type; of a type that is not there, none."""
    weights: dict[str, list[int]] = defaultdict(list)
    for item in stored:
        weights[type_of(item)].append(weight(item))
    return weights


def _figures(weights: Sequence[int]) -> list[str]:
    units = mean(math.ceil(each / KILOBYTE) for each in weights)
    most = quantiles(weights, n=100, method="inclusive")[-1] if len(weights) > 1 else weights[0]
    return [f"{len(weights):,}", f"{mean(weights):,.0f}", f"{most:,.0f}", f"{max(weights):,}", f"{units:.2f}"]


def described(item: Item) -> Iterator[str]:
    """Name, DynamoDB's letter for the kind, and the value, aligned; keys first."""
    names = ["pk", "sk", *sorted(item.keys() - {"pk", "sk"})]
    width = max(map(len, names))
    for name in names:
        ((kind, value),) = item[name].items()
        yield f"{name:{width}}  {kind:2}  {_readable(value)}"


def _readable(value: Any) -> str:
    if isinstance(value, bytes):
        text = _unpacked(value)
        shown = text if len(text) <= SHOWN_BYTES else f"{text[:SHOWN_BYTES]}…"
        return f"({len(value)} bytes) {shown}"
    if isinstance(value, list | set | tuple):
        return json.dumps(sorted(value), ensure_ascii=False)
    return str(value)


def _unpacked(value: bytes) -> str:
    """Documents are gzipped, baskets deflated without a header; facts are deflated numbers, which nobody reads."""
    bits = zlib.MAX_WBITS | 16 if value.startswith(b"\x1f\x8b") else -zlib.MAX_WBITS
    raw = zlib.decompress(value, wbits=bits)
    text = raw.decode(errors="replace")
    return text if text.isprintable() else f"{len(raw)} bytes of numbers"

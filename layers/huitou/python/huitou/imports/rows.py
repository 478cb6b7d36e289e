"""Reading a file row by row, in bounded memory: NDJSON or CSV, plain or compressed with gzip.

A row is a JSON object: ``{"type": "member", …}`` with the fields of ``POST /v1/members`` and, if known,
``enrolled_at``; or ``{"type": "purchase", …}`` with those of ``POST /v1/purchases``; or, of another system's books,
``{"type": "opening", …}`` for a lot, ``{"type": "tier", …}`` for a tier, and ``{"type": "tag", …}`` for a tag.

A CSV has a header with any of `COLUMNS`, one line per member or per line of a purchase. Consecutive lines that
agree in everything but `LINE_COLUMNS` are one purchase. An empty cell is a field left out. A member may have
several identities, one column each. Both forms come out as JSON text: everything after this knows one form.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, islice
from typing import Any, BinaryIO, NamedTuple

from huitou.imports.errors import FileTooLargeError, UnreadableFileError
from huitou.imports.model import MOST_FILE_BYTES, ImportFormat, Rejection

MOST_ROW_BYTES = 256 * 1024
"""As much as one request of the API may have."""
_MORE_LINES = 500
"""With its first line, one more than a purchase may have: it will be refused, and need not be read further."""
_GZIP = b"\x1f\x8b"

LINE_COLUMNS = ("sku", "category", "quantity", "amount", "discount")
_PURCHASE = (
    *("brand", "store", "terminal", "receipt", "business_date", "order_id", "channel"),
    *("occurred_at", "currency", "total", "client_reference"),
)
_ENROLMENT = ("brand", "enrolled_at", "client_reference")
_PROFILE = ("name", "birthday", "gender", "language", "home_store", "contact_phone", "contact_email")
_OPENING = ("brand", "currency", "points", "earned_at", "active_at", "expires_at", "reference", "tier", "until")
_TAG = ("brand", "tag", "action")
_IDENTITIES: Mapping[str, tuple[str, ...]] = {
    "member_id": ("id",),
    "phone": ("phone",),
    "email": ("email",),
    "card": ("card",),
    "line_provider": ("line", "provider"),
    "line_user_id": ("line", "user_id"),
    "app_brand": ("app", "brand"),
    "app_user_id": ("app", "user_id"),
    "external_partner": ("external", "partner"),
    "external_id": ("external", "id"),
}
"""Where a column's value lies in the body of an identity."""
COLUMNS = tuple(
    dict.fromkeys(
        (
            *("type", *_PURCHASE, *_ENROLMENT, *_PROFILE, *_IDENTITIES, *_OPENING, *_TAG),
            *("phone_region", *LINE_COLUMNS),
        )
    )
)

Cells = Mapping[str, str]


class RawRow(NamedTuple):
    """A row as it came: where it begins in the file, and its JSON text."""

    line: int
    text: bytes


def read_rows(file: BinaryIO, form: ImportFormat) -> Iterator[RawRow | Rejection]:
    """The rows of ``file`` in their order; blank lines are none. Raises `UnreadableFileError`, `FileTooLargeError`."""
    plain = _Counted(_decompressed(file))
    try:
        yield from _csv_rows(plain) if form is ImportFormat.CSV else _ndjson_rows(plain)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFileError("The file is compressed, but not whole.") from error


class _Counted(io.RawIOBase):
    """A stream that ends in an error where it goes on for too long: ten kilobytes may unpack to ten gigabytes."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._left = MOST_FILE_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._source.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            raise FileTooLargeError(f"A file has at most {MOST_FILE_BYTES} bytes, unpacked.")
        buffer[: len(piece)] = piece
        return len(piece)


def _decompressed(file: BinaryIO) -> BinaryIO:
    buffered = io.BufferedReader(_Raw(file), 1 << 16)
    if buffered.peek(2)[:2] == _GZIP:
        return gzip.GzipFile(fileobj=buffered)  # type: ignore[return-value]  # reads as one
    return buffered


class _Raw(io.RawIOBase):
    """Whatever has ``read(n)``, as a raw stream that can be buffered."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._source.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _ndjson_rows(plain: io.RawIOBase) -> Iterator[RawRow | Rejection]:
    reader = io.BufferedReader(plain, 1 << 16)
    number = 0
    while text := reader.readline(MOST_ROW_BYTES + 1):
        number += 1
        if len(text) > MOST_ROW_BYTES:
            while text and not text.endswith(b"\n"):
                text = reader.readline(MOST_ROW_BYTES)
            yield Rejection(number, "row_too_long", f"A row has at most {MOST_ROW_BYTES} bytes.")
        elif stripped := text.strip():
            yield RawRow(number, stripped.removeprefix(b"\xef\xbb\xbf"))


def _csv_rows(plain: io.RawIOBase) -> Iterator[RawRow | Rejection]:
    text = io.TextIOWrapper(io.BufferedReader(plain, 1 << 16), "utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.reader(_lines(text), strict=True)
    try:
        header = _header(next(reader, []))
        yield from _grouped(header, _numbered(reader))
    except csv.Error as error:
        raise UnreadableFileError(f"Line {reader.line_num} is not CSV: {error}.") from error


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """The lines of ``text``, none of which may fill the memory."""
    while line := text.readline(MOST_ROW_BYTES + 1):
        if len(line) > MOST_ROW_BYTES:
            raise UnreadableFileError(f"A line has at most {MOST_ROW_BYTES} bytes.")
        yield line


def _header(cells: list[str]) -> list[str]:
    header = [cell.strip().lower() for cell in cells]
    unknown = [place for place, name in enumerate(header, 1) if name not in COLUMNS]
    if unknown or "type" not in header or len(set(header)) != len(header):
        # By its place: where the header is missing, the first line is somebody's data.
        what = f"there is none with the name in cell {unknown[0]}" if unknown else "each once, and `type` among them"
        raise UnreadableFileError(f"The first line names the columns; {what}.")
    return header


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    first = reader.line_num + 1
    for cells in reader:
        if any(cells):
            yield first, cells
        first = reader.line_num + 1


def _grouped(header: list[str], lines: Iterable[tuple[int, list[str]]]) -> Iterator[RawRow | Rejection]:
    shared = [index for index, name in enumerate(header) if name not in LINE_COLUMNS]
    kind = header.index("type")

    def same(numbered: tuple[int, list[str]]) -> object:
        number, cells = numbered
        if len(cells) != len(header) or cells[kind].strip() != "purchase":
            return number
        return tuple(cells[index] for index in shared)

    for _, group in groupby(lines, key=same):
        number, first = next(group)
        if len(first) != len(header):
            yield Rejection(number, "malformed", f"{len(first)} cells under {len(header)} columns.")
            continue
        more_lines = [_cells(header, cells) for _, cells in islice(group, _MORE_LINES)]
        row = _body(_cells(header, first), more_lines)
        text = json.dumps(row, separators=(",", ":")).encode()
        too_long = Rejection(number, "row_too_long", f"A row has at most {MOST_ROW_BYTES} bytes.")
        yield too_long if len(text) > MOST_ROW_BYTES else RawRow(number, text)


def _cells(header: list[str], cells: list[str]) -> dict[str, str]:
    return {name: value for name, cell in zip(header, cells, strict=True) if (value := cell.strip())}


def _body(cells: Cells, more_lines: list[dict[str, str]]) -> dict[str, Any]:
    if cells.get("type") == "member":
        profile = _picked(cells, _PROFILE)
        return {
            "type": "member",
            **_picked(cells, _ENROLMENT),
            "identities": _identities(cells),
            **({"profile": profile} if profile else {}),
        }
    named = _identities(cells)
    if cells.get("type") in {"opening", "tier", "tag"}:
        owner = {key: value for each in named for key, value in each.items()}
        return {"type": cells["type"], **_picked(cells, (*_OPENING, *_TAG)), "member": owner}
    return {
        "type": cells.get("type", ""),
        **_picked(cells, _PURCHASE),
        **({"member": {key: value for each in named for key, value in each.items()}} if named else {}),
        "lines": [_picked(each, LINE_COLUMNS) for each in (cells, *more_lines)],
    }


def _picked(cells: Cells, names: Iterable[str]) -> dict[str, str]:
    return {name: cells[name] for name in names if name in cells}


def _identities(cells: Cells) -> list[dict[str, Any]]:
    """One body per kind of identity that has a cell filled in."""
    found: dict[str, Any] = {}
    for column, (kind, *field) in _IDENTITIES.items():
        if column in cells:
            found[kind] = {**found.get(kind, {}), field[0]: cells[column]} if field else cells[column]
    region = {"region": cells["phone_region"]} if "phone_region" in cells and "phone" in found else {}
    return [{kind: value, **(region if kind == "phone" else {})} for kind, value in found.items()]

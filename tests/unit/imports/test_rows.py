"""How files are read: NDJSON and CSV come to the same rows."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence

import pytest

from huitou.imports import rows as rows_module
from huitou.imports.errors import FileTooLargeError, UnreadableFileError
from huitou.imports.model import Counts, ImportFormat, Rejection
from huitou.imports.rows import COLUMNS, RawRow, read_rows
from tests.importing import Importer


def read(content: bytes, form: ImportFormat = ImportFormat.NDJSON) -> list[RawRow | Rejection]:
    return list(read_rows(io.BytesIO(content), form))


def table(header: str, *lines: str) -> bytes:
    return "\n".join((header, *lines)).encode()


def bodies(content: bytes) -> list[dict[str, object]]:
    return [json.loads(row.text) for row in read(content, ImportFormat.CSV) if isinstance(row, RawRow)]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    """M36: a blank line is no row, but it is a line."""
    assert read(b'{"a":1}\n\n  \r\n{"b":2}') == [RawRow(1, b'{"a":1}'), RawRow(4, b'{"b":2}')]


def test_a_compressed_file_is_read_like_a_plain_one() -> None:
    """M36: also one that was compressed in pieces."""
    plain = b'{"a":1}\n{"b":2}\n'
    assert read(gzip.compress(plain[:8]) + gzip.compress(plain[8:])) == read(plain)


def test_a_row_that_is_too_long_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """M36: bounded memory, whatever comes."""
    monkeypatch.setattr(rows_module, "MOST_ROW_BYTES", 10)
    long, short = read(b'{"a":"0123456789012345678901234567890"}\n{"b":2}\n')
    assert (long.line, isinstance(long, Rejection), short) == (1, True, RawRow(2, b'{"b":2}'))


def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """M36: ten kilobytes may hold ten gigabytes."""
    monkeypatch.setattr(rows_module, "MOST_FILE_BYTES", 1000)
    with pytest.raises(FileTooLargeError):
        read(gzip.compress(b'{"a":1}\n' * 1000))


def test_consecutive_lines_of_a_csv_that_agree_are_one_purchase() -> None:
    """M36."""
    content = table(
        "type,brand,store,receipt,occurred_at,currency,total,card,sku,amount",
        "purchase,maru,m1,A-1,2026-03-02T12:00:00+08:00,TWD,300,C-1,bread,100",
        "purchase,maru,m1,A-1,2026-03-02T12:00:00+08:00,TWD,300,C-1,tea,200",
        "purchase,maru,m1,A-2,2026-03-02T12:00:00+08:00,TWD,50,,bread,50",
    )
    first, second = bodies(content)
    assert first["lines"] == [{"sku": "bread", "amount": "100"}, {"sku": "tea", "amount": "200"}]
    assert first["member"] == {"card": "C-1"}
    assert "member" not in second
    assert [row.line for row in read(content, ImportFormat.CSV)] == [2, 4]


def test_a_member_in_a_csv_may_have_several_identities_and_a_profile() -> None:
    """M1, M36."""
    (member,) = bodies(
        table(
            "type,phone,phone_region,line_provider,line_user_id,name,enrolled_at",
            'member,0912-345-678,TW,1650000000,U4af,"Mei, 林",2026-01-02T09:00:00+08:00',
        )
    )
    assert member == {
        "type": "member",
        "enrolled_at": "2026-01-02T09:00:00+08:00",
        "identities": [
            {"phone": "0912-345-678", "region": "TW"},
            {"line": {"provider": "1650000000", "user_id": "U4af"}},
        ],
        "profile": {"name": "Mei, 林"},
    }


def test_csv_and_ndjson_lead_to_the_same_points() -> None:
    """M36."""
    importer = Importer()
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS)
    writer.writeheader()
    writer.writerow({"type": "member", "brand": "maru", "card": "C-1"})
    sale = {"type": "purchase", "brand": "maru", "store": "m1", "receipt": "A-1", "card": "C-1", "currency": "TWD"}
    for sku, amount in (("bread-1", "600"), ("tea-1", "400")):
        writer.writerow(
            {**sale, "occurred_at": "2026-06-02T12:00+08:00", "total": "1000", "sku": sku, "amount": amount}
        )
    progress = importer.bring(written.getvalue().encode(), form=ImportFormat.CSV)
    assert progress.counts == Counts(members=1, recorded=1)
    assert importer.story() == ["06-02 earn 10"]


@pytest.mark.parametrize("header", ["", "brand,store", "type,brand,brand", "type,colour"])
def test_a_csv_whose_first_line_does_not_name_its_columns_is_refused(header: str) -> None:
    """E30."""
    with pytest.raises(UnreadableFileError):
        read(table(header, "purchase,maru"), ImportFormat.CSV)


def test_a_csv_without_a_header_is_refused_without_quoting_its_first_line() -> None:
    """E30: it is somebody's data, and the sentence ends up in logs."""
    with pytest.raises(UnreadableFileError) as refusal:
        read(table("member,0912-345-678,mei@example.com"), ImportFormat.CSV)
    assert "cell 1" in str(refusal.value)
    assert "mei" not in str(refusal.value)


def test_a_csv_line_without_end_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """M36: a megabyte may unpack to a gigabyte without a single line break."""
    monkeypatch.setattr(rows_module, "MOST_ROW_BYTES", 50)
    endless = io.BytesIO(table("type,card", "member," + "C" * 200_000))
    with pytest.raises(UnreadableFileError, match="at most 50 bytes"):
        list(read_rows(endless, ImportFormat.CSV))
    assert endless.tell() < 200_000


@pytest.mark.parametrize("cells", [["member"], ["member", "C-1", "x"]])
def test_a_line_of_another_length_than_the_header_is_rejected_alone(cells: Sequence[str]) -> None:
    """M36."""
    wrong, right = read(table("type,card", ",".join(cells), "member,C-2"), ImportFormat.CSV)
    assert (isinstance(wrong, Rejection), wrong.line, right.line) == (True, 2, 3)


def test_text_that_is_no_unicode_spoils_its_own_row_only() -> None:
    """E30."""
    importer = Importer()
    progress = importer.bring(b"type,card,name\nmember,C-1,\xff\xfe\nmember,C-2,Mei\n", form=ImportFormat.CSV)
    assert (progress.counts, progress.run.rejections[0].line) == (Counts(members=1, rejected=1), 2)

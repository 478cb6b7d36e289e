"""Bulk imports (M36): a file goes in by a signed address, the state machine applies it, a report comes back."""

from __future__ import annotations

import csv
import io
import json
import random
from typing import Any

import httpx
import pytest

from tests.e2e.calls import (
    NAME,
    Body,
    a_phone,
    ago,
    created,
    entries,
    found,
    keyed,
    refusal,
    sale,
    sora_sale,
    unique,
    wallet,
)
from tests.e2e.jobs import ended_import, imported, ndjson, started_import
from tests.e2e.platform import Platform, eventually

YEAR_AGO = ago(days=366)
SALES = [ago(days=days, minutes=number) for number, days in enumerate((1, 2, 40, 80, 91, 200, 300, 364) * 5)]
MEMBERS = 6
CURRENCIES = ("points", "beans", "leaves")


def _history(mark: str, seed: int) -> list[Body]:
    """Members and a year of their sales, some without a member; rows are shuffled by ``seed``, else always alike."""
    chance = random.Random(7)  # noqa: S311 - not a secret
    rows: list[Body] = [
        {
            "type": "member",
            "brand": "maru",
            "identities": [{"card": f"{mark}-{number}"}],
            "profile": {"name": NAME},
            "enrolled_at": YEAR_AGO,
        }
        for number in range(MEMBERS)
    ]
    for number, when in enumerate(SALES):
        who = {"card": f"{mark}-{chance.randrange(MEMBERS)}"} if number % 8 else None
        kind = chance.choice([sale, sora_sale])
        amount = str(chance.randrange(100, 5000))
        line = {"sku": "x", "category": chance.choice(["bread", "tea"]), "amount": amount}
        rows.append(
            {"type": "purchase", **kind(who, amount, receipt=f"{mark}-{number}", lines=[line], occurred_at=when)}
        )
    random.Random(seed).shuffle(rows)  # noqa: S311 - not a secret
    return rows


def test_shuffled_files_give_identical_wallets(api: httpx.Client) -> None:
    """M36, E20: rows are applied member by member in the order of time, whatever their order in the file."""
    marks = [unique("A"), unique("B")]
    for seed, mark in enumerate(marks):
        done = imported(api, ndjson(_history(mark, seed)))
        assert (done["status"], done["rows"], done["rejections"]) == ("completed", 46, [])
        assert done["counts"] == {"members": 6, "recorded": 40, "known": 0, "rejected": 0, "opened": 0}
    first, second = ([_account(api, f"{mark}-{number}") for number in range(MEMBERS)] for mark in marks)
    assert first == second
    assert any(entry["type"] == "expire" for account in first for entry in account["points"]["entries"])


def test_a_second_run_changes_nothing(api: httpx.Client, platform: Platform) -> None:
    """M36, E14: everything is recognised."""
    rows = ndjson(_history(unique("C"), 1))
    assert imported(api, rows)["counts"]["recorded"] == 40
    assert eventually(platform.rests)
    with platform.unchanged(but="IMPORT#"):
        again = imported(api, rows)
    assert again["counts"] == {"members": 6, "recorded": 0, "known": 40, "rejected": 0, "opened": 0}


def test_rows_that_cannot_be_are_reported_and_hold_up_no_other(api: httpx.Client) -> None:
    """M36: by line, with code and reason, and without what was in them."""
    card, phone = unique("D"), a_phone()
    bad = {**sale({"phone": phone}), "type": "purchase"}
    rows = [
        {"type": "member", "brand": "maru", "identities": [{"card": card}]},
        {**sale({"card": card}, "1500", occurred_at=ago(days=5)), "type": "purchase"},
        bad,
        {**sale({"card": card}), "type": "purchase", "total": "1"},
        {**sale({"card": card}), "type": "purchase", "brand": "nowhere"},
        {"type": "gift"},
    ]
    done = imported(api, ndjson(rows) + b"{no json\n")
    assert (done["status"], done["counts"]) == (
        "completed",
        {"members": 1, "recorded": 1, "known": 0, "rejected": 5, "opened": 0},
    )
    assert [(each["line"], each["code"]) for each in done["rejections"]] == [
        (3, "member_not_found"),
        (4, "invalid_purchase"),
        (5, "invalid_purchase"),
        (6, "invalid_row"),
        (7, "invalid_row"),
    ]
    report = httpx.get(done["rejections_url"], timeout=60)
    assert [json.loads(line) for line in report.text.splitlines()] == done["rejections"]
    assert phone not in report.text
    assert _account(api, card)["points"]["spendable"] == "15"


def test_a_table_from_a_spreadsheet_is_taken_too(api: httpx.Client) -> None:
    """M36: CSV, one line of the file for each line of a bill."""
    card = unique("E")
    text = io.StringIO()
    columns = ["type", "brand", "card", "store", "receipt", "occurred_at", "currency", "total", "sku", "amount"]
    table = csv.DictWriter(text, columns, restval="")
    table.writeheader()
    table.writerow({"type": "member", "brand": "maru", "card": card})
    bill = {"type": "purchase", "brand": "maru", "card": card, "store": "m1", "receipt": unique("R")}
    bill |= {"occurred_at": ago(days=100), "currency": "TWD", "total": "1000"}
    table.writerow({**bill, "sku": "bread-1", "amount": "600"})
    table.writerow({**bill, "sku": "tea-1", "amount": "400"})
    done = imported(api, text.getvalue().encode("utf-8-sig"), "csv")
    assert (done["status"], done["counts"]["members"], done["counts"]["recorded"]) == ("completed", 1, 1)
    told = _account(api, card)["points"]["entries"]
    assert [(entry["type"], entry["points"]) for entry in told] == [("earn", "10"), ("expire", "-10")]


def test_a_brand_imports_its_own_rows_only(api: httpx.Client, sora: httpx.Client, maru: httpx.Client) -> None:
    """E31: another brand's rows are refused one by one, and the import is the brand's own."""
    rows = [{**sora_sale(amount="100"), "type": "purchase"}, {**sale(amount="100"), "type": "purchase"}]
    done = imported(sora, ndjson(rows))
    assert (done["counts"]["recorded"], [each["code"] for each in done["rejections"]]) == (1, ["foreign_brand"])
    refusal(maru.get(f"/v1/imports/{done['import_id']}"), 404, "import_not_found")


def test_an_import_without_a_file_does_not_start(api: httpx.Client) -> None:
    """E30: and the same key names the same import."""
    key = unique("key-")
    asked = created(api.post("/v1/imports", json={"format": "ndjson"}, headers=keyed(key)))
    again = found(api.post("/v1/imports", json={"format": "ndjson"}, headers=keyed(key)))
    assert (again["import_id"], asked["replayed"], again["replayed"]) == (asked["import_id"], False, True)
    refusal(api.post(f"/v1/imports/{asked['import_id']}/start"), 409, "nothing_uploaded")
    other = api.post("/v1/imports", json={"format": "csv"}, headers=keyed(key))
    refusal(other, 409, "same_identity_other_content")


@pytest.mark.parametrize(
    ("text", "why"),
    [(b"\x1f\x8b broken", "not whole"), (b"type,unheard_of\nmember,x\n", "there is none with the name in cell 2")],
    ids=["cut off", "unknown column"],
)
def test_a_file_that_cannot_be_read_fails_the_import_and_says_why(api: httpx.Client, text: bytes, why: str) -> None:
    """M36: nothing is recorded."""
    done = imported(api, text, "csv")
    assert (done["status"], done["counts"]["recorded"]) == ("failed", 0)
    assert why in done["failure"]


def test_an_import_that_was_stopped_by_hand_says_so_and_starts_again(api: httpx.Client, platform: Platform) -> None:
    """M36, E14: what was done until then is recognised."""
    path = started_import(api, ndjson(_history(unique("F"), 1)))
    platform.stop_imports()
    stopped = found(api.get(path))
    assert (stopped["status"], stopped["rejections_url"]) == ("failed", None)
    assert stopped["failure"]
    assert api.post(f"{path}/start").json()["status"] == "running"
    done = ended_import(api, path)
    assert (done["status"], done["counts"]) == (
        "completed",
        {"members": 6, "recorded": 40, "known": 0, "rejected": 0, "opened": 0},
    )


def _account(api: httpx.Client, card: str) -> dict[str, Any]:
    """All that a member has, without what names the member and the file that it came from."""
    member = str(found(api.post("/v1/members/lookup", json={"card": card}))["member_id"])
    return {currency: _told(api, member, currency) for currency in CURRENCIES}


def _told(api: httpx.Client, member: str, currency: str) -> Body:
    seen = wallet(api, member, currency=currency)
    told = entries(api, member, currency=currency)
    kept = ("type", "points", "version", "effective_at", "brand", "balance", "lots", "explanation", "program_version")
    return {
        **{name: seen[name] for name in ("spendable", "pending", "lots", "next_change_at", "version")},
        "entries": [{name: entry[name] for name in kept} for entry in told],
    }

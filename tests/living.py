"""The rows of a file as they would have come over the API, each sale at its own time, over the stores of an import."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from huitou.imports.apply import Bill
from huitou.imports.requests import read_row
from huitou.kernel.ids import MemberId
from huitou.members.directory import FoundMember
from huitou.members.identity import Identity
from huitou.points.service import Points
from huitou.purchases.service import Purchases
from huitou.simulator.memory_budgets import MemoryBudgets
from huitou.simulator.memory_points import MemoryCommands
from huitou.simulator.memory_purchases import MemoryMemberStates
from huitou.simulator.memory_refunds import MemoryRefunds
from tests.importing import STARTED, Importer, Row, ndjson
from tests.purchases import Publications, judged_on


def live(importer: Importer, rows: Sequence[Row]) -> None:
    """The same sales over the API, each at its own time, with a clock that books everything when it falls due."""
    run = importer.begin(ndjson(rows) + b"\n", key="to read them by")
    only, commit = importer.programs.active(), importer.table.commit
    programs = Publications(only)
    points = Points(importer.wallets, MemoryCommands(importer.table), programs, commit, lambda _: None)
    purchases = Purchases(
        importer.purchases,
        importer.wallets,
        programs,
        commit,
        lambda _: None,
        budgets=MemoryBudgets(importer.table),
        states=MemoryMemberStates(importer.table),
        standings=importer.standings,
        commands=MemoryCommands(importer.table),
        refunds=MemoryRefunds(importer.table),
        segments=judged_on(importer.table, programs),
    )
    read = [read_row(json.dumps(row).encode(), run, only) for row in rows]
    bills = sorted((each for each in read if isinstance(each, Bill)), key=_order)
    for bill in bills:
        assert isinstance(bill.buyer, Identity)
        buyer = FoundMember(importer.member_of(bill.buyer), presented=True)
        _settle(importer, points, buyer.id, bill.purchase.occurred_at)
        purchases.record(bill.purchase, buyer, bill.purchase.occurred_at)
    for buyer_id in dict.fromkeys(importer.member_of(bill.buyer) for bill in bills if isinstance(bill.buyer, Identity)):
        _settle(importer, points, buyer_id, STARTED)


def _order(bill: Bill) -> tuple[datetime, bytes]:
    return bill.purchase.occurred_at, blake2b(bill.purchase.receipt.encode(), digest_size=8).digest()


def _settle(importer: Importer, points: Points, member: MemberId, until: datetime) -> None:
    """The clock: at each instant at which something falls due, not a moment later."""
    while True:
        wallets = importer.wallets.load_all(member)
        dues = [(due, currency) for currency, wallet in wallets.items() if (due := wallet.due_at()) is not None]
        if not wallets or not dues or min(dues)[0] > until:
            return
        due, currency = min(dues)
        points.settle(member, currency, due)

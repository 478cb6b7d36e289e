"""What an import asks of its stores, in memory and on DynamoDB alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from huitou.imports.model import Counts, ImportFormat, ImportStatus, Rejection, Run
from huitou.imports.ports import RunStore
from huitou.imports.store import TableRuns
from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import digest_of
from huitou.points.decisions import Decision
from huitou.points.ports import WalletStore
from huitou.points.store import TableWallets
from huitou.purchases.ports import PurchaseStore
from huitou.purchases.store import TablePurchases
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_imports import MemoryRuns
from huitou.simulator.memory_points import MemoryWallets
from huitou.simulator.memory_purchases import MemoryPurchases
from huitou.standing.store import TableDueIndex
from tests.builders import MEI, OPENED, lot, wallet
from tests.contract.targets import AnyTable
from tests.purchases import bill

RUN = Run(digest_of(("import", "maru", "k")), "maru", ImportFormat.CSV, "history", OPENED)


def runs_on(table: AnyTable) -> RunStore:
    return MemoryRuns(table) if isinstance(table, MemoryTable) else TableRuns(table)


def wallets_on(table: AnyTable) -> WalletStore:
    return MemoryWallets(table) if isinstance(table, MemoryTable) else TableWallets(table)


def purchases_on(table: AnyTable) -> PurchaseStore:
    return MemoryPurchases(table) if isinstance(table, MemoryTable) else TablePurchases(table)


def test_an_import_comes_back_as_it_was_stored(table: AnyTable) -> None:
    """M36: created, and with all that there is to say at its end."""
    runs = runs_on(table)
    table.commit([runs.add(RUN)])
    assert runs.find(RUN.id) == RUN
    ended = replace(
        RUN,
        status=ImportStatus.FAILED,
        attempt=2,
        started_at=OPENED,
        finished_at=OPENED + timedelta(hours=1),
        program_version=7,
        etag='"abc"',
        rows=12,
        counts=Counts(1, 2, 3, 4),
        rejections=(Rejection(3, "invalid_row", "No."),),
        failure="It stopped.",
    )
    table.commit([runs.replace(ended, before=RUN)])
    assert runs.find(RUN.id) == ended


def test_an_import_is_there_once_and_moves_on_once(table: AnyTable) -> None:
    """E14: of two starts at once, one is refused."""
    runs = runs_on(table)
    assert runs.find(RUN.id) is None
    table.commit([runs.add(RUN)])
    with pytest.raises(StaleReadError):
        table.commit([runs.add(RUN)])
    started = replace(RUN, status=ImportStatus.RUNNING, attempt=1)
    table.commit([runs.replace(started, before=RUN)])
    with pytest.raises(StaleReadError):
        table.commit([runs.replace(started, before=RUN)])


def test_a_chunk_says_what_became_of_it_and_may_say_it_again(table: AnyTable) -> None:
    """E21."""
    runs = runs_on(table)
    for number, counts in ((2, Counts(1)), (10, Counts(rejected=5)), (2, Counts(1, 7))):
        table.commit([runs.save_chunk(RUN.id, number, counts)])
    assert list(runs.chunks(RUN.id)) == [(2, Counts(1, 7)), (10, Counts(rejected=5))]


def test_receipts_are_found_together(table: AnyTable) -> None:
    """E14: with a member and without; those that nobody knows are left out."""
    purchases = purchases_on(table)
    of_mei, of_nobody, unknown = bill("A-1", member=MEI), bill("A-2"), bill("A-3")
    for each in (of_mei, of_nobody):
        table.commit(purchases.add(each))
    found = purchases.find_all([each.receipt for each in (unknown, of_nobody, of_mei)])
    assert found == {of_mei.receipt: of_mei, of_nobody.receipt: of_nobody}
    assert purchases.find_all([]) == {}


@pytest.mark.parametrize("count", [1, 21, 60, 95])
def test_whoever_goes_on_with_a_wallet_need_not_read_it_again(table: AnyTable, count: int) -> None:
    """M36: however many lots came with one commit, and whichever of them ended with the next."""
    wallets = wallets_on(table)
    before = wallet(version=0)
    full = wallet(*(lot(number) for number in range(1, count + 1)))
    table.commit(wallets.save(before, Decision(full, ())))
    kept = wallets.as_saved(before, Decision(full, ()))
    assert wallets.load(MEI, "points") == kept
    rest = replace(kept, version=2, lots=kept.lots[count // 2 :])
    table.commit(wallets.save(kept, Decision(rest, ())))
    assert wallets.load(MEI, "points") == wallets.as_saved(kept, Decision(rest, ()))


def test_the_clock_is_told_when_to_look(dynamo_table: AnyTable) -> None:
    """E20: an import keeps it away from what is overdue, and lets it come when the import has died."""
    assert not isinstance(dynamo_table, MemoryTable)
    overdue = wallet(lot(expires_at=OPENED + timedelta(days=1)))
    wake_at = OPENED + timedelta(days=10)
    dynamo_table.commit(TableWallets(dynamo_table).save(wallet(version=0), Decision(overdue, ()), wake_at=wake_at))
    index = TableDueIndex(dynamo_table)
    found = [due for shard in range(index.shards) for due in index.due(shard, OPENED, wake_at, limit=10).items]
    assert [due.at for due in found] == [wake_at]

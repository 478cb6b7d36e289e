"""A year of real shopping through the whole stack, against an independent account of it in SQL.

The Complete Journey data is imported by the command that people use, over the API and the state machine, into the
emulator, under `programs/sample.yaml`. Then every member's points are compared with what DuckDB computes from the
source Parquet. The query shares no code with the platform; it states the sample's rules a second time:

- base: 1 point per whole dollar of the basket; fresh: 1 more per dollar of fruit and vegetables;
- welcome: 100 for the very first basket; gold: half of base again, for whoever has spent 2,000 dollars before in the
  calendar year;
- come-back: 200 for 30 dollars or more, 90 days or more after the basket before; else second-visit: 50 for the second
  one, 14 days or more after the first;
- care: at kaze, 1 more per two dollars of health and beauty, half up, at most 25 in a month;
- anniversary: base again, 9 to 19 November;
- tea: at sora, on weekdays from 14:00 to 17:00, 2 more per dollar of deli and pastry;
- night: 1 more per five dollars on Friday and Saturday from 22:00 to 02:00; beans: at sora, 1 per five dollars;
- points live through the 90th day after the purchase, by New York's clocks; beans to the end of the next year.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cli import deploy, local_stack
from cli.api import PatientApi
from cli.imports import Importer
from cli.local_stack import LocalStack
from cli.program_file import SAMPLE, read_program_file
from cli.sample_data import write_sample
from huitou.access.model import PERMISSIONS
from huitou.access.service import KeyService
from huitou.access.store import TableKeys
from huitou.kernel.errors import UnavailableError
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import parse_instant, to_instant
from huitou.kernel.pages import all_items
from huitou.kernel.values import changed
from huitou.members.directory import MemberDirectory
from huitou.members.identity import Identity, IdentityHasher, external_identity
from huitou.members.store import TableMembers
from huitou.platform.secrets import Secret
from huitou.platform.table import Table
from huitou.points.replay import replay
from huitou.points.store import TableWallets
from huitou.points.wallet import Entry, EntryType, Wallet, balance_of
from huitou.program.model import GROUP
from tests.contract.targets import free_port
from tests.proof.accounts import HOUSEHOLDS, Points
from tests.proof.accounts import expected as accounts_and_rules
from tests.soundness import discrepancies

pytestmark = pytest.mark.proof

END_OF_YEAR = parse_instant("2018-01-01T04:59:59Z")
"""By New York's clocks the last second of 2017."""
NEW_YORK = ZoneInfo("America/New_York")

Ledger = tuple[Wallet, list[Entry]]
Ledgers = dict[str, Ledger]
"""By currency."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The whole platform on an emulator of its own, with the sample programme published."""
    folder = tmp_path_factory.mktemp("stack")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUITOU_PORT", str(free_port()))
        patch.setattr(deploy, "ASSEMBLIES", folder / "cdk.out")
        for name, value in (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")):
            patch.setenv(name, value)
        running = local_stack.start(folder)
        try:
            deploy.deploy_local(running)
            yield running
        finally:
            local_stack.stop(folder)


@pytest.fixture(scope="module")
def importer(stack: LocalStack) -> Importer:
    """The importing command, with a key of the group."""
    table = Table(stack.outputs()["ProgramTable"], local_stack.REGION, stack.endpoint)
    service = KeyService(TableKeys(table), table.commit, secrets.token_hex)
    key = str(service.mint(GROUP, PERMISSIONS, "proof", "tests", to_instant(datetime.now(UTC))))
    PatientApi(stack.api_url(), key).call("POST", "/v1/program/versions", json=read_program_file(SAMPLE).document)
    return Importer(stack.api_url(), key)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data as a file, with its dates of 2017."""
    path = tmp_path_factory.mktemp("year") / "year.ndjson.gz"
    return write_sample(path, members=HOUSEHOLDS, shift_days=0).path


@pytest.fixture(scope="module")
def imported(importer: Importer, year: Path) -> dict[str, Any]:
    """The import as it ended."""
    return importer.bring(year, name="first")


@pytest.fixture(scope="module")
def ledgers(imported: dict[str, Any], stack: LocalStack) -> dict[int, Ledgers]:
    """What every household has after the import."""
    assert imported["status"] == "completed"
    return dict(ledgers_of(stack, expected()))


def test_every_basket_is_recorded(imported: dict[str, Any]) -> None:
    """M36: nothing is rejected, nothing counts twice."""
    accounts = expected()
    assert imported["counts"] == {
        "members": len(accounts),
        "recorded": sum(account.purchases for account in accounts.values()),
        "known": 0,
        "rejected": 0,
        "opened": 0,
    }


def test_every_member_has_the_points_that_the_source_data_gives(ledgers: dict[int, Ledgers]) -> None:
    """M5, M7, M8, E9: member by member, to the last point."""
    accounts = expected()
    different = {household: (points_of(ledgers[household]), accounts[household]) for household in accounts}
    assert {household: pair for household, pair in different.items() if pair[0] != pair[1]} == {}


def test_every_ledger_is_conserved(imported: dict[str, Any], ledgers: dict[int, Ledgers]) -> None:
    """E13: each wallet is the replay of its entries; E20: nothing is left that was due when the import began."""
    started = parse_instant(imported["started_at"])
    for household, own in ledgers.items():
        for wallet, entries in own.values():
            assert discrepancies(wallet, entries, lambda _: NEW_YORK) == [], household
            due = wallet.due_at()
            assert due is None or due > started


def test_the_second_time_nothing_changes(
    imported: dict[str, Any], ledgers: dict[int, Ledgers], importer: Importer, year: Path, stack: LocalStack
) -> None:
    """E14: the same file as another import."""
    again = importer.bring(year, name="second")
    assert again["counts"] == {**imported["counts"], "recorded": 0, "known": imported["counts"]["recorded"]}
    assert dict(ledgers_of(stack, expected())) == ledgers


def points_of(ledgers: Ledgers) -> Points:
    """What the platform says."""
    entries = {currency: ledger[1] for currency, ledger in ledgers.items()}
    by_then = [entry for entry in entries["points"] if entry.effective_at <= END_OF_YEAR]
    return Points(
        purchases=sum(entry.cause.type == "purchase" for entry in entries["points"]),
        earned=_earned(entries["points"]),
        spendable=balance_of(replay(by_then, lambda _: NEW_YORK).lots, END_OF_YEAR).spendable,
        beans=_earned(entries.get("beans", [])),
    )


def _earned(entries: list[Entry]) -> int:
    return sum(entry.amount for entry in entries if entry.type is EntryType.EARN)


def ledgers_of(stack: LocalStack, households: dict[int, Points]) -> Iterator[tuple[int, Ledgers]]:
    """Each household's wallets with their entries, straight from the table."""
    outputs = stack.outputs()
    table = Table(outputs["MembersTable"], local_stack.REGION, stack.endpoint)
    hasher = IdentityHasher(Secret(outputs["IdentitySecret"], local_stack.REGION, stack.endpoint).text)
    directory, wallets = MemberDirectory(TableMembers(table), hasher), TableWallets(table)
    for household in households:
        identity = external_identity("complete_journey", str(household))
        yield household, patiently(partial(_ledgers, directory, wallets, identity))


def patiently(read: Callable[[], Ledgers]) -> Ledgers:
    """An emulator that is behind with the streams of a year lets readers wait longer than a table ever does."""
    for seconds in (1, 5, 15, 60):
        with suppress(UnavailableError):
            return read()
        sleep(seconds)
    return read()


def _ledgers(directory: MemberDirectory, wallets: TableWallets, named: Identity) -> Ledgers:
    member = directory.find(named)
    assert member is not None
    loaded = wallets.load_all(member)
    return {currency: (_unpacked(wallet), _entries(wallets, member, currency)) for currency, wallet in loaded.items()}


def _unpacked(wallet: Wallet) -> Wallet:
    """Without what the reader of the stream notes of its packs, which it makes in its own time."""
    return changed(wallet, packed_until=None)


def _entries(wallets: TableWallets, member: MemberId, currency: str) -> list[Entry]:
    return list(all_items(lambda after: wallets.entries(member, currency, after=after)))


def expected() -> dict[int, Points]:
    """What the source data says, by household."""
    return {household: points for household, (points, _) in accounts_and_rules().items()}

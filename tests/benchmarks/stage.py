"""A function as the Lambda service runs it, over a table that says what each call costs.

The handler is the real one; only its clock is ours, so that sales of another year are sales of today, and its
table counts. The programme is `programs/sample.yaml`.
"""

from __future__ import annotations

import importlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import boto3

from cli.program_file import SAMPLE, read_program_file
from huitou import composition
from huitou.kernel.ids import MemberId, new_member_id
from huitou.kernel.instants import EPOCH
from huitou.members.decisions import Presented
from huitou.members.identity import IdentityHasher, card_identity
from huitou.members.model import Profile
from huitou.members.service import Enrolment, Members
from huitou.members.store import TableMembers
from huitou.platform import http
from huitou.platform.table import Table
from huitou.points.decisions import Decision, Earn, Settle, decide
from huitou.points.earning import Earning
from huitou.points.store import TableWallets
from huitou.points.wallet import Cause
from huitou.program.publishing import ProgramPublisher
from huitou.program.store import TableVersions
from huitou.segment_composition import segments_on
from huitou.standing.store import TableStandings
from tests.contract.targets import REGION, create_table
from tests.gateway import request

SECRET = "a secret of the benchmarks"
LOTS_AT_ONCE = 50
JUST_NOW = timedelta(seconds=1)
"""How far the stream is behind what a member does."""
READS = frozenset({"GetItem", "Query", "BatchGetItem"})


@dataclass
class Cost:
    """What calls consumed, in DynamoDB's units; those of the due index stand apart."""

    calls: list[str] = field(default_factory=list)
    reads: float = 0
    writes: float = 0
    index_writes: float = 0
    most_at_once: int = 0
    """Writes in one transaction."""


class MeteredTable(Table):
    """Writes cost what the emulator says. It counts every read as one unit, so reads are counted here, by the rule:
    the bytes of what was read, in units of 4 KB begun. A test holds both to DynamoDB's rules."""

    def __init__(self, name: str, region: str, endpoint: str | None, cost: Callable[[], Cost]) -> None:
        super().__init__(name, region, endpoint, on_capacity=self._on_write)
        self._cost = cost

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = super()._call(operation, request)
        self._cost().calls.append(operation)
        if operation in READS:
            self._cost().reads += self._read_units(operation, request, answer)
        elif operation == "TransactWriteItems":
            self._cost().most_at_once = max(self._cost().most_at_once, len(request["TransactItems"]))
        return answer

    def _read_units(self, operation: str, request: dict[str, Any], answer: dict[str, Any]) -> float:
        match operation:
            case "GetItem":
                return read_units(item_bytes(answer.get("Item", {})))
            case "Query":
                return read_units(sum(map(item_bytes, answer["Items"])))
        found = answer["Responses"].get(self.name, ())
        missing = len(request["RequestItems"][self.name]["Keys"]) - len(found)
        return missing + sum(read_units(item_bytes(item)) for item in found)

    def _on_write(self, operation: str, consumed: Any) -> None:
        if operation in READS:
            return
        for each in consumed if isinstance(consumed, list) else [consumed]:
            index = sum(part["CapacityUnits"] for part in each.get("GlobalSecondaryIndexes", {}).values())
            self._cost().writes += each["CapacityUnits"] - index
            self._cost().index_writes += index


def read_units(size: int) -> float:
    """Of a consistent GetItem or Query, and of each item of a BatchGetItem."""
    return max(1.0, float(-(-size // 4096)))


def item_bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    """The size that DynamoDB charges for: names and values; two digits of a number in a byte, and one more."""
    return sum(len(name.encode()) + _value_bytes(*next(iter(value.items()))) for name, value in item.items())


def _value_bytes(kind: str, value: Any) -> int:
    if kind == "N":
        digits = len(str(value).lstrip("-").strip("0")) or 1
        return (digits + 1) // 2 + 1 + str(value).startswith("-")
    if kind == "B":
        return len(bytes(value))
    if kind == "S":
        return len(str(value).encode())
    if kind == "SS":
        return 3 + sum(1 + len(each.encode()) for each in value)
    if kind == "BOOL":
        return 1
    raise TypeError(f"No item has an attribute of type {kind}.")


class Stage:
    """One function over a table of its own. ``now`` is what its clock shows."""

    def __init__(self, endpoint: str, function: str, members: str, now: datetime, *, metered: bool = True) -> None:
        self.now = now
        self._cost = Cost()
        self.said: Mapping[str, Any] = {}
        self.table = Table(members, REGION, endpoint)
        self.wallets = TableWallets(self.table)
        table = partial(MeteredTable, cost=lambda: self._cost) if metered else Table
        with (
            patch.dict(os.environ, _environment(endpoint, members)),
            patch.object(composition, "Table", table),
            patch.object(time, "monotonic", lambda: 0.0),  # the programme, once read, stays known
            patch.object(http, "create_app", partial(http.create_app, clock=lambda: self.now)),
        ):
            self.module: Any = importlib.reload(importlib.import_module(f"functions.{function}.handler"))
        self.program = self.module.programs.active()

    def answer(self, event: Mapping[str, Any], status: int) -> Cost:
        """What one request costs, and nothing else; its answer must have this status, and is kept in ``said``."""
        self._cost = cost = Cost()
        answered = self.module.handler(event, None)
        self._cost = Cost()
        assert answered["statusCode"] == status, answered["body"]
        self.said = json.loads(answered["body"])
        return cost

    def enrol(self, card: str, at: datetime) -> MemberId:
        """A member, known by a card."""
        member = new_member_id()
        Members(
            members=TableMembers(self.table),
            wallets=self.wallets,
            standings=TableStandings(self.table),
            programs=self.module.programs,
            hasher=IdentityHasher(lambda: SECRET),
            commit=self.table.commit,
            pause=lambda _: None,
            new_id=lambda: member,
        ).enrol(Enrolment((Presented(card_identity(card)),), Profile(), "maru"), "maru", at)
        self.look_at(member)
        return member

    def give_lots(self, member: MemberId, count: int, every: timedelta = timedelta(hours=6)) -> None:
        """So many lots, the last of them earned a while ago."""
        moments = [self.now - every * (count - number) for number in range(count)]
        for some in _chunks(moments, LOTS_AT_ONCE):
            before = self.wallets.load_all(member)[self.program.home_currency]
            decision = Decision(before, ())
            for at in some:
                command = Earn(Earning(25, ()), "maru", at, Cause("purchase", f"{member} {at}"))
                earned = decide(decision.wallet, command, self.program, at)
                decision = Decision(earned.wallet, decision.entries + earned.entries)
            self.table.commit(self.wallets.save(before, decision))
        self.look_at(member)

    def look_at(self, member: MemberId, ago: timedelta = timedelta(hours=1)) -> None:
        """What the stream has kept of where they stand, some time ago: the sample's rules name segments."""
        segments = segments_on(self.table, self.module.program, self.module.programs)
        segments.refresh(member, self.now - ago)

    def settle(self, member: MemberId) -> None:
        """What the clock has booked by now."""
        for wallet in self.wallets.load_all(member).values():
            while (decision := decide(wallet, Settle(), self.program, self.now)).entries:
                self.table.commit(self.wallets.save(wallet, decision))
                wallet = self.wallets.as_saved(wallet, decision)  # noqa: PLW2901 - goes on with what was saved
        self.look_at(member, JUST_NOW)


@contextmanager
def prepared(endpoint: str, names: Sequence[str]) -> Iterator[None]:
    """Tables of these names for members, and one in which the sample programme is published."""
    with patch.dict(os.environ, _environment(endpoint, "")):
        client: Any = boto3.client("dynamodb", region_name=REGION, endpoint_url=endpoint)
        for name in names:
            create_table(name, endpoint)
        if "program" in client.list_tables()["TableNames"]:
            yield
            return
        create_table("program", endpoint)
        manager: Any = boto3.client("secretsmanager", region_name=REGION, endpoint_url=endpoint)
        manager.create_secret(Name="identity", SecretString=SECRET)
        table = Table("program", REGION, endpoint)
        written = json.dumps(read_program_file(SAMPLE).document)
        ProgramPublisher(TableVersions(table), table.commit, lambda _: None).publish(written, by="bench", now=EPOCH)
        yield


def purchase_event(body: Mapping[str, Any]) -> dict[str, Any]:
    """``POST /v1/purchases`` by a key of the group."""
    return request("POST", "/v1/purchases", body=body)


def wallet_event(member: MemberId) -> dict[str, Any]:
    """``GET /v1/members/{member_id}/wallet``."""
    return request("GET", "/v1/members/{member_id}/wallet", path={"member_id": member})


def _chunks(values: Sequence[datetime], size: int) -> Iterator[Sequence[datetime]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _environment(endpoint: str, members: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "HUITOU_MEMBERS_TABLE": members,
        "HUITOU_PROGRAM_TABLE": "program",
        "HUITOU_IDENTITY_SECRET": "identity",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }

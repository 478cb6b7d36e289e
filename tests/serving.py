"""A function on tables in this process, with a programme published and Mei enrolled at maru."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from huitou.kernel.ids import MemberId
from huitou.members.decisions import Presented
from huitou.members.identity import IdentityHasher, phone_identity
from huitou.members.model import Profile
from huitou.members.service import Enrolment, Members
from huitou.members.store import TableMembers
from huitou.platform.table import Table
from huitou.points.store import TableWallets
from huitou.program.ports import Programs
from huitou.standing.store import TableStandings
from tests.contract.targets import REGION, create_table

EVENTS = Path(__file__).parents[1] / "events"
MEI = MemberId("01JNSM3VF0R6T8C1W5PJ4X9YZA")
SECRET = "a secret of the tests"

Event = dict[str, Any]
Result = tuple[int, Any]


@contextmanager
def both_tables() -> Iterator[None]:
    """Empty tables and the identity secret, and the settings that name them."""
    settings = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "HUITOU_MEMBERS_TABLE": "members",
        "HUITOU_PROGRAM_TABLE": "program",
        "HUITOU_IDENTITY_SECRET": "identity",
    }
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name, value in settings.items():
            environment.setenv(name, value)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        create_table("members", None)
        create_table("program", None)
        secrets: Any = boto3.client("secretsmanager", region_name=REGION)
        secrets.create_secret(Name="identity", SecretString=SECRET)
        yield


def enrol_mei(table: Table, programs: Programs, now: datetime) -> None:
    """By the phone number that the samples name."""
    enrol(MEI, "0912-345-678", table, programs, now)


def enrol(member: MemberId, phone: str, table: Table, programs: Programs, now: datetime) -> None:
    """Somebody at maru, by a phone number."""
    members = Members(
        members=TableMembers(table),
        wallets=TableWallets(table),
        standings=TableStandings(table),
        programs=programs,
        hasher=IdentityHasher(lambda: SECRET),
        commit=table.commit,
        pause=lambda _: None,
        new_id=lambda: member,
    )
    presented = (Presented(phone_identity(phone)),)
    members.enrol(Enrolment(presented, Profile(), "maru"), "maru", now)

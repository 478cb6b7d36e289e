"""Functions on AWS in this process: tables, files, states, a programme published and Mei enrolled at maru."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import boto3
import pytest
from moto import mock_aws

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import EPOCH
from huitou.members.decisions import Presented
from huitou.members.identity import IdentityHasher, phone_identity
from huitou.members.model import Profile
from huitou.members.service import Enrolment, Members
from huitou.members.store import TableMembers
from huitou.platform.table import Table
from huitou.points.store import TableWallets
from huitou.program.ports import Programs
from huitou.program.publishing import ProgramPublisher
from huitou.program.store import TableVersions
from huitou.standing.store import TableStandings
from infra.routes import ROUTES
from tests.contract.targets import REGION, create_table
from tests.files import EVENTS
from tests.templates import SENDERS

MEI = MemberId("01JNSM3VF0R6T8C1W5PJ4X9YZA")
SECRET = "a secret of the tests"
CODE_SECRET = "a third secret of the tests"
LINK_SECRET = json.dumps({"current": "1", "1": SECRET})
LINE_CHANNEL_SECRET = "8f2a6c1d4e7b9035a1c2d3e4f5061728"
BUCKET = "imports"
NOBODY = Profile()

Event = dict[str, Any]
Result = tuple[int, Any]


@contextmanager
def both_tables() -> Iterator[None]:
    """Empty tables and the secrets, and the settings that name them."""
    settings = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "HUITOU_MEMBERS_TABLE": "members",
        "HUITOU_PROGRAM_TABLE": "program",
        "HUITOU_IDENTITY_SECRET": "identity",
        "HUITOU_LINK_SECRET": "link",
        "HUITOU_ADDRESS_SECRET": "address",
        "HUITOU_LINE_SECRET": "line",
        "HUITOU_CODE_SECRET": "code",
        "HUITOU_IMPORT_BUCKET": BUCKET,
        "HUITOU_REBUILD_STATE_MACHINE": f"arn:aws:states:{REGION}:123456789012:stateMachine:rebuild",
        "HUITOU_COUNT_STATE_MACHINE": f"arn:aws:states:{REGION}:123456789012:stateMachine:count",
    }
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name, value in settings.items():
            environment.setenv(name, value)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        create_table("members", None)
        create_table("program", None)
        secrets: Any = boto3.client("secretsmanager", region_name=REGION)
        secrets.create_secret(Name="identity", SecretString=SECRET)
        line = {"huitou": {"access_token": "a token", "channel_secret": LINE_CHANNEL_SECRET}}
        secrets.create_secret(Name="line", SecretString=json.dumps(line))
        secrets.create_secret(Name="address", SecretString="another secret of the tests")
        secrets.create_secret(Name="code", SecretString=CODE_SECRET)
        secrets.create_secret(Name="link", SecretString=LINK_SECRET)
        yield


@contextmanager
def states_and_files(name: str, *others: str) -> Iterator[str]:
    """What is there besides tables where state machines work: the ARN of the first. They do nothing by themselves."""
    with both_tables(), pytest.MonkeyPatch.context() as environment:
        states: Any = boto3.client("stepfunctions", region_name=REGION)
        definition = {"StartAt": "wait", "States": {"wait": {"Type": "Pass", "End": True}}}
        machines: dict[str, str] = {
            each: states.create_state_machine(
                name=each, definition=json.dumps(definition), roleArn=f"arn:aws:iam::123456789012:role/{each}"
            )["stateMachineArn"]
            for each in (name, *others)
        }
        files: Any = boto3.client("s3", region_name=REGION)
        files.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        environment.setenv("HUITOU_IMPORT_BUCKET", BUCKET)
        for each, machine in machines.items():
            environment.setenv(f"HUITOU_{each.upper()}_STATE_MACHINE", machine)
        yield machines[name]


class Queues(NamedTuple):
    """The addresses of the queues of messages."""

    marketing: str
    service: str


@contextmanager
def senders() -> Iterator[Queues]:
    """What functions that send find: queues, where records are set aside, and providers; SES knows one sender."""
    with both_tables(), pytest.MonkeyPatch.context() as environment:
        sqs: Any = boto3.client("sqs", region_name=REGION)
        names = ("due", "messages", "service-messages")
        due, marketing, service = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in names)
        email: Any = boto3.client("sesv2", region_name=REGION)
        email.create_email_identity(EmailIdentity=SENDERS[0]["email"]["address"])  # type: ignore[index]
        files: Any = boto3.client("s3", region_name=REGION)
        files.create_bucket(Bucket="set-aside", CreateBucketConfiguration={"LocationConstraint": REGION})
        settings = {
            "HUITOU_DUE_QUEUE_URL": due,
            "HUITOU_MESSAGES_QUEUE_URL": marketing,
            "HUITOU_SERVICE_QUEUE_URL": service,
            "HUITOU_SET_ASIDE_BUCKET": "set-aside",
            "HUITOU_PUBLIC_URL": "https://m.huitou.example",
            "HUITOU_EMAIL_SERVICE": "ses",
            "HUITOU_SMS_SERVICE": "sns",
            "HUITOU_LINE_SERVICE": "line",
        }
        for name, value in settings.items():
            environment.setenv(name, value)
        yield Queues(marketing, service)


def publish(written: dict[str, Any], now: datetime = EPOCH) -> None:
    """The next version of the programme."""
    table = Table("program", REGION)
    publisher = ProgramPublisher(TableVersions(table), table.commit, lambda _: None)
    publisher.publish(json.dumps(written), by="tests", now=now)


def sample(name: str) -> Event:
    """An event of `events/`."""
    loaded: Event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def sample_for(functions: tuple[str, ...], case: str) -> Event:
    """The event of this case, for whichever of ``functions`` it is."""
    (found,) = [path.stem for function in functions for path in EVENTS.glob(f"{function}.{case}.json")]
    return sample(found)


class Loaded:
    """Functions loaded into this process; each event goes to the one that answers its route."""

    def __init__(self, *names: str) -> None:
        self.modules = {name: importlib.reload(importlib.import_module(f"functions.{name}.handler")) for name in names}
        self.programs: Programs = next(iter(self.modules.values())).programs

    def answer(self, incoming: Event) -> Event:
        """What the gateway is handed back."""
        line = f"{incoming['httpMethod']} {incoming['resource']}"
        (module,) = [module for name, module in self.modules.items() if line in ROUTES[name]]
        answered: Event = module.handler(incoming, None)
        return answered


def enrol_mei(table: Table, programs: Programs, now: datetime) -> None:
    """By the phone number that the samples name."""
    enrol(MEI, "0912-345-678", table, programs, now)


def enrol(
    member: MemberId, phone: str, table: Table, programs: Programs, now: datetime, *, profile: Profile = NOBODY
) -> None:
    """Somebody at maru, by a phone number."""
    presented = (Presented(phone_identity(phone)),)
    members_on(table, programs, member).enrol(Enrolment(presented, profile, "maru"), "maru", now)


def members_on(table: Table, programs: Programs, enrolled: MemberId = MEI) -> Members:
    """The use cases; whoever enrols becomes ``enrolled``."""
    return Members(
        members=TableMembers(table),
        wallets=TableWallets(table),
        standings=TableStandings(table),
        programs=programs,
        hasher=IdentityHasher(lambda: SECRET),
        commit=table.commit,
        pause=lambda _: None,
        new_id=lambda: enrolled,
    )

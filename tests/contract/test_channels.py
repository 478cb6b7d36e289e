"""One suite for all providers: what is handed over arrives, as it was written, under the id that the provider gave."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import boto3
import httpx
import pytest

from huitou.channels.console import Console
from huitou.channels.email import SesEmail
from huitou.channels.line import LinePush
from huitou.channels.model import Accepted, Provider, Unclear
from huitou.channels.sms import SnsSms
from huitou.kernel.channels import MessageChannel
from tests.contract.conftest import Endpoint
from tests.contract.targets import REGION
from tests.line_stand_in import LineStandIn, line_stand_in
from tests.parcels import SENDERS, parcel, words_of


class Arrived(NamedTuple):
    """A message at its end."""

    provider_id: str
    to: str
    words: str


@dataclass(frozen=True, slots=True)
class Way:
    """A provider, what it delivers, and where what was delivered can be seen."""

    provider: Provider
    channel: MessageChannel
    arrived: Callable[[], Sequence[Arrived]]


@pytest.fixture
def line() -> Iterator[LineStandIn]:
    with line_stand_in({"token": "huitou"}) as line:
        yield line


@pytest.fixture(params=["console", "ses", "sns", "line"])
def way(request: pytest.FixtureRequest, tmp_path: Path, endpoint_of: Endpoint, line: LineStandIn) -> Way:
    if request.param == "console":
        return _console(tmp_path / "messages.jsonl")
    if request.param == "line":
        return _line(line)
    return {"ses": _ses, "sns": _sns}[request.param](_emulator(endpoint_of))


def test_what_is_handed_over_arrives_as_it_was_written(way: Way) -> None:
    given = parcel(way.channel, id=_name())

    outcome = way.provider.hand_over(given)

    assert isinstance(outcome, Accepted)
    assert Arrived(outcome.provider_id, given.to, words_of(given.message)) in way.arrived()


def test_each_message_has_an_id_of_its_own(way: Way) -> None:
    before = len(way.arrived())
    outcomes = [way.provider.hand_over(parcel(way.channel, id=_name(), retry_key=str(uuid4()))) for _ in range(3)]

    assert len({outcome.provider_id for outcome in outcomes if isinstance(outcome, Accepted)}) == 3
    assert len(way.arrived()) == before + 3


def test_a_repeat_is_sent_again_unless_the_provider_says_otherwise(way: Way) -> None:
    """Whoever decides on another attempt relies on that (E26)."""
    before, given = len(way.arrived()), parcel(way.channel, id=_name(), retry_key=str(uuid4()))

    outcomes = {way.provider.hand_over(given) for _ in range(3)}

    times = 3 if way.provider.repeats_safely_for is None else 1
    assert len(way.arrived()) == before + times
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert times == 3 or len(outcomes) == 1


def test_the_console_shows_what_it_cannot_send(tmp_path: Path) -> None:
    (tmp_path / "messages").mkdir()
    assert Console(tmp_path / "messages").hand_over(parcel(MessageChannel.SMS)) == Unclear("unwritable_file")


def test_the_console_shows_every_channel_with_its_sender(tmp_path: Path) -> None:
    file = tmp_path / "new" / "messages.jsonl"
    for channel in MessageChannel:
        Console(file).hand_over(parcel(channel, unsubscribe_url="https://huitou.example/u"))

    shown = [json.loads(line) for line in file.read_text().splitlines()]
    assert [each["channel"] for each in shown] == ["email", "sms", "line"]
    assert [each["from"] for each in shown] == [SENDERS[channel].identity for channel in MessageChannel]
    assert {each["unsubscribe_url"] for each in shown} == {"https://huitou.example/u"}
    assert shown[0]["email"]["subject"] == "您的點數快到期了"


def _console(file: Path) -> Way:
    def arrived() -> Sequence[Arrived]:
        lines = file.read_text().splitlines() if file.exists() else []
        return [Arrived(line["id"], line["to"], line["line"]) for line in map(json.loads, lines)]

    return Way(Console(file), MessageChannel.LINE, arrived)


def _ses(endpoint: str) -> Way:
    client: Any = boto3.client("sesv2", region_name=REGION, endpoint_url=endpoint)
    sender = SENDERS[MessageChannel.EMAIL].identity
    if sender not in {each["IdentityName"] for each in client.list_email_identities()["EmailIdentities"]}:
        client.create_email_identity(EmailIdentity=sender)

    def arrived() -> Sequence[Arrived]:
        accounts = httpx.get(f"{endpoint}/_ministack/ses/messages").json()["messages"]
        return [
            Arrived(each["MessageId"], each["To"][0], each["BodyText"])
            for messages in accounts.values()
            for each in messages
        ]

    return Way(SesEmail(REGION, endpoint), MessageChannel.EMAIL, arrived)


def _sns(endpoint: str) -> Way:
    def arrived() -> Sequence[Arrived]:
        phones = httpx.get(f"{endpoint}/_ministack/sns/sms-messages").json()["sms_messages"]
        return [
            Arrived(each["MessageId"], each["PhoneNumber"], each["Message"])
            for sent in phones.values()
            for each in sent
        ]

    return Way(SnsSms(REGION, endpoint), MessageChannel.SMS, arrived)


def _line(line: LineStandIn) -> Way:
    def arrived() -> Sequence[Arrived]:
        return [Arrived(push.request_id, push.to, push.text) for push in line.delivered]

    return Way(LinePush(lambda _: "token", line.endpoint), MessageChannel.LINE, arrived)


def _emulator(endpoint_of: Endpoint) -> str:
    endpoint = endpoint_of("emulator")
    assert endpoint is not None
    return endpoint


def _name() -> str:
    return uuid4().hex

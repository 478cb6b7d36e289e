"""Functions that die, or lose an answer, at any one of their calls to AWS (M23, E21).

A campaign gives points and a coupon and sends marketing and a receipt. Its functions run as they are deployed, over
moto, and fail once: at their n-th call, before or after it has had its effect, for every n that there is. Whatever is
due is delivered, twice each time, until nothing is.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from types import ModuleType
from typing import Any, Final

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ConnectionClosedError

from huitou.campaigns.model import Journey, JourneyState
from huitou.campaigns.store import TableJourneys
from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId
from huitou.members.consents import Word
from huitou.members.model import ConsentKey, Profile
from huitou.outbox.model import MessageState, OutboxMessage
from huitou.outbox.store import TableOutbox
from huitou.platform import secrets
from huitou.platform.table import Table
from huitou.points.store import TableWallets
from huitou.program.model import GROUP
from huitou.rewards.store import TableCoupons
from huitou.standing.messages import DueJourney, DueMessage, write_message
from huitou.templates.model import TemplateKind
from tests.campaigns import campaign
from tests.contract.targets import REGION, create_table
from tests.outbox import NOON
from tests.serving import enrol, members_on, publish, sample, senders
from tests.templates import speaking, template, text

RECEIPT: Final = template(id="receipt", kind="service", texts=[text(sms=None, line=None)])
STEPS: Final = [
    {"give_points": {"currency": "points", "amount": 50}},
    {"give_coupon": "treat"},
    {"send": {"template": "hello", "channels": ["email"]}},
    {"send": {"template": "receipt", "channels": ["email"]}},
]
TREAT: Final = {"id": "treat", "name": "A treat", "valid_days": 30}
STAFF: Final = {"id": "staff", "name": "Staff", "list": True}
CAPS: Final = [{"most": 9, "days": 7}, {"most": 9, "days": 7, "kind": "service"}]


class KilledError(BaseException):
    """The end of a function, which nothing in it hears of."""


def lost() -> BaseException:
    return ConnectionClosedError(endpoint_url="https://aws.example")


class Faults:
    """Stands before every call of every client, and counts those of functions; each run fails at one of them."""

    def __init__(self, error: Callable[[], BaseException], *, is_done: bool) -> None:
        self._error = error
        self._is_done = is_done
        self._call = BaseClient._make_api_call  # type: ignore[attr-defined]
        self.left: int | None = None
        """Calls until it fails; None: nobody counts."""
        self.sent: Counter[str] = Counter()
        """How often SES was handed each message, by its id."""

    def make(self, client: Any, operation: str, request: dict[str, Any]) -> Any:
        fails = self.left == 0
        if self.left is not None:
            self.left -= 1
        if fails and not self._is_done:
            raise self._error()
        answer = self._call(client, operation, request)
        if operation == "SendEmail":
            self.sent.update(tag["Value"] for tag in request["EmailTags"] if tag["Name"] == "message_id")
        if fails:
            raise self._error()
        return answer


class Line:
    """The functions between a campaign and SES, and their clock."""

    def __init__(self, faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
        self.faults = faults
        self.now = NOON
        written = speaking(template(), RECEIPT, segments=[STAFF], coupons=[TREAT], campaigns=[_campaign()])
        written["messages"] |= {"quiet_hours": None, "frequency_caps": CAPS}
        publish(written)
        self.table = Table("members", REGION)
        self._booking, self._dispatching = (self._load(name, monkeypatch) for name in ("book_due", "dispatch_messages"))
        hearing = importlib.reload(importlib.import_module("functions.hear_providers.handler"))
        self._consents = hearing.feedback._consents
        self._numbers = iter(range(100, 1000))

    def _load(self, name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
        module = importlib.reload(importlib.import_module(f"functions.{name}.handler"))
        line = self

        class Now(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]  # noqa: ARG003 - as the real one
                return line.now

        monkeypatch.setattr(module, "datetime", Now)
        return module

    def meet(self) -> MemberId:
        """Somebody with whom the campaign has begun, on a table of their own: moto copies all of it for each commit."""
        tables: Any = boto3.client("dynamodb", region_name=REGION)
        tables.delete_table(TableName="members")
        create_table("members", None)
        number = next(self._numbers)
        member, programs = MemberId(f"01JNSM3VF0R6T8C1W5PJ4X9{number}"), self._booking.programs
        profile = Profile(contact_email=f"m{number}@example.com")
        enrol(member, f"0912-345-{number}", self.table, programs, self.now, profile=profile)
        agreement = ConsentKey(MessageChannel.EMAIL, "maru", "marketing")
        self._consents.give(member, agreement, Word(True, "said so"), "maru", self.now)
        members_on(self.table, programs, member).tag(member, "staff", GROUP, self.now)
        self._booking.segments.refresh(member, self.now)
        return member

    def run_out(self, member: MemberId, fails_at: int) -> bool:
        """All that falls due of theirs, on functions that have just started; whether one has failed."""
        for module in (self._booking, self._dispatching):
            module.programs._programs.clear()
            module.programs._fresh_until = float("-inf")
        secrets._text.cache_clear()
        left, self.faults.left = fails_at, None
        for _ in range(60):
            due = next(iter(self._due(member)), None)
            if due is None:
                return left < 0
            self.now = max(self.now, due.at)
            for _ in range(2):
                self.faults.left = left
                self._deliver(due)
                left, self.faults.left = self.faults.left, None
        raise AssertionError("it does not come to its end")

    def _due(self, member: MemberId) -> list[DueJourney | DueMessage]:
        """As the index lists it, of which moto would look through all for each shard."""
        due: list[DueJourney | DueMessage] = [
            DueJourney(member, *each.id.cause, each.due_at) for each in self.journeys(member) if each.due_at
        ]
        in_order = sorted(self.messages(member), key=lambda each: each.kind)  # each run alike, or a call is missed
        due += [DueMessage(each.id, each.due_at) for each in in_order if each.due_at]
        return sorted(due, key=lambda each: each.at)

    def _deliver(self, due: DueJourney | DueMessage) -> None:
        module = self._booking if isinstance(due, DueJourney) else self._dispatching
        event = sample("dispatch_messages")
        event["Records"][0]["body"] = write_message(due)
        try:
            module.handler(event, None)
        except KilledError:
            return

    def journeys(self, member: MemberId) -> list[Journey]:
        return list(TableJourneys(self.table).of_members([member], after=None, limit=9).items)

    def messages(self, member: MemberId) -> list[OutboxMessage]:
        return list(TableOutbox(self.table).of_members([member], None, after=None, limit=9).items)


def _campaign() -> dict[str, Any]:
    return campaign(id="treated", enters="staff", steps=STEPS)


@pytest.fixture
def line_with(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Faults], Line]]:
    with senders():

        def line(faults: Faults) -> Line:
            def call(client: Any, operation: str, request: dict[str, Any]) -> Any:
                return faults.make(client, operation, request)

            monkeypatch.setattr(BaseClient, "_make_api_call", call)
            return Line(faults, monkeypatch)

        yield line


@pytest.mark.parametrize("stride", [13, pytest.param(1, marks=pytest.mark.proof)], ids=["some calls", "every call"])
@pytest.mark.parametrize(
    ("error", "is_done", "begins"),
    [(KilledError, False, 0), (KilledError, True, 3), (lost, False, 6), (lost, True, 9)],
    ids=["killed before", "killed after", "lost before", "lost after"],
)
def test_whichever_call_fails_gifts_come_once_and_messages_as_often_as_their_kind_may(
    line_with: Callable[[Faults], Line], error: Callable[[], BaseException], is_done: bool, begins: int, stride: int
) -> None:
    """Points and coupon exactly once, marketing at most once, the receipt at least once; and all comes to its end."""
    faults, calls, has_failed = Faults(error, is_done=is_done), begins % stride, True
    line = line_with(faults)
    while has_failed:
        member = line.meet()
        has_failed = line.run_out(member, calls)
        sent = {each.kind: faults.sent[str(each.id)] for each in line.messages(member)}
        states = {each.kind: each.state for each in line.messages(member)}
        where = f"at call {calls}: {sent}, {states}"
        assert all(each.is_final for each in line.messages(member)), where
        assert sent[TemplateKind.MARKETING] <= 1, where
        assert sent[TemplateKind.SERVICE] >= 1, where
        assert states[TemplateKind.SERVICE] is MessageState.ACCEPTED, where
        entries = TableWallets(line.table).entries(member, "points").items
        assert [each.amount for each in entries if each.cause.type == "campaign"] == [50], where
        assert len(TableCoupons(line.table).of_members([member], None, after=None, limit=9).items) == 1, where
        (journey,) = line.journeys(member)
        assert journey.state is JourneyState.COMPLETED, where
        calls += stride
    assert list(sent.values()) == [1, 1]
    assert calls > 30, "the functions were not counted"

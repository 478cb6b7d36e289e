"""What follows from what a provider tells, over the function (M25)."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import boto3
import pytest

from huitou.channels.model import Accepted, Refused, Unclear
from huitou.kernel.channels import MessageChannel
from huitou.kernel.instants import format_instant, to_instant
from huitou.members.consents import Word
from huitou.members.model import ConsentKey
from huitou.outbox.decisions import claim, conclude
from huitou.outbox.model import MessageState, OutboxMessage
from huitou.outbox.store import TableOutbox
from huitou.platform.table import Table
from huitou.program.acceptance import TooLateError
from huitou.program.model import GROUP
from huitou.suppressions.model import SuppressionGround, destination
from huitou.templates.model import TemplateKind
from tests.builders import MEI
from tests.contract.targets import REGION
from tests.files import EVENTS
from tests.outbox import NOON, planned
from tests.reports import Told, bounced, complained, emailed, record_of, texted, told
from tests.serving import both_tables, enrol, publish, sample
from tests.templates import speaking

CONSENT = ConsentKey(MessageChannel.EMAIL, "maru", "marketing")
HOUR = timedelta(hours=1)
NOW = to_instant(datetime.now(UTC))
SAID_AT = format_instant(NOW - 2 * HOUR)
CASES = sorted(path.stem for path in EVENTS.glob("hear_providers.*.json"))


class Ear:
    """The function, and a message that was handed over by email."""

    def __init__(self) -> None:
        self.module: Any = importlib.reload(importlib.import_module("functions.hear_providers.handler"))
        self.table = Table("members", REGION)
        self.outbox = TableOutbox(self.table)
        self._files: Any = boto3.client("s3", region_name=REGION)

    def sending(self, **changes: Any) -> OutboxMessage:
        before = planned(**changes)
        self.table.commit(self.outbox.add(before))
        return self.saved(before, claim(before, MessageChannel.EMAIL, "club@huitou.example", NOON))

    def saved(self, before: OutboxMessage, after: OutboxMessage) -> OutboxMessage:
        self.table.commit([self.outbox.save(before, after)])
        return after

    def hear(self, *events: Told | str) -> list[str]:
        """The reports that failed."""
        answer = self.module.handler({"Records": [record_of(event) for event in events]}, None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def state(self) -> tuple[MessageState, str | None]:
        found = self.outbox.load(planned().id)
        assert found is not None
        return found.state, found.reason

    def ground(
        self, channel: MessageChannel = MessageChannel.EMAIL, to: str = "Mei@Example.com"
    ) -> SuppressionGround | None:
        """Why nothing is sent there."""
        known = self.module.feedback._suppressions.of(destination(channel, to))
        return known.ground if known else None

    def meet(self) -> None:
        """Mei, of maru, who agreed to marketing by email."""
        publish(speaking())
        enrol(MEI, "0912-345-678", self.table, self.module.programs, NOW - 6 * HOUR)
        self.agree(NOW - 5 * HOUR)

    def agree(self, at: datetime) -> None:
        self.module.feedback._consents.give(MEI, CONSENT, Word(True, "app", at), GROUP, NOW)

    def consent(self) -> tuple[bool, str]:
        in_force = self.module.feedback._consents.in_force(MEI, GROUP)[CONSENT]
        return in_force.granted, in_force.source

    def words(self) -> list[tuple[datetime, bool, str]]:
        """All that was ever said, as the history has it."""
        history = self.module.feedback._consents.history(MEI, GROUP, limit=50, after=None).items
        return [(each.consent.occurred_at, each.consent.granted, each.consent.source) for each in history]

    def kept_aside(self) -> list[Any]:
        listed = self._files.list_objects_v2(Bucket="set-aside").get("Contents", ())
        return [
            json.loads(self._files.get_object(Bucket="set-aside", Key=each["Key"])["Body"].read()) for each in listed
        ]


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear]:
    with both_tables():
        files: Any = boto3.client("s3", region_name=REGION)
        files.create_bucket(Bucket="set-aside", CreateBucketConfiguration={"LocationConstraint": REGION})
        monkeypatch.setenv("HUITOU_SET_ASIDE_BUCKET", "set-aside")
        yield Ear()


def test_an_email_that_arrived_is_delivered_however_often_and_late_it_is_told(ear: Ear) -> None:
    """E21."""
    ear.sending()
    assert ear.hear(told("delivery"), emailed("Send", send={}), told("delivery"), emailed("Send", send={})) == []
    assert ear.state() == (MessageState.DELIVERED, None)
    found = ear.outbox.load(planned().id)
    assert found is not None
    assert [step.state for step in found.history] == ["planned", "sending", "delivered"]
    assert found.due_at is None


@pytest.mark.parametrize("kind", TemplateKind)
def test_what_was_unclear_is_told_by_the_provider(ear: Ear, kind: TemplateKind) -> None:
    """A lost answer is made good: the message neither waits nor is sent again."""
    sending = ear.sending(kind=kind)
    ear.saved(sending, conclude(sending, 1, Unclear("timeout"), None, NOON))
    assert ear.state()[0] is MessageState.UNCLEAR
    ear.hear(emailed("Send", send={}))
    assert ear.state() == (MessageState.ACCEPTED, None)


def test_what_was_unclear_and_has_bounced_has_failed(ear: Ear) -> None:
    sending = ear.sending()
    ear.saved(sending, conclude(sending, 1, Unclear("timeout"), None, NOON))
    ear.hear(bounced())
    assert ear.state() == (MessageState.FAILED, "bounced")


@pytest.mark.parametrize("kind", TemplateKind)
def test_an_email_to_a_mailbox_that_is_none_goes_on_by_sms_however_often_it_is_told(
    ear: Ear, kind: TemplateKind
) -> None:
    """E24, E21: the clock finds it, as it is due at once; what mail servers said before comes late."""
    sending = ear.sending(kind=kind, channels=(MessageChannel.EMAIL, MessageChannel.SMS), expires_at=NOW + HOUR)
    ear.saved(sending, conclude(sending, 1, Accepted("p-1"), None, NOON))
    assert ear.hear(bounced(), bounced(), emailed("Send", send={}), told("delivery"), bounced("Transient")) == []
    found = ear.outbox.load(planned().id)
    assert found is not None
    assert (found.state, found.reason, found.closed) == (MessageState.DEFERRED, "bounced", (MessageChannel.EMAIL,))
    assert found.due_at is not None
    assert NOW <= found.due_at <= NOW + HOUR
    assert ear.ground() is SuppressionGround.BOUNCED

    ear.saved(found, claim(found, MessageChannel.SMS, "Huitou", NOW))
    ear.hear(bounced(), texted("TEXT_DELIVERED"), bounced())
    assert ear.state() == (MessageState.DELIVERED, None)


def test_somebody_out_of_office_has_got_the_email(ear: Ear) -> None:
    ear.sending()
    ear.hear(told("delivery"), bounced("Transient"))
    assert ear.state() == (MessageState.DELIVERED, None)
    ear.hear(bounced())
    assert ear.state() == (MessageState.FAILED, "bounced")


def test_that_an_email_failed_says_nothing_of_the_sms_after_it(ear: Ear) -> None:
    sending = ear.sending(channels=(MessageChannel.EMAIL, MessageChannel.SMS))
    refused = ear.saved(sending, conclude(sending, 1, Refused("invalid"), None, NOON))
    ear.saved(refused, claim(refused, MessageChannel.SMS, "Huitou", NOON))
    ear.hear(bounced())
    assert ear.state()[0] is MessageState.SENDING
    ear.hear(texted("TEXT_BLOCKED"))
    assert ear.state() == (MessageState.FAILED, "blocked")


def test_what_nobody_knows_is_counted_and_left(ear: Ear, capsys: pytest.CaptureFixture[str]) -> None:
    """Of who was erased, and of what others sent, nothing is kept."""
    strangers = [
        None,
        "",
        "nothing",
        "01JNSM3VF0R6T8C1W5PJ4X9YZA-01JNB5Q8ZT3C5D7F9H1K3M5P7R",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    ]
    assert ear.hear(*(complained(each) for each in strangers)) == []
    assert '"ReportsUnknown":[1.0,1.0,1.0,1.0,1.0]' in capsys.readouterr().out.replace(" ", "")
    assert ear.kept_aside() == []


def test_what_was_never_tried_cannot_have_arrived(ear: Ear) -> None:
    ear.table.commit(ear.outbox.add(planned()))
    ear.hear(told("delivery"))
    assert ear.state() == (MessageState.PLANNED, None)


def test_what_nobody_can_read_is_kept_aside_and_does_not_stop_the_others(ear: Ear) -> None:
    """E28: whole, so that the function can be handed it again."""
    ear.sending()
    assert ear.hear("{", told("delivery")) == []
    assert ear.state()[0] is MessageState.DELIVERED
    assert ear.kept_aside() == [{"Records": [record_of("{")]}]


def test_a_report_that_fails_comes_again(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    ear.sending()
    monkeypatch.setattr(ear.module.feedback, "_commit", None)
    assert ear.hear(told("delivery")) == [record_of("")["messageId"]]


def test_no_address_is_logged(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """E25: neither of a report that is heard nor of one that fails."""
    logged = StringIO()
    for writer in ear.module.observer._logger.handlers:
        monkeypatch.setattr(writer, "stream", logged)
    ear.sending()
    ear.hear(told("delivery"), bounced(), texted("TEXT_BLOCKED"), '{"eventType": "Bounce", "to": "mei@example.com"}')
    monkeypatch.setattr(ear.module.feedback, "_outbox", None)
    ear.hear(bounced())
    assert "not heard" in logged.getvalue()
    assert "mei@" not in logged.getvalue()
    assert "912345678" not in logged.getvalue()


def test_a_mailbox_that_is_none_gets_nothing_any_more(ear: Ear) -> None:
    ear.sending()
    ear.hear(bounced("Transient"))
    assert ear.ground() is None
    ear.hear(bounced(), told("delivery"), bounced())
    assert ear.ground() is SuppressionGround.BOUNCED


@pytest.mark.parametrize(
    ("kind", "ground"), [("BLOCKED", SuppressionGround.BLOCKED), ("INVALID", SuppressionGround.BOUNCED), ("SPAM", None)]
)
def test_nor_does_a_phone_that_takes_none(ear: Ear, kind: str, ground: SuppressionGround | None) -> None:
    sending = planned(channels=(MessageChannel.SMS,))
    ear.table.commit(ear.outbox.add(sending))
    ear.saved(sending, claim(sending, MessageChannel.SMS, "Huitou", NOON))
    ear.hear(texted(f"TEXT_{kind}", is_final=False))
    assert ear.ground(MessageChannel.SMS, "+886912345678") is None
    ear.hear(texted(f"TEXT_{kind}"))
    assert ear.ground(MessageChannel.SMS, "+886912345678") is ground


def test_a_complaint_is_a_no_and_holds_back_the_mailbox(ear: Ear) -> None:
    ear.meet()
    ear.sending(kind=TemplateKind.MARKETING)
    ear.hear(complained(timestamp=SAID_AT))
    assert (ear.state()[0], ear.ground()) == (MessageState.DELIVERED, SuppressionGround.COMPLAINED)
    assert ear.consent() == (False, "complaint")


def test_a_complaint_counts_however_late_it_is_told(ear: Ear) -> None:
    """E32's limit is for what others tell of the past; this one is about a message that we sent."""
    ear.meet()
    ear.sending(kind=TemplateKind.MARKETING)
    long_ago = NOW - 100 * 24 * HOUR
    with pytest.raises(TooLateError):
        ear.agree(long_ago)
    assert ear.hear(complained(timestamp=format_instant(long_ago))) == []
    assert (ear.ground(), ear.consent()) == (SuppressionGround.COMPLAINED, (True, "app"))
    assert (long_ago, False, "complaint") in ear.words()


def test_a_complaint_about_a_brand_that_has_left_is_heard(ear: Ear) -> None:
    ear.meet()
    ear.sending(kind=TemplateKind.MARKETING, brand="gone")
    assert ear.hear(complained(timestamp=SAID_AT)) == []
    assert not ear.module.feedback._consents.in_force(MEI, GROUP)[CONSENT._replace(brand="gone")].granted


def test_a_complaint_that_is_told_again_does_not_undo_a_later_yes(ear: Ear) -> None:
    ear.meet()
    ear.sending(kind=TemplateKind.MARKETING)
    ear.hear(complained(timestamp=SAID_AT))
    ear.agree(NOW - HOUR)
    assert ear.hear(complained(timestamp=SAID_AT)) == []
    assert ear.consent() == (True, "app")


def test_a_worker_that_died_before_the_no_records_it_when_told_again(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    ear.meet()
    ear.sending(kind=TemplateKind.MARKETING)
    with monkeypatch.context() as dying:
        dying.setattr(ear.module.feedback, "_say_no", None)
        assert ear.hear(complained(timestamp=SAID_AT)) != []
    assert (ear.ground(), ear.consent()) == (SuppressionGround.COMPLAINED, (True, "app"))
    assert ear.hear(complained(timestamp=SAID_AT)) == []
    assert ear.consent() == (False, "complaint")


@pytest.mark.parametrize(
    ("part", "ground"),
    [
        ({"complaintFeedbackType": "not-spam"}, None),
        ({"complaintSubType": "OnAccountSuppressionList"}, SuppressionGround.COMPLAINED),
    ],
)
def test_what_is_no_complaint_of_now_is_no_no(ear: Ear, part: dict[str, str], ground: SuppressionGround | None) -> None:
    """Who took an email out of the spam, and whom SES sends nothing because of an earlier complaint."""
    ear.meet()
    ear.sending(kind=TemplateKind.MARKETING)
    ear.hear(complained(timestamp=SAID_AT, **part))
    assert (ear.ground(), ear.consent()) == (ground, (True, "app"))


def test_a_complaint_about_what_members_have_to_know_takes_back_nothing(ear: Ear) -> None:
    ear.meet()
    ear.sending()
    ear.hear(complained(timestamp=SAID_AT))
    assert (ear.ground(), ear.consent()) == (SuppressionGround.COMPLAINED, (True, "app"))


def test_of_a_message_that_nobody_knows_no_address_is_kept(ear: Ear) -> None:
    """E25."""
    ear.hear(bounced(), complained())
    assert ear.ground() is None


@pytest.mark.parametrize("case", CASES)
def test_every_sample_is_understood(ear: Ear, case: str) -> None:
    assert ear.module.handler(sample(case), None) == {"batchItemFailures": []}
    assert ear.kept_aside() == []

"""What SES is told, and which of its answers mean that an email was surely not sent (M23)."""

from __future__ import annotations

from collections.abc import Iterator
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any

import pytest
from botocore.config import Config
from botocore.retries.standard import ThrottledRetryableChecker

from huitou.channels import aws
from huitou.channels.aws import AwsService
from huitou.channels.email import SesEmail
from huitou.channels.model import Accepted, Outcome, Refused, Sender, Unclear
from huitou.kernel.channels import MessageChannel
from huitou.templates.email import Email
from huitou.templates.making import Message
from huitou.templates.model import TemplateKind
from tests.aws_stand_in import Answer, AwsStandIn, aws_stand_in
from tests.contract.targets import REGION, free_port
from tests.parcels import EMAIL, MESSAGE, parcel

EMAILS = MessageChannel.EMAIL
WAY_OUT = "https://api.huitou.example/v1/unsubscriptions/abc?sig=1-2_3"


@pytest.fixture
def ses() -> Iterator[AwsStandIn]:
    with aws_stand_in() as service:
        service.say(MessageId="0100-ses")
        yield service


def test_an_email_has_both_forms_its_readers_name_and_our_id(ses: AwsStandIn) -> None:
    outcome = SesEmail(REGION, ses.endpoint, "huitou").hand_over(parcel(EMAILS))

    assert outcome == Accepted("0100-ses")
    (asked,) = ses.asked
    assert asked.path == "/v2/email/outbound-emails"
    assert asked.json["Destination"] == {"ToAddresses": ["mei@example.com"]}
    simple = asked.json["Content"]["Simple"]
    assert simple["Subject"]["Data"] == EMAIL.subject
    assert simple["Body"]["Text"]["Data"] == EMAIL.text
    assert simple["Body"]["Html"]["Data"] == EMAIL.html
    assert simple["Headers"] == []
    assert asked.json["EmailTags"] == [{"Name": "message_id", "Value": MESSAGE}]
    assert asked.json["ConfigurationSetName"] == "huitou"


def test_marketing_can_be_left_with_one_click(ses: AwsStandIn) -> None:
    """RFC 8058."""
    marketing = parcel(EMAILS, kind=TemplateKind.MARKETING, unsubscribe_url=WAY_OUT)

    SesEmail(REGION, ses.endpoint).hand_over(marketing)

    (asked,) = ses.asked
    assert asked.json["Content"]["Simple"]["Headers"] == [
        {"Name": "List-Unsubscribe", "Value": f"<{WAY_OUT}>"},
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
    ]
    assert "ConfigurationSetName" not in asked.json


@pytest.mark.parametrize(
    "name", ["Huitou", "", 'Mar"u, Inc. <x@y.example>', "回頭客俱樂部與它所有的品牌和門市及線上商店的會員服務中心團隊"]
)
def test_mailboxes_show_the_name_of_the_sender_in_any_script(ses: AwsStandIn, name: str) -> None:
    sender = Sender("group", "club@huitou.example", name)

    SesEmail(REGION, ses.endpoint).hand_over(parcel(EMAILS, sender=sender))

    (asked,) = ses.asked
    mailbox = asked.json["FromEmailAddress"]
    assert mailbox.isascii()
    shown, address = parseaddr(mailbox)
    assert address == "club@huitou.example"
    assert str(make_header(decode_header(shown))) == name
    assert all(len(word) <= 75 for word in shown.split() if word.startswith("=?"))


@pytest.mark.parametrize("name", ["Huitou", "回頭"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_no_line_ends_in_a_header(ses: AwsStandIn, name: str, end: str) -> None:
    """What follows would be a header of its own."""
    sender = Sender("group", "club@huitou.example", f"{name}{end}Bcc: a@x.example")
    email = Email(f"Hello{end}Bcc: a@x.example", EMAIL.html, EMAIL.text)

    SesEmail(REGION, ses.endpoint).hand_over(parcel(EMAILS, sender=sender, message=Message({}, email=email)))

    (asked,) = ses.asked
    shown, address = parseaddr(asked.json["FromEmailAddress"])
    assert (str(make_header(decode_header(shown))), address) == (f"{name} Bcc: a@x.example", "club@huitou.example")
    assert asked.json["Content"]["Simple"]["Subject"]["Data"] == "Hello Bcc: a@x.example"


REFUSALS = [
    (429, "TooManyRequestsException", Refused("throttled", 1)),
    (400, "ThrottlingException", Refused("throttled", 1)),
    (400, "LimitExceededException", Refused("quota_exhausted", 3600)),
    (400, "AccountSuspendedException", Refused("account_suspended", 900)),
    (400, "SendingPausedException", Refused("account_suspended", 900)),
    (400, "MessageRejected", Refused("rejected")),
    (400, "MailFromDomainNotVerifiedException", Refused("sender_not_registered")),
    (404, "NotFoundException", Refused("not_set_up")),
    (400, "BadRequestException", Refused("invalid")),
    (403, "AccessDeniedException", Refused("not_authorized", 60)),
    (400, "UnrecognizedClientException", Refused("not_authorized", 60)),
    (403, "NobodyKnowsThisException", Refused("not_authorized", 60)),
    (429, "NobodyKnowsThisException", Refused("throttled", 1)),
    (413, "NobodyKnowsThisException", Refused("invalid")),
    (400, "IncompleteSignature", Refused("not_authorized", 60)),
    (400, "MissingAuthenticationTokenException", Refused("not_authorized", 60)),
    (400, "NotAuthorized", Refused("not_authorized", 60)),
    (400, "OptInRequired", Refused("not_authorized", 60)),
    (400, "RequestExpired", Refused("not_authorized", 60)),
    (400, "RequestTimeoutException", Unclear("timeout")),
    (408, "NobodyKnowsThisException", Unclear("timeout")),
    (425, "NobodyKnowsThisException", Unclear("timeout")),
    (400, "InternalFailure", Unclear("provider_error")),
    (500, "InternalFailure", Unclear("provider_error")),
    (500, "BadRequestException", Unclear("provider_error")),
    (503, "ThrottlingException", Unclear("provider_error")),
    (503, "ServiceUnavailable", Unclear("provider_error")),
]


@pytest.mark.parametrize(("status", "code", "outcome"), REFUSALS)
def test_what_ses_refuses_was_not_sent_and_what_it_could_not_do_may_have_been(
    ses: AwsStandIn, status: int, code: str, outcome: Outcome
) -> None:
    ses.refuse(status, code)
    assert SesEmail(REGION, ses.endpoint).hand_over(parcel(EMAILS)) == outcome
    assert len(ses.asked) == 1, "one attempt is one call"


def test_what_botocore_knows_for_too_quick_is_worth_another_attempt(ses: AwsStandIn) -> None:
    codes = set(vars(ThrottledRetryableChecker)["_THROTTLED_ERROR_CODES"]) - {"LimitExceededException"}
    provider = SesEmail(REGION, ses.endpoint)
    for code in codes:
        ses.refuse(400, code)
        assert provider.hand_over(parcel(EMAILS)) == Refused("throttled", 1), code


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(body=None), "connection_lost"),
        (Answer(body=b'{"MessageId": "0100', cut=True), "connection_lost"),
        (Answer(body=b'{"MessageId": "0100'), "unreadable_answer"),
        (Answer(body=b"{}"), "unreadable_answer"),
        (Answer(body=b"\xff\xfe"), "unreadable_answer"),
        (Answer(body=b"[]"), "unreadable_answer"),
        (Answer(body=b'"x"'), "unreadable_answer"),
        (Answer(body=b"null"), "unreadable_answer"),
        (Answer(body=b'{"MessageId": 1}'), "unreadable_answer"),
        (Answer(502, b"\xff\xfe"), "unreadable_answer"),
        (Answer(502, b"<html>Bad Gateway</html>"), "provider_error"),
    ],
)
def test_an_answer_that_is_lost_leaves_it_unclear(ses: AwsStandIn, answer: Answer, reason: str) -> None:
    ses.answer = answer
    assert SesEmail(REGION, ses.endpoint).hand_over(parcel(EMAILS)) == Unclear(reason)
    assert len(ses.asked) == 1


def test_an_answer_that_takes_too_long_leaves_it_unclear(ses: AwsStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "_CONFIG", aws._CONFIG.merge(Config(read_timeout=0.2)))
    ses.answer = Answer(body=b'{"MessageId": "0100"}', after=1.0)
    assert SesEmail(REGION, ses.endpoint).hand_over(parcel(EMAILS)) == Unclear("timeout")
    assert len(ses.awaited()) == 1


def test_where_nobody_listens_nothing_was_sent() -> None:
    provider = SesEmail(REGION, f"http://127.0.0.1:{free_port()}")
    assert provider.hand_over(parcel(EMAILS)) == Refused("no_connection", 10)


@pytest.mark.parametrize(
    "to",
    [
        *["x<b@x.com", "a,b@x.com", "a@x.com>", "(c)b@x.com", "a;b@x.com", "a@x.com,b@x.com", "Mei <a@x.com>"],
        *["a@x.com\r\nBcc: b@x.com", "a@x.com\n", '"a b"@x.com', "美@x.com", "a@bücher.example", "mei", ""],
    ],
)
def test_what_is_not_one_plain_address_is_not_asked_of_ses(ses: AwsStandIn, to: str) -> None:
    """SES would read a name, or several recipients, out of it."""
    assert SesEmail(REGION, ses.endpoint).hand_over(parcel(EMAILS, to=to)) == Refused("invalid")
    assert ses.asked == []


@pytest.mark.parametrize("to", ["o'mei+club@x.example", "a..b.@docomo.example", "mei@xn--bcher-kva.example"])
def test_whatever_else_is_an_address_is_one(ses: AwsStandIn, to: str) -> None:
    assert SesEmail(REGION, ses.endpoint).hand_over(parcel(EMAILS, to=to)) == Accepted("0100-ses")
    assert ses.asked[0].json["Destination"] == {"ToAddresses": [to]}


def test_without_credentials_nothing_was_sent(ses: AwsStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    assert SesEmail(REGION, ses.endpoint).hand_over(parcel(EMAILS)) == Refused("not_authorized", 60)
    assert ses.asked == []


def test_what_botocore_finds_wanting_was_not_sent(ses: AwsStandIn) -> None:
    service = AwsService("sesv2", REGION, {}, ses.endpoint)
    assert service.attempt("send_email", {"Destination": {}}) == Refused("invalid")
    assert ses.asked == []


def test_a_connection_that_lay_idle_is_not_trusted(ses: AwsStandIn) -> None:
    """A function that slept would take the dead connection for a lost answer."""
    now = 0.0
    service = AwsService("sesv2", REGION, {}, ses.endpoint, clock=lambda: now)
    request: dict[str, Any] = {"Content": {}}
    for now in (1.0, 2.0, 30.0):  # noqa: B007 - the clock reads it
        assert service.attempt("send_email", request) == Accepted("0100-ses")

    first, second, third = (each.peer for each in ses.asked)
    assert first == second
    assert third != second


def test_a_message_for_another_channel_is_a_mistake_of_ours(ses: AwsStandIn) -> None:
    other = parcel(MessageChannel.SMS)
    with pytest.raises(ValueError, match="another channel"):
        SesEmail(REGION, ses.endpoint).hand_over(other)
    assert ses.asked == []

"""What the two SMS services of AWS are told, and which of their answers mean that an SMS was surely not sent (M23)."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from huitou.channels.model import Accepted, Outcome, Refused, Sender, Unclear
from huitou.channels.sms import EndUserMessagingSms, SnsSms
from huitou.kernel.channels import MessageChannel
from huitou.templates.making import Message
from huitou.templates.model import TemplateKind
from huitou.templates.sms import sms
from tests.aws_stand_in import Answer, AwsStandIn, aws_stand_in
from tests.contract.conftest import Endpoint
from tests.contract.targets import REGION
from tests.parcels import MESSAGE, parcel

SMS = MessageChannel.SMS


@pytest.fixture
def service() -> Iterator[AwsStandIn]:
    with aws_stand_in() as service:
        service.say(MessageId="sms-1")
        yield service


@pytest.mark.parametrize(
    ("kind", "called"), [(TemplateKind.SERVICE, "TRANSACTIONAL"), (TemplateKind.MARKETING, "PROMOTIONAL")]
)
def test_an_sms_carries_our_id_and_what_it_is_for(service: AwsStandIn, kind: TemplateKind, called: str) -> None:
    provider = EndUserMessagingSms(REGION, service.endpoint, "huitou")

    assert provider.hand_over(parcel(SMS, kind=kind)) == Accepted("sms-1")

    (asked,) = service.asked
    assert asked.json == {
        "DestinationPhoneNumber": "+886912345678",
        "OriginationIdentity": "Huitou",
        "MessageBody": "您有 120 點",
        "MessageType": called,
        "Context": {"message_id": MESSAGE},
        "ConfigurationSetName": "huitou",
    }


def test_without_a_configuration_set_none_is_named(service: AwsStandIn) -> None:
    EndUserMessagingSms(REGION, service.endpoint).hand_over(parcel(SMS))
    assert "ConfigurationSetName" not in service.asked[0].json


REFUSALS = [
    ("ThrottlingException", {}, Refused("throttled", 1)),
    (
        "ServiceQuotaExceededException",
        {"Reason": "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"},
        Refused("quota_exhausted", 3600, is_lasting=True),
    ),
    ("ServiceQuotaExceededException", {"Reason": "DAILY_DESTINATION_CALL_LIMIT"}, Refused("quota_exhausted", 3600)),
    ("AccessDeniedException", {}, Refused("not_authorized", 60)),
    ("AccessDeniedException", {"Reason": "ACCOUNT_DISABLED"}, Refused("account_suspended", 900)),
    ("ConflictException", {"Reason": "DESTINATION_PHONE_NUMBER_OPTED_OUT"}, Refused("blocked")),
    ("ConflictException", {"Reason": "DESTINATION_PHONE_NUMBER_NOT_VERIFIED"}, Refused("recipient_not_verified")),
    ("ConflictException", {"Reason": "RESOURCE_NOT_ACTIVE"}, Refused("not_set_up")),
    ("ResourceNotFoundException", {"ResourceType": "sender-id"}, Refused("sender_not_registered")),
    ("ResourceNotFoundException", {"ResourceType": "configuration-set"}, Refused("not_set_up")),
    ("ValidationException", {"Reason": "SENDER_ID_NOT_REGISTERED"}, Refused("sender_not_registered")),
    ("ValidationException", {"Reason": "COUNTRY_NOT_ENABLED"}, Refused("country_not_served")),
    ("ValidationException", {"Reason": "INVALID_PARAMETER"}, Refused("invalid")),
    ("ValidationException", {}, Refused("invalid")),
]


@pytest.mark.parametrize(("code", "fields", "outcome"), REFUSALS)
def test_what_end_user_messaging_refuses_was_not_sent(
    service: AwsStandIn, code: str, fields: dict[str, str], outcome: Outcome
) -> None:
    service.refuse(400, code, **fields)
    assert EndUserMessagingSms(REGION, service.endpoint).hand_over(parcel(SMS)) == outcome
    assert len(service.asked) == 1, "one attempt is one call"


def test_what_end_user_messaging_could_not_do_may_have_been_sent(service: AwsStandIn) -> None:
    service.refuse(500, "InternalServerException")
    assert EndUserMessagingSms(REGION, service.endpoint).hand_over(parcel(SMS)) == Unclear("provider_error")


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (400, "InvalidParameter", Refused("invalid")),
        (400, "Throttling", Refused("throttled", 1)),
        (400, "Throttled", Refused("throttled", 1)),
        (403, "AuthorizationError", Refused("not_authorized", 60)),
        (403, "InvalidClientTokenId", Refused("not_authorized", 60)),
        (400, "RequestExpired", Refused("not_authorized", 60)),
        (500, "InternalError", Unclear("provider_error")),
        (503, "Throttling", Unclear("provider_error")),
        (503, "ServiceUnavailable", Unclear("provider_error")),
    ],
)
def test_what_sns_refuses_was_not_sent(service: AwsStandIn, status: int, code: str, outcome: Outcome) -> None:
    service.refuse_in_xml(status, code)
    assert SnsSms(REGION, service.endpoint).hand_over(parcel(SMS)) == outcome
    assert len(service.asked) == 1, "one attempt is one call"


@pytest.mark.parametrize("way", [EndUserMessagingSms, SnsSms])
def test_an_answer_that_is_lost_leaves_it_unclear(
    service: AwsStandIn, way: type[EndUserMessagingSms] | type[SnsSms]
) -> None:
    service.answer = Answer(body=None)
    assert way(REGION, service.endpoint).hand_over(parcel(SMS)) == Unclear("connection_lost")
    assert len(service.asked) == 1


@pytest.mark.parametrize("body", [b"\xff\xfe", b"", b"<PublishResponse/>", b"{}"])
def test_an_answer_of_sns_that_is_none_leaves_it_unclear(service: AwsStandIn, body: bytes) -> None:
    service.answer = Answer(body=body)
    assert SnsSms(REGION, service.endpoint).hand_over(parcel(SMS)) == Unclear("unreadable_answer")


def test_words_that_no_request_can_hold_were_not_sent(service: AwsStandIn) -> None:
    halved = parcel(SMS, message=Message({}, sms=sms("\ud83d")))
    assert SnsSms(REGION, service.endpoint).hand_over(halved) == Refused("invalid")
    assert service.asked == []


@pytest.mark.parametrize(
    ("sender", "origin"),
    [
        ("Huitou", "AWS.SNS.SMS.SenderID"),
        ("+886900000001", "AWS.MM.SMS.OriginationNumber"),
        ("12345", "AWS.MM.SMS.OriginationNumber"),
    ],
)
def test_sns_is_told_who_sends_and_what_it_is_for(endpoint_of: Endpoint, sender: str, origin: str) -> None:
    endpoint = endpoint_of("emulator")
    given = parcel(SMS, kind=TemplateKind.MARKETING, sender=Sender("group", sender))

    outcome = SnsSms(REGION, endpoint).hand_over(given)

    assert isinstance(outcome, Accepted)
    sent = httpx.get(f"{endpoint}/_ministack/sns/sms-messages", params={"phoneNumber": given.to}).json()
    (mine,) = (each for each in sent["sms_messages"][given.to] if each["MessageId"] == outcome.provider_id)
    told = {name: value["StringValue"] for name, value in mine["MessageAttributes"].items()}
    assert told == {origin: sender, "AWS.SNS.SMS.SMSType": "Promotional"}

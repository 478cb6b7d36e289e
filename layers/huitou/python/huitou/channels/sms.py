"""SMS by AWS: End User Messaging, which carries our id to its events, and SNS, which does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from huitou.channels.aws import AwsService
from huitou.channels.model import MESSAGE_TAG, Outcome, Parcel, written
from huitou.channels.reasons import (
    BLOCKED,
    EXHAUSTED,
    INVALID,
    NOT_SERVED,
    NOT_SET_UP,
    NOT_VERIFIED,
    SPENT,
    SUSPENDED,
    UNREGISTERED,
)
from huitou.templates.model import TemplateKind

_REFUSALS: Final = {
    "AccessDeniedException.ACCOUNT_DISABLED": SUSPENDED,
    "AccessDeniedException.INSUFFICIENT_ACCOUNT_REPUTATION": SUSPENDED,
    "ConflictException": NOT_SET_UP,
    "ConflictException.DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION": NOT_SERVED,
    "ConflictException.DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE": BLOCKED,
    "ConflictException.DESTINATION_PHONE_NUMBER_NOT_VERIFIED": NOT_VERIFIED,
    "ConflictException.DESTINATION_PHONE_NUMBER_OPTED_OUT": BLOCKED,
    "ConflictException.NO_ORIGINATION_IDENTITIES_FOUND": UNREGISTERED,
    "ResourceNotFoundException": UNREGISTERED,
    "ResourceNotFoundException.configuration-set": NOT_SET_UP,
    "ServiceQuotaExceededException": EXHAUSTED,
    "ServiceQuotaExceededException.MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT": SPENT,
    "ValidationException": INVALID,
    "ValidationException.COUNTRY_NOT_ENABLED": NOT_SERVED,
    "ValidationException.DESTINATION_COUNTRY_BLOCKED": NOT_SERVED,
    "ValidationException.INTERNATIONAL_SENDING_NOT_SUPPORTED": NOT_SERVED,
    "ValidationException.INVALID_IDENTITY_FOR_DESTINATION_COUNTRY": UNREGISTERED,
    "ValidationException.SENDER_ID_NOT_REGISTERED": UNREGISTERED,
    "ValidationException.SENDER_ID_NOT_SUPPORTED": UNREGISTERED,
    "ValidationException.SENDER_ID_REQUIRES_REGISTRATION": UNREGISTERED,
}
_REFUSALS_OF_SNS: Final = {"InvalidParameter": INVALID, "ParameterValueInvalid": INVALID}


class EndUserMessagingSms:
    """`Provider`; built once per function. It knows no retry key, so a repeat is a second SMS.

    ``configuration_set`` is where it reports what becomes of SMS; None: it does not.
    """

    repeats_safely_for: timedelta | None = None

    def __init__(self, region: str, endpoint: str | None = None, configuration_set: str | None = None) -> None:
        self._service = AwsService("pinpoint-sms-voice-v2", region, _REFUSALS, endpoint)
        self._more = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def hand_over(self, parcel: Parcel) -> Outcome:
        request = {
            "DestinationPhoneNumber": parcel.to,
            "OriginationIdentity": parcel.sender.identity,
            "MessageBody": written(parcel.message.sms).text,
            "MessageType": "PROMOTIONAL" if parcel.kind is TemplateKind.MARKETING else "TRANSACTIONAL",
            "Context": {MESSAGE_TAG: parcel.id},
        }
        return self._service.attempt("send_text_message", request | self._more)


class SnsSms:
    """`Provider`; built once per function. SNS tells nobody what became of which message; a repeat is a second SMS."""

    repeats_safely_for: timedelta | None = None

    def __init__(self, region: str, endpoint: str | None = None) -> None:
        self._sns = AwsService("sns", region, _REFUSALS_OF_SNS, endpoint)

    def hand_over(self, parcel: Parcel) -> Outcome:
        identity = parcel.sender.identity
        origin = "AWS.MM.SMS.OriginationNumber" if identity.lstrip("+").isdigit() else "AWS.SNS.SMS.SenderID"
        kind = "Promotional" if parcel.kind is TemplateKind.MARKETING else "Transactional"
        request: dict[str, Any] = {
            "PhoneNumber": parcel.to,
            "Message": written(parcel.message.sms).text,
            "MessageAttributes": {origin: _text(identity), "AWS.SNS.SMS.SMSType": _text(kind)},
        }
        return self._sns.attempt("publish", request)


def _text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}

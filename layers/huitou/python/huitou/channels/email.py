"""Email by Amazon SES, API v2."""

from __future__ import annotations

import re
from datetime import timedelta
from email.header import Header
from email.utils import formataddr
from typing import Any, Final

from huitou.channels.aws import AwsService
from huitou.channels.model import MESSAGE_TAG, Outcome, Parcel, Sender, written
from huitou.channels.reasons import EXHAUSTED, INVALID, NOT_SET_UP, REJECTED, SUSPENDED, THROTTLED, UNREGISTERED

_REFUSALS: Final = {
    "AccountSuspendedException": SUSPENDED,
    "BadRequestException": INVALID,
    "LimitExceededException": EXHAUSTED,
    "MailFromDomainNotVerifiedException": UNREGISTERED,
    "MessageRejected": REJECTED,
    "NotFoundException": NOT_SET_UP,
    "SendingPausedException": SUSPENDED,
    "TooManyRequestsException": THROTTLED,
}
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
"""One address, without a name: SES reads a header's syntax, in which others may stand, and no letters but ASCII."""


class SesEmail:
    """`Provider`; built once per function. SES knows no retry key, so a repeat is a second email.

    ``configuration_set`` is where SES reports what becomes of emails; None: it does not.
    """

    repeats_safely_for: timedelta | None = None

    def __init__(self, region: str, endpoint: str | None = None, configuration_set: str | None = None) -> None:
        self._ses = AwsService("sesv2", region, _REFUSALS, endpoint)
        self._more = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def hand_over(self, parcel: Parcel) -> Outcome:
        request = _request(parcel) | self._more
        return self._ses.attempt("send_email", request) if _ADDRESS.fullmatch(parcel.to) else INVALID


def _request(parcel: Parcel) -> dict[str, Any]:
    """Raises `ValueError` where the message is no email."""
    email = written(parcel.message.email)
    return {
        "FromEmailAddress": _mailbox(parcel.sender),
        "Destination": {"ToAddresses": [parcel.to]},
        "Content": {
            "Simple": {
                "Subject": _text(_line(email.subject)),
                "Body": {"Text": _text(email.text), "Html": _text(email.html)},
                "Headers": _way_out(parcel.unsubscribe_url),
            }
        },
        "EmailTags": [{"Name": MESSAGE_TAG, "Value": parcel.id}],
    }


def _text(data: str) -> dict[str, str]:
    return {"Data": data, "Charset": "UTF-8"}


def _way_out(url: str | None) -> list[dict[str, str]]:
    """One click in the mailbox itself (RFC 8058)."""
    if url is None:
        return []
    return [
        {"Name": "List-Unsubscribe", "Value": f"<{url}>"},
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
    ]


def _mailbox(sender: Sender) -> str:
    """In ASCII: SES takes a name with other letters only in encoded words, of 75 characters at most (RFC 2047)."""
    name, address = _line(sender.name), _line(sender.identity)
    if name.isascii():
        return formataddr((name, address))
    return f"{Header(name, 'utf-8', maxlinelen=75).encode(linesep='')} <{address}>"


def _line(text: str) -> str:
    """A line break would begin another header."""
    return " ".join(text.splitlines())

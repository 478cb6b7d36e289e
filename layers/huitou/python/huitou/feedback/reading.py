"""Which provider a report is from. Both publish JSON to one topic, whose messages come as they were sent."""

from __future__ import annotations

import json
from typing import Final

from huitou.feedback.end_user_messaging import KINDS, read_sms_report
from huitou.feedback.model import Report, UnreadableReportError
from huitou.feedback.ses import read_email_report
from huitou.kernel.errors import InvalidError

_GREETING: Final = "Successfully validated SNS topic"
"""SES sends a sentence that begins so when it is told of the topic."""


def read_report(text: str) -> Report | None:
    """None: nothing is said of a message of ours. Raises `UnreadableReportError`."""
    if text.startswith(_GREETING):
        return None
    try:
        event = json.loads(text)
        is_sms = event["eventType"].startswith(KINDS)
        return read_sms_report(event) if is_sms else read_email_report(event)
    except (InvalidError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableReportError("The report is none that a provider sends.") from error

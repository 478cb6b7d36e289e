"""What SES and End User Messaging tell, as they write it, for tests that hear of it."""

from __future__ import annotations

import json
from typing import Any

from tests.builders import MEI
from tests.outbox import planned
from tests.serving import sample

MESSAGE = str(planned().id)
assert MESSAGE.startswith(MEI)

Told = dict[str, Any]


def told(case: str, message: str | None = MESSAGE, **changes: Any) -> Told:
    """The sample of ``events/hear_providers.*``, about this message."""
    (record,) = sample(f"hear_providers.{case}")["Records"]
    event: Told = {**json.loads(record["body"]), **changes}
    if "mail" in event:
        event["mail"]["tags"]["message_id"] = [message] if message else []
    else:
        event["context"] = {"message_id": message} if message else {}
    return event


def emailed(kind: str, **part: Any) -> Told:
    """What SES tells of this kind, where its samples have none."""
    return {**told("delivery"), "eventType": kind, **part}


def bounced(kind: str = "Permanent", sub_kind: str = "General", message: str | None = MESSAGE) -> Told:
    event = told("bounce", message)
    event["bounce"] |= {"bounceType": kind, "bounceSubType": sub_kind}
    return event


def complained(message: str | None = MESSAGE, **part: Any) -> Told:
    event = told("complaint", message)
    event["complaint"] |= part
    return event


def texted(kind: str, *, is_final: bool = True, message: str | None = MESSAGE) -> Told:
    return told("sms", message, eventType=kind, isFinal=is_final)


def record_of(event: Told | str) -> dict[str, Any]:
    """As the queue delivers it."""
    (record,) = sample("hear_providers.delivery")["Records"]
    return {**record, "body": event if isinstance(event, str) else json.dumps(event)}

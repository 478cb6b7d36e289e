"""A queue from both ends: sending in batches, and working through what arrives.

The worker's end reports each message that failed, so that its neighbours are neither stopped nor repeated (E21,
E28). It is a loop of our own: Powertools' batch utility costs 0.3 s of import.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.config import Config
from botocore.session import get_session

from huitou.kernel.streams import Record

MOST_MESSAGES = 10
"""SQS's limit for one call."""
MOST_DELAY = 900
"""SQS's limit, in seconds."""
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 3, "mode": "standard"})


class SqsQueue:
    """One queue in SQS; built once per function. A queue out of reach raises botocore's own error."""

    def __init__(self, url: str, region: str, endpoint: str | None = None) -> None:
        self._url = url
        self._client: Any = get_session().create_client("sqs", region, endpoint_url=endpoint, config=_CONFIG)

    def send(self, messages: Sequence[tuple[str, int]]) -> Mapping[int, str]:
        """Sends bodies, each to be delivered so many seconds later, ten at a time.

        Answers which were refused, by their place in ``messages``, with SQS's code; the others are on their way.
        """
        refused: dict[int, str] = {}
        for start in range(0, len(messages), MOST_MESSAGES):
            entries = [
                {"Id": str(place), "MessageBody": body, "DelaySeconds": min(delay, MOST_DELAY)}
                for place, (body, delay) in enumerate(messages[start : start + MOST_MESSAGES], start)
            ]
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            refused |= {int(each["Id"]): each["Code"] for each in answer.get("Failed", ())}
        return refused

    def waiting(self) -> int:
        """About how many messages no worker has taken yet, without those that are delayed."""
        name = "ApproximateNumberOfMessages"
        answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=[name])
        return int(answer["Attributes"][name])


def each_message(
    event: Mapping[str, Any], handle: Callable[[str], None], failed: Callable[[Exception], None]
) -> dict[str, list[dict[str, str]]]:
    """Hands the body of each message of an SQS event to ``handle``; as `each_record`."""
    return each_record(event, lambda record: handle(record["body"]), failed)


def each_record(
    event: Mapping[str, Any], handle: Callable[[Record], None], failed: Callable[[Exception], None]
) -> dict[str, list[dict[str, str]]]:
    """Hands each message of an SQS event to ``handle``, whole; answers with those to be delivered again.

    ``failed`` hears of each exception: after some attempts, the queue sets the message aside.
    """
    again = []
    for record in event["Records"]:
        try:
            handle(record)
        except Exception as error:
            failed(error)
            again.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": again}

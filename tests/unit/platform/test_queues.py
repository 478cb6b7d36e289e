"""Both ends of a queue: what was not sent is told, and one bad message concerns nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from huitou.platform.queues import SqsQueue, each_message

URL = "https://sqs.ap-northeast-1.amazonaws.com/123456789012/due"


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SqsQueue, Stubber]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    queue = SqsQueue(URL, "ap-northeast-1")
    with Stubber(queue._client) as answers:
        yield queue, answers
        answers.assert_no_pending_responses()


def sent(first: int, *messages: tuple[str, int]) -> dict[str, Any]:
    """The call that sends these messages, of which the first has this place."""
    entries = [
        {"Id": str(place), "MessageBody": body, "DelaySeconds": delay}
        for place, (body, delay) in enumerate(messages, first)
    ]
    return {"QueueUrl": URL, "Entries": entries}


def failure(place: int, code: str) -> dict[str, Any]:
    return {"Id": str(place), "Code": code, "SenderFault": False}


def test_messages_go_ten_at_a_time_and_those_refused_are_named_with_their_reason(
    sqs: tuple[SqsQueue, Stubber],
) -> None:
    """E28: also where the first ten had failures, the others are sent."""
    queue, answers = sqs
    messages = [(f"m{number}", number) for number in range(12)]
    busy = [failure(0, "InternalError"), failure(9, "InternalError")]
    answers.add_response("send_message_batch", {"Successful": [], "Failed": busy}, sent(0, *messages[:10]))
    strange = [failure(11, "InvalidMessageContents")]
    answers.add_response("send_message_batch", {"Successful": [], "Failed": strange}, sent(10, *messages[10:]))
    assert queue.send(messages) == {0: "InternalError", 9: "InternalError", 11: "InvalidMessageContents"}


def test_no_message_is_delayed_by_more_than_the_queue_can(sqs: tuple[SqsQueue, Stubber]) -> None:
    """It then comes too early, and its worker hands it back."""
    queue, answers = sqs
    answers.add_response("send_message_batch", {"Successful": [], "Failed": []}, sent(0, ("m", 900)))
    assert queue.send([("m", 3_600)]) == {}


def test_nothing_to_send_is_no_call(sqs: tuple[SqsQueue, Stubber]) -> None:
    assert sqs[0].send([]) == {}


def test_what_waits_is_counted_without_what_a_worker_has_taken(sqs: tuple[SqsQueue, Stubber]) -> None:
    queue, answers = sqs
    name = "ApproximateNumberOfMessages"
    answers.add_response(
        "get_queue_attributes", {"Attributes": {name: "7"}}, {"QueueUrl": URL, "AttributeNames": [name]}
    )
    assert queue.waiting() == 7


def test_a_message_that_fails_is_the_only_one_to_come_again() -> None:
    """E21, E28"""
    handled: list[str] = []
    heard: list[Exception] = []

    def handle(body: str) -> None:
        if body == "bad":
            raise KeyError(body)
        handled.append(body)

    records = [{"messageId": f"id-{number}", "body": body} for number, body in enumerate(["a", "bad", "b"])]
    assert each_message({"Records": records}, handle, heard.append) == {
        "batchItemFailures": [{"itemIdentifier": "id-1"}]
    }
    assert handled == ["a", "b"]
    assert [type(error) for error in heard] == [KeyError]

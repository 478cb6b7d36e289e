"""``huitou redrive``: what nobody could handle goes back to its queue, once somebody has mended why."""

from __future__ import annotations

import json
import os
from enum import StrEnum
from typing import Annotated, Any, Final

import boto3
import typer

from cli.deploy import LOCAL, Stage, outputs_of
from cli.local_stack import require
from cli.tools import CommandError, out

HIDDEN_SECONDS: Final = 60
"""For how long nobody else sees what is being moved."""
LOOK_SECONDS: Final = 1
"""So long every part of the queue is asked: an answer of nothing means that there is nothing."""
AT_ONCE: Final = 10
"""SQS's limit for one call."""


class Queue(StrEnum):
    """Those that have a worker, by the output of the service stack that names each."""

    DUE = "due"
    MESSAGES = "messages"
    SERVICE_MESSAGES = "service-messages"
    REPORTS = "reports"

    @property
    def output(self) -> str:
        return f"{self.title().replace('-', '')}Queue"


def redrive(
    queue: Annotated[Queue, typer.Argument(help="Whose dead letters go back to it.")], stage: Stage = LOCAL
) -> None:
    """Puts what failed five times back into its queue; what fails again returns. It can be repeated, or broken off."""
    url = outputs_of(stage).get(queue.output)
    if url is None:
        raise CommandError(f"{stage} has no such queue: it was deployed by an earlier version")
    sqs = require().client("sqs") if stage == LOCAL else boto3.client("sqs", region_name=os.environ.get("AWS_REGION"))
    moved, refused = move(sqs, dead_letters_of(sqs, url), url)
    if refused:
        raise CommandError(f"{moved:,} went back to {queue}; {refused:,} were refused and stay: run it again")
    out.print(f"{moved:,} went back to {queue}.")


def move(sqs: Any, source: str, target: str) -> tuple[int, int]:
    """How many were moved, and how many the target refused. Each is sent before it is deleted: nothing can be lost.

    Whoever is broken off in between leaves some in both; all workers know what comes twice (E21).
    """
    moved = refused = 0
    asked = {"MaxNumberOfMessages": AT_ONCE, "VisibilityTimeout": HIDDEN_SECONDS, "WaitTimeSeconds": LOOK_SECONDS}
    while messages := sqs.receive_message(QueueUrl=source, **asked).get("Messages"):
        sent = [{"Id": str(place), "MessageBody": each["Body"]} for place, each in enumerate(messages)]
        answer = sqs.send_message_batch(QueueUrl=target, Entries=sent)
        taken = [int(each["Id"]) for each in answer.get("Successful", ())]
        if taken:
            done = [{"Id": str(place), "ReceiptHandle": messages[place]["ReceiptHandle"]} for place in taken]
            sqs.delete_message_batch(QueueUrl=source, Entries=done)
        moved, refused = moved + len(taken), refused + len(messages) - len(taken)
    return moved, refused


def dead_letters_of(sqs: Any, url: str) -> str:
    """The queue that takes what fails in this one."""
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    arn: str = json.loads(told["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"]
    return str(sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"])

"""The function `serve_webhooks`: what LINE signs, and nothing else, is heard."""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import boto3
import pytest

from huitou.kernel.channels import MessageChannel
from huitou.suppressions.model import SuppressionGround, destination
from tests.contract.targets import REGION
from tests.serving import LINE_CHANNEL_SECRET, both_tables, sample
from tests.webhooks import USER, event, signature, webhook

HELLO = {"type": "text", "id": "1", "quoteToken": "q", "text": "hello"}


class Line:
    """The function, called as LINE calls it."""

    def __init__(self) -> None:
        self.module: Any = importlib.reload(importlib.import_module("functions.serve_webhooks.handler"))

    def tell(self, *events: Any) -> int:
        body = webhook(*events)
        return self.send(body, signature(body, LINE_CHANNEL_SECRET))[0]

    def send(self, body: str, signed: str | None, channel: str = "huitou", *, packed: bool = False) -> tuple[int, Any]:
        call = sample("serve_webhooks.line")
        call["pathParameters"] = {"channel": channel}
        call["path"] = call["resource"].format(channel=channel)
        call["body"] = base64.b64encode(body.encode()).decode() if packed else body
        call["isBase64Encoded"] = packed
        for headers, value in (("headers", signed), ("multiValueHeaders", [signed])):
            if signed is None:
                del call[headers]["X-Line-Signature"]
            else:
                call[headers]["X-Line-Signature"] = value
        answer = self.module.handler(call, None)
        return answer["statusCode"], json.loads(answer["body"] or "null")

    def fault(self, user: str = USER, channel: str = "huitou") -> SuppressionGround | None:
        found = self.module.followers._suppressions.of(destination(MessageChannel.LINE, user, channel))
        return found.ground if found else None

    def items(self) -> list[Any]:
        client: Any = boto3.client("dynamodb", region_name=REGION)
        items: list[Any] = client.scan(TableName="members")["Items"]
        return items


@pytest.fixture
def line() -> Iterator[Line]:
    with both_tables():
        yield Line()


def test_the_sample_is_heard(line: Line) -> None:
    assert line.module.handler(sample("serve_webhooks.line"), None)["statusCode"] == 200
    assert line.fault() is SuppressionGround.BLOCKED


def test_who_blocks_the_account_gets_nothing_until_they_follow_it_again(line: Line) -> None:
    assert line.tell(event("unfollow", 1000)) == 200
    assert line.fault() is SuppressionGround.BLOCKED
    assert line.fault(channel="maru") is None
    assert line.tell(event("follow", 2000)) == 200
    assert line.fault() is None


@pytest.mark.parametrize("order", list(permutations(["unfollow", "follow", "unfollow again"])))
@pytest.mark.parametrize("last", ["follow", "unfollow again"])
def test_delivered_again_and_in_any_order_the_latest_counts(line: Line, order: tuple[str, ...], last: str) -> None:
    """E26."""
    at = {"unfollow": 1000, "follow": 3000 if last == "follow" else 2000, "unfollow again": 2500}
    for name in (*order, *order[::-1]):
        line.tell(event(name.split(" ")[0], at[name], deliveryContext={"isRedelivery": True}))
    assert line.fault() is (None if last == "follow" else SuppressionGround.BLOCKED)


def test_of_a_user_nothing_is_kept_but_a_digest(line: Line) -> None:
    """E25."""
    line.tell(event("follow", 1000), event("message", 2000, message=HELLO))
    (kept,) = line.items()
    assert USER not in str(kept)


def test_other_events_are_passed_over(line: Line) -> None:
    body = webhook(event("message", 1, message=HELLO), event("follow", 2, None), event("something new", 3))
    assert line.send(body, signature(body, LINE_CHANNEL_SECRET))[0] == 200
    assert line.tell() == 200
    assert line.items() == []


def test_a_body_is_verified_as_it_came(line: Line) -> None:
    """Also with blanks, with letters of all kinds, and packed by the gateway."""
    body = "  " + webhook(event("unfollow", 1000, note="回頭 \u00e9")) + "\n"
    for packed in (False, True):
        assert line.send(body, signature(body, LINE_CHANNEL_SECRET), packed=packed)[0] == 200
    assert line.fault() is SuppressionGround.BLOCKED


@pytest.mark.parametrize(
    ("secret", "channel", "change"),
    [
        ("another", "huitou", ""),
        (LINE_CHANNEL_SECRET, "maru", ""),
        (LINE_CHANNEL_SECRET, "HUITOU", ""),
        (LINE_CHANNEL_SECRET, "huitou", " "),
    ],
)
def test_what_line_has_not_signed_is_refused_and_nothing_done(
    line: Line, secret: str, channel: str, change: str
) -> None:
    """A channel that nobody knows is answered alike."""
    body = webhook(event("unfollow", 1000))
    status, problem = line.send(body + change, signature(body, secret), channel)
    assert (status, problem["code"]) == (403, "invalid_signature")
    assert line.items() == []


@pytest.mark.parametrize("signed", [None, "", "x", "回頭", 44 * "A"])
def test_nor_is_what_bears_no_signature(line: Line, signed: str | None) -> None:
    status, problem = line.send(webhook(event("unfollow", 1000)), signed)
    assert (status, problem["code"]) == (403, "invalid_signature")
    assert line.items() == []


@pytest.mark.parametrize("body", ["{}", '{"events": 1}', '{"events": [1]}', '{"events": [{"type": "unfollow"}]}'])
def test_what_is_signed_and_none_of_lines_is_refused(line: Line, body: str) -> None:
    status, problem = line.send(body, signature(body, LINE_CHANNEL_SECRET))
    assert (status, problem["code"]) == (422, "unreadable_webhook")

"""LINE is asked once for each message, whatever happens to its answers (E26)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from huitou.channels.line import KNOWN_FOR, LinePush
from huitou.channels.model import Accepted, Outcome, Refused, Sender, Unclear
from huitou.kernel.channels import MessageChannel
from huitou.kernel.errors import UnavailableError
from huitou.templates.making import Message
from tests.aws_stand_in import Answer, aws_stand_in
from tests.contract.targets import free_port
from tests.line_stand_in import CONSUMPTION, KEY_LIFE, QUOTA, LineStandIn, line_stand_in
from tests.parcels import parcel

LINE = MessageChannel.LINE
TOKEN = "token-of-huitou"
OTHER_KEY = "123e4567-e89b-12d3-a456-426614174001"


@pytest.fixture
def line() -> Iterator[LineStandIn]:
    with line_stand_in({TOKEN: "huitou", "token-of-maru": "maru"}) as line:
        yield line


def provider(line: LineStandIn, token: str | None = TOKEN) -> LinePush:
    return LinePush(lambda _: token, line.endpoint)


def test_a_push_is_made_with_the_token_of_its_channel(line: LineStandIn) -> None:
    tokens = {"huitou": TOKEN, "maru": "token-of-maru"}
    push = LinePush(tokens.get, line.endpoint)

    given = parcel(LINE)
    push.hand_over(given)

    (got,) = line.delivered
    assert (got.channel, got.to, got.text) == ("huitou", given.to, given.message.line)


def test_a_repeat_of_what_was_accepted_is_the_first_one(line: LineStandIn) -> None:
    """The answer to the first attempt never came."""
    line.loses_answers = True
    assert provider(line).hand_over(parcel(LINE)) == Unclear("connection_lost")
    line.loses_answers = False

    repeated = provider(line).hand_over(parcel(LINE))

    (got,) = line.delivered
    assert repeated == Accepted(got.request_id)
    assert provider(line).hand_over(parcel(LINE)) == repeated
    assert len(line.delivered) == 1


def test_another_key_is_another_message(line: LineStandIn) -> None:
    push = provider(line)
    first, second = push.hand_over(parcel(LINE)), push.hand_over(parcel(LINE, retry_key=OTHER_KEY))
    assert first != second
    assert [Accepted(got.request_id) for got in line.delivered] == [first, second]


def test_a_repeat_is_safe_for_as_long_as_the_provider_says_and_no_longer_than_line_remembers() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with line_stand_in({TOKEN: "huitou"}, now=lambda: now) as line:
        push = provider(line)
        assert push.repeats_safely_for is not None
        first = push.hand_over(parcel(LINE))

        now += push.repeats_safely_for
        assert push.hand_over(parcel(LINE)) == first
        assert len(line.delivered) == 1

        now += KEY_LIFE - push.repeats_safely_for
        assert timedelta(0) < KEY_LIFE - push.repeats_safely_for
        assert push.hand_over(parcel(LINE)) != first
        assert len(line.delivered) == 2


def test_what_is_for_somebody_who_blocked_the_account_is_accepted_and_goes_nowhere(line: LineStandIn) -> None:
    given = parcel(LINE)
    line.blocked.add(given.to)
    assert isinstance(provider(line).hand_over(given), Accepted)
    assert line.delivered == []


SPENT = Refused("quota_exhausted", 3600, is_lasting=True)


def test_a_used_up_plan_and_too_many_calls_are_told_apart(line: LineStandIn) -> None:
    line.quota = 1
    assert isinstance(provider(line).hand_over(parcel(LINE)), Accepted)
    assert provider(line).hand_over(parcel(LINE, retry_key=OTHER_KEY)) == SPENT
    assert line.asked == [QUOTA, CONSUMPTION]
    line.too_quick = True
    assert provider(line).hand_over(parcel(LINE, retry_key=OTHER_KEY)) == Refused("throttled", 1)
    assert len(line.delivered) == 1
    assert line.asked == [QUOTA, CONSUMPTION]


def test_what_another_delivery_keeps_in_reserve_comes_back_and_the_plan_is_asked_once(line: LineStandIn) -> None:
    """LINE refuses in the same words; its count says that the month has messages left."""
    push = provider(line)
    line.quota, line.used, line.reserved = 100, 20, 80
    assert [push.hand_over(parcel(LINE)) for _ in range(3)] == [Refused("quota_exhausted", 3600)] * 3
    assert (line.calls, line.asked) == (3, [QUOTA, CONSUMPTION])
    line.reserved = 0
    assert isinstance(push.hand_over(parcel(LINE)), Accepted)


def test_under_a_plan_that_is_used_up_nothing_is_pushed_for_some_minutes(line: LineStandIn) -> None:
    """Nor asked; another sender has a plan of its own, and a larger one is found soon."""
    now, tokens = 1_000.0, {"huitou": TOKEN, "maru": "token-of-maru"}
    push = LinePush(tokens.get, line.endpoint, clock=lambda: now)
    line.quota = line.used = 100
    assert [push.hand_over(parcel(LINE)) for _ in range(5)] == [SPENT] * 5
    assert (line.calls, line.asked) == (1, [QUOTA, CONSUMPTION])

    push.hand_over(parcel(LINE, sender=Sender("maru", "maru")))
    assert line.calls == 2

    line.quota, now = 200, now + KNOWN_FOR
    assert isinstance(push.hand_over(parcel(LINE)), Accepted)


def test_a_repeat_is_made_under_a_used_up_plan_too_for_it_tells_what_became_of_the_first(line: LineStandIn) -> None:
    push = provider(line)
    line.quota = 1
    first = push.hand_over(parcel(LINE))
    assert push.hand_over(parcel(LINE, retry_key=OTHER_KEY)) == SPENT
    assert push.hand_over(parcel(LINE, is_repeat=True)) == first
    assert len(line.delivered) == 1


@pytest.mark.parametrize(
    "said",
    [
        Answer(500, b"{}"),
        Answer(body=None),
        Answer(body=b"[]"),
        Answer(body=b"null"),
        Answer(body=b'{"type": "limited"}'),
        Answer(body=b'{"type": "none"}'),
        Answer(body=b'{"type": "?", "value": 1}'),
    ],
)
def test_where_line_does_not_say_what_is_left_the_words_of_its_refusal_are_believed_for_an_hour(said: Answer) -> None:
    with aws_stand_in() as service:
        service.answer, service.told = Answer(429, b'{"message": "You have reached your monthly limit."}'), said
        push = LinePush(lambda _: TOKEN, service.endpoint)
        assert push.hand_over(parcel(LINE)) == Refused("quota_exhausted", 3600)


@pytest.mark.parametrize("key", ["1", "123e4567e89b12d3a456426614174000"])
def test_a_retry_key_that_is_no_uuid_is_refused(line: LineStandIn, key: str) -> None:
    assert provider(line).hand_over(parcel(LINE, retry_key=key)) == Refused("invalid")
    assert line.delivered == []


@pytest.mark.parametrize("to", ["mei", "C4af4980629b1a2c3d4e5f60718293a4b", ""])
def test_who_is_no_user_of_line_gets_nothing(line: LineStandIn, to: str) -> None:
    assert provider(line).hand_over(parcel(LINE, to=to)) == Refused("invalid")
    assert line.delivered == []


def test_a_text_that_line_does_not_take_is_refused(line: LineStandIn) -> None:
    too_long = parcel(LINE, message=Message({}, line="點" * 5001))
    assert provider(line).hand_over(too_long) == Refused("invalid")


def test_a_token_that_ended_is_refused_and_worth_another_attempt(line: LineStandIn) -> None:
    assert provider(line, "old").hand_over(parcel(LINE)) == Refused("not_authorized", 60)


def test_without_a_token_line_is_not_asked(line: LineStandIn) -> None:
    assert provider(line, None).hand_over(parcel(LINE)) == Refused("not_set_up")
    assert line.calls == 0


def test_while_the_secret_cannot_be_fetched_line_is_not_asked(line: LineStandIn) -> None:
    def tokens(_: str) -> str:
        raise UnavailableError("A secret could not be fetched.")

    assert LinePush(tokens, line.endpoint).hand_over(parcel(LINE)) == Refused("not_authorized", 60)
    assert line.calls == 0


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Refused("invalid")),
        (403, Refused("not_authorized", 60)),
        (404, Refused("invalid")),
        (408, Unclear("timeout")),
        (413, Refused("invalid")),
        (425, Unclear("timeout")),
        (500, Unclear("provider_error")),
        (503, Unclear("provider_error")),
    ],
)
def test_what_line_refuses_was_not_sent_and_what_it_could_not_do_may_have_been(
    line: LineStandIn, status: int, outcome: Outcome
) -> None:
    line.failing = status
    assert provider(line).hand_over(parcel(LINE)) == outcome
    assert line.calls == 1, "one attempt is one call"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(body=None), "connection_lost"),
        (Answer(body=b'{"sentMessages": [', cut=True), "connection_lost"),
        (Answer(body=b'{"sentMessages": ['), "unreadable_answer"),
        (Answer(body=b"{}"), "unreadable_answer"),
        (Answer(body=b"\xff\xfe"), "unreadable_answer"),
        (Answer(body=b"[]"), "unreadable_answer"),
        (Answer(body=b'"x"'), "unreadable_answer"),
        (Answer(body=b"null"), "unreadable_answer"),
        (Answer(content_type="application/json; charset=foo"), "unreadable_answer"),
        (Answer(502, b"\xff\xfe"), "unreadable_answer"),
        (Answer(302, b""), "provider_error"),
    ],
)
def test_an_answer_that_is_lost_leaves_it_unclear(answer: Answer, reason: str) -> None:
    with aws_stand_in() as service:
        service.answer = answer
        assert LinePush(lambda _: TOKEN, service.endpoint).hand_over(parcel(LINE)) == Unclear(reason)
        assert len(service.asked) == 1


def test_an_answer_that_takes_too_long_leaves_it_unclear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitou.channels.line.TIMEOUTS", (1.0, 0.2))
    with aws_stand_in() as service:
        service.answer = Answer(after=1.0)
        assert LinePush(lambda _: TOKEN, service.endpoint).hand_over(parcel(LINE)) == Unclear("timeout")
        assert len(service.awaited()) == 1


def test_where_nobody_listens_nothing_was_sent() -> None:
    push = LinePush(lambda _: TOKEN, f"http://127.0.0.1:{free_port()}")
    assert push.hand_over(parcel(LINE)) == Refused("no_connection", 10)


def test_a_message_for_another_channel_is_a_mistake_of_ours(line: LineStandIn) -> None:
    other = parcel(MessageChannel.SMS)
    with pytest.raises(ValueError, match="another channel"):
        provider(line).hand_over(other)
    assert line.calls == 0

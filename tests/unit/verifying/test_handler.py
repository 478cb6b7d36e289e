"""M39 over HTTP: a code is asked for, is in no answer and no log, and is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.ids import MemberId, OwnedId
from huitou.outbox.store import TableOutbox
from huitou.platform.table import Table
from huitou.verifying.codes import OneTimeCodes
from huitou.verifying.store import TableVerifications
from tests.builders import at
from tests.contract.targets import REGION
from tests.serving import CODE_SECRET, MEI, Loaded, both_tables, enrol_mei, publish, sample
from tests.templates import speaking, template, text
from tests.verifying import another

NOW = at("2026-03-02 12:00")
CODE = template(id="code", kind="service", texts=[text(email=None, sms="{{ code }}", line=None)])
SAID = speaking(CODE)
PUBLISHED = {**SAID, "messages": {**SAID["messages"], "verification": {"template": "code"}}}


class Desk:
    """The function, and Mei, who joined maru with a phone number."""

    def __init__(self) -> None:
        publish(PUBLISHED)
        self.functions = Loaded("serve_verifications")
        self.table = Table("members", REGION)
        enrol_mei(self.table, self.functions.programs, NOW - timedelta(hours=1))

    def ask(self, key: str, body: dict[str, Any] | None = None, brand: str = "maru") -> tuple[int, Any]:
        asked = _about_mei("begin", brand, MEI)
        asked["headers"]["Idempotency-Key"] = key
        asked["multiValueHeaders"]["Idempotency-Key"] = [key]
        asked["body"] = json.dumps(body) if body else asked["body"]
        return self._answer(asked)

    def say(self, verification: str, code: str) -> tuple[int, Any]:
        said = _about_mei("confirm", "maru", MEI)
        said["pathParameters"]["verification_id"] = verification
        said["path"] = f"/v1/members/{MEI}/verifications/{verification}"
        said["body"] = json.dumps({"code": code})
        return self._answer(said)

    def code(self, verification: str) -> str:
        """What comes to her telephone."""
        member, key = verification.split("-")
        found = TableVerifications(self.table).load(OwnedId(MemberId(member), key))
        assert found is not None
        return OneTimeCodes(lambda: CODE_SECRET).of(found)

    def _answer(self, asked: dict[str, Any]) -> tuple[int, Any]:
        self.functions.modules["serve_verifications"].app._clock = lambda: NOW
        answer = self.functions.answer(asked)
        return answer["statusCode"], json.loads(answer["body"])


def _about_mei(call: str, brand: str, member: str) -> dict[str, Any]:
    asked: dict[str, Any] = sample(f"serve_verifications.{call}")
    asked["requestContext"]["authorizer"]["brand"] = brand
    asked["pathParameters"]["member_id"] = member
    asked["path"] = f"/v1/members/{member}/verifications"
    return asked


@pytest.fixture
def desk() -> Iterator[Desk]:
    with both_tables():
        yield Desk()


def test_a_code_is_asked_for_and_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    status, begun = desk.ask("code-1")
    verification = begun["verification_id"]
    assert (status, begun) == (
        201,
        {
            "verification_id": verification,
            "member_id": MEI,
            "channel": "sms",
            "state": "waiting",
            "tries_left": 5,
            "begun_at": "2026-03-02T04:00:00.000Z",
            "expires_at": "2026-03-02T04:10:00.000Z",
            "confirmed_at": None,
            "replayed": False,
        },
    )
    code = desk.code(verification)
    assert desk.ask("code-1") == (200, {**begun, "replayed": True})

    status, wrong = desk.say(verification, another(code))
    assert (status, wrong["code"], wrong["tries_left"]) == (422, "wrong_code", 4)

    status, confirmed = desk.say(verification, code)
    assert (status, confirmed["state"], confirmed["tries_left"]) == (200, "confirmed", 4)
    assert confirmed["identity"]["status"] == "verified"
    (claim,) = confirmed["identity"]["claims"]
    assert (claim["brand"], claim["method"]) == ("maru", "sms_code")
    logged = capsys.readouterr().out
    assert code not in logged
    assert "912345678" not in logged


def test_the_message_that_brings_it_has_its_id_and_ends_with_it(desk: Desk) -> None:
    begun = desk.ask("code-1")[1]
    member, key = begun["verification_id"].split("-")
    message = TableOutbox(desk.table).load(OwnedId(MemberId(member), key))
    assert message is not None
    assert message.is_code
    assert (message.template, message.brand, message.channels) == ("code", "maru", ("sms",))
    assert message.expires_at == NOW + timedelta(minutes=10)
    assert "912345678" not in repr(message)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"phone": "12"}, 422, "validation_failed"),
        ({"phone": "0912-345-678", "email": "mei@example.com"}, 422, "validation_failed"),
        ({"line": {"provider": "1650000000", "user_id": "U1"}}, 422, "validation_failed"),
        ({"email": "mei@example.com"}, 422, "channel_not_written"),
    ],
)
def test_a_code_goes_to_one_address_that_the_template_speaks_to(
    desk: Desk, body: dict[str, Any], status: int, code: str
) -> None:
    answered, problem = desk.ask("code-1", body)
    assert (answered, problem["code"]) == (status, code)


def test_five_codes_in_an_hour(desk: Desk) -> None:
    for number in range(5):
        assert desk.ask(f"code-{number}")[0] == 201
    status, problem = desk.ask("code-5")
    assert (status, problem["code"], problem["again_at"]) == (409, "too_many_codes", "2026-03-02T05:00:00.000Z")


@pytest.mark.parametrize("said", ["12345", "1234567", "abcdef", "４２８９１３"])
def test_what_can_be_no_code_takes_no_try(desk: Desk, said: str) -> None:
    verification = desk.ask("code-1")[1]["verification_id"]
    assert desk.say(verification, said)[1]["code"] == "validation_failed"
    assert desk.ask("code-1")[1]["tries_left"] == 5


@pytest.mark.parametrize("named", [f"{MEI}-01KAJ3XQ5T8Z4V7N2R6W9YBCDE", "nothing"])
def test_what_nobody_began_is_not_there(desk: Desk, named: str) -> None:
    status, problem = desk.say(named, "428913")
    assert (status, problem["code"]) in {(404, "verification_not_found"), (404, "not_found")}

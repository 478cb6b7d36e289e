"""Verifications (M39): from a call over the outbox to a mailbox, and from there back to the member's record; once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.e2e.calls import found, refusal, unique
from tests.e2e.mailbox import Mei, spoken, writing
from tests.e2e.platform import Platform, eventually
from tests.templates import template, text

SAYS_THE_CODE = text(sms=None, line=None, email={"subject": "Your code", "body": "It is {{ code }}."})
CODE = template(id="code", kind="service", texts=[SAYS_THE_CODE])


@pytest.fixture(scope="module", autouse=True)
def _spoken(api: httpx.Client, platform: Platform) -> Iterator[None]:
    said = spoken(verification={"template": "code"})
    with writing(api, platform, {**said, "templates": [*said["templates"], CODE]}):
        yield


class Person(Mei):
    """Somebody who was enrolled with a mailbox, and reads what comes there."""

    def __init__(self, api: httpx.Client, platform: Platform) -> None:
        super().__init__(api, platform)
        body = {"identities": [{"email": self.address}], "brand": "maru"}
        self.id = str(api.post("/v1/members", json=body).json()["member_id"])
        self.path = f"/v1/members/{self.id}"

    def ask(self, key: str) -> httpx.Response:
        headers = {"Idempotency-Key": key}
        return self._api.post(f"{self.path}/verifications", headers=headers, json={"email": self.address})

    def codes(self) -> list[str]:
        """That have come."""
        return [re.findall("It is (.*)\\.", each["BodyText"])[0] for each in self.mails()]

    def say(self, verification: str, code: str) -> httpx.Response:
        return self._api.post(f"{self.path}/verifications/{verification}", json={"code": code})


@pytest.fixture
def mei(api: httpx.Client, platform: Platform) -> Person:
    return Person(api, platform)


def test_who_reads_the_code_proves_that_the_mailbox_is_theirs(mei: Person) -> None:
    """E14: the repeated call sends no other code."""
    key = unique("code")
    asked, again = mei.ask(key), mei.ask(key)
    assert (asked.status_code, again.status_code) == (201, 200), asked.text
    verification = asked.json()["verification_id"]
    assert again.json()["verification_id"] == verification
    assert eventually(lambda: mei.message(verification)["state"] == "accepted")
    (code,) = mei.codes()
    assert re.fullmatch("[0-9]{6}", code)

    wrong = refusal(mei.say(verification, _another(code)), 422, "wrong_code")
    assert wrong["tries_left"] == 4
    first, second = found(mei.say(verification, code)), found(mei.say(verification, code))

    assert first == second
    assert (first["state"], first["identity"]["status"]) == ("confirmed", "verified")
    (identity,) = found(mei._api.get(mei.path))["identities"]
    assert identity == first["identity"]
    assert mei.codes() == [code]
    kept = str(mei._platform.items_about(mei.id))
    assert verification.partition("-")[2] in kept
    assert not re.search(rf"(?<!\w){code}(?!\w)", kept)


def test_of_many_guesses_at_once_five_are_heard(mei: Person) -> None:
    """E18"""
    verification = mei.ask(unique("code")).json()["verification_id"]
    assert eventually(lambda: mei.message(verification)["state"] == "accepted")
    (code,) = mei.codes()
    with ThreadPoolExecutor(8) as crowd:
        answers: list[Any] = list(crowd.map(lambda _: mei.say(verification, _another(code)).json(), range(12)))
    assert sorted(each["tries_left"] for each in answers if each["code"] == "wrong_code") == [0, 1, 2, 3, 4]
    assert refusal(mei.say(verification, code), 409, "verification_over")["state"] == "exhausted"


def test_codes_of_one_brand_at_once_are_all_sent_and_counted(api: httpx.Client, platform: Platform) -> None:
    """They meet at the brand's counters alone."""
    people = [Person(api, platform) for _ in range(8)]
    before = _counted(platform)
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda each: each.ask(unique("code")), people))
    assert {each.status_code for each in answers} == {201}
    assert _counted(platform) == before + 8


def _counted(platform: Platform) -> int:
    """In all hours, of all brands."""
    counters = (item for key, item in platform.items().items() if "CODES#brand#" in key[0] and "HOURS#01#" in key[1])
    return sum(int(item["sent"]["N"]) for item in counters)


def test_an_address_gets_so_many_codes_however_many_ask_at_once(mei: Person) -> None:
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: mei.ask(unique("code")), range(8)))
    assert sorted(each.status_code for each in answers) == [201] * 5 + [409] * 3
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"too_many_codes"}


def _another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"

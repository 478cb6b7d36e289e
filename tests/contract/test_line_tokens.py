"""The tokens of LINE's channels are in one secret, which may change while functions run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from huitou.channels.line_tokens import LineTokens
from huitou.kernel.errors import UnavailableError
from huitou.platform.secrets import MINUTES, Secret
from tests.aws_stand_in import Answer, aws_stand_in
from tests.contract.targets import REGION


@pytest.fixture
def secrets() -> Iterator[Any]:
    with mock_aws():
        client: Any = boto3.client("secretsmanager", region_name=REGION)
        client.create_secret(Name="line", SecretString=json.dumps({"huitou": {"access_token": "first"}}))
        yield client


def test_a_token_is_found_by_the_name_of_its_channel(secrets: Any) -> None:
    tokens = LineTokens(Secret("line", REGION))
    assert tokens("huitou") == "first"
    assert tokens("maru") is None


def test_a_new_token_is_known_after_some_minutes(secrets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0 * 60 * MINUTES
    monkeypatch.setattr(time, "time", lambda: now)
    tokens = LineTokens(Secret("line", REGION))
    assert tokens("huitou") == "first"
    secrets.put_secret_value(SecretId="line", SecretString=json.dumps({"huitou": {"access_token": "second"}}))

    now += 60 * MINUTES - 1
    assert tokens("huitou") == "first"
    now += 1
    assert tokens("huitou") == "second"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '"huitou"', '{"huitou": "first"}', '{"huitou": {}}', '{"huitou": null}']
)
def test_a_secret_of_another_form_has_no_tokens(secrets: Any, text: str) -> None:
    secrets.create_secret(Name="other", SecretString=text or " ")
    assert LineTokens(Secret("other", REGION))("huitou") is None


@pytest.mark.parametrize("token", ["", "abc\n", "a b", "…", None, 1, {"a": "b"}])
def test_what_cannot_stand_in_a_header_is_no_token(secrets: Any, token: object) -> None:
    secrets.create_secret(Name="other", SecretString=json.dumps({"huitou": {"access_token": token}}))
    assert LineTokens(Secret("other", REGION))("huitou") is None


def test_a_secret_that_is_no_text_is_out_of_reach(secrets: Any) -> None:
    secrets.create_secret(Name="binary", SecretBinary=b"\x00")
    with pytest.raises(UnavailableError):
        LineTokens(Secret("binary", REGION))("huitou")


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[]", b"null", b"{}"])
def test_a_secret_whose_answer_cannot_be_read_is_out_of_reach(body: bytes) -> None:
    with aws_stand_in() as service:
        service.answer = Answer(body=body)
        with pytest.raises(UnavailableError):
            LineTokens(Secret("line", REGION, service.endpoint))("huitou")


def test_a_secret_that_is_not_there_is_out_of_reach(secrets: Any) -> None:
    with pytest.raises(UnavailableError):
        LineTokens(Secret("nowhere", REGION))("huitou")

"""Metrics are written when something was counted; pauses grow and end."""

from __future__ import annotations

import json
import time

import boto3
import pytest
from moto import mock_aws

from huitou.kernel.errors import ConflictError
from huitou.platform.observability import Facts, Observer, described
from huitou.platform.pauses import LONGEST_SECONDS, pause
from huitou.platform.secrets import Secret
from tests.contract.targets import REGION


def test_what_was_counted_is_written_once_as_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    observer = Observer("tests")
    observer.count("DueBooked", 2)
    observer.count("DueBooked")
    observer.count("DueFailed", 0)

    observer.flush()
    observer.flush()

    (line,) = capsys.readouterr().out.splitlines()
    metric = json.loads(line)
    assert metric["DueBooked"] == [2, 1]
    assert metric["service"] == "tests"
    assert "DueFailed" not in metric
    assert metric["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Huitou"


def test_a_fact_that_no_line_may_hold_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    facts: Facts = {"member": "01M", "phone": "+886912345678"}  # type: ignore[typeddict-unknown-key]  # what it refuses

    Observer("left_out").log("answered", facts)

    line = json.loads(capsys.readouterr().out)
    assert line["member"] == "01M"
    assert "phone" not in line


def test_an_exception_is_described_with_what_it_came_from_and_without_its_text() -> None:
    try:
        try:
            raise KeyError("+886912345678")
        except KeyError as error:
            raise ConflictError("+886912345678") from error
    except ConflictError as error:
        description = described(error)

    assert description["error"] == ["ConflictError", "KeyError"]
    assert "+886912345678" not in json.dumps(description)


@pytest.mark.parametrize(("failures", "bound"), [(1, 0.02), (3, 0.08), (5, 0.25), (1000, 0.25)])
def test_pauses_double_up_to_a_quarter_of_a_second(
    monkeypatch: pytest.MonkeyPatch, failures: int, bound: float
) -> None:
    """E18."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)

    for _ in range(200):
        pause(failures)

    assert LONGEST_SECONDS == 0.25
    assert 0.8 * bound < max(slept) <= bound


def test_a_secret_is_fetched_at_first_use_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("secretsmanager", region_name=REGION)
        secret = Secret("of-its-own", REGION)  # a text is fetched once per process, whoever asks
        client.create_secret(Name="of-its-own", SecretString="first")
        assert secret.text() == "first"
        client.put_secret_value(SecretId="of-its-own", SecretString="second")
        assert secret.text() == "first"

"""The three functions of results, fed with the samples of `events/`, from the request to what is found."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.campaigns import SEGMENTS, campaign
from tests.contract.targets import REGION
from tests.office import PUBLISHED
from tests.serving import BUCKET, publish, sample, states_and_files

NAMES = ("serve_results", "measure_campaign", "report_result")


class Functions:
    """As the Lambda service runs them."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {
            name: importlib.reload(importlib.import_module(f"functions.{name}.handler")) for name in NAMES
        }

    def call(self, case: str) -> tuple[int, Any]:
        answer = self._loaded["serve_results"].handler(sample(f"serve_results.{case}"), None)
        return answer["statusCode"], json.loads(answer["body"])

    def measure(self, part: int) -> Any:
        event = sample("measure_campaign")
        return self._loaded["measure_campaign"].handler({**event, "chunk": {"part": part}}, None)

    def report(self, case: str) -> Any:
        return self._loaded["report_result"].handler(sample(case), None)


@pytest.fixture
def functions() -> Iterator[Functions]:
    with states_and_files("result"):
        publish({**PUBLISHED, "segments": SEGMENTS, "campaigns": [campaign()]})
        yield Functions()


def test_the_samples_tell_the_story_of_a_result(functions: Functions) -> None:
    """M21"""
    assert functions.call("get")[1]["code"] == "result_not_found"
    status, asked = functions.call("create")
    assert (status, asked["status"], asked["findings"]) == (202, "running", None)
    assert asked["result_id"] == sample("measure_campaign")["run"]["result_id"]
    listed: Any = boto3.client("s3", region_name=REGION)
    manifest = listed.get_object(Bucket=BUCKET, Key=sample("report_result")["manifest_key"])["Body"].read()
    for chunk in json.loads(manifest):
        assert functions.measure(chunk["part"]) == {"part": chunk["part"], "done": 0}
    assert functions.report("report_result") == {"result_id": asked["result_id"], "status": "completed"}
    status, found = functions.call("get")
    assert (status, found["is_exact"], found["findings"]["verdicts"]["net"]) == (200, True, "not_enough_data")
    assert functions.call("create")[0] == 200


def test_one_that_did_not_end_well_is_failed(functions: Functions) -> None:
    functions.call("create")
    assert functions.report("report_result.failure")["status"] == "failed"
    assert functions.call("get")[1]["findings"] is None

"""The served description says what the code does."""

from __future__ import annotations

import json
import re

from cli.openapi import SAMPLES, apps, text, written
from huitou.access.model import PERMISSIONS
from huitou.program.model import GROUP
from infra.routes import PUBLIC, ROUTES


def test_what_one_process_has_written_another_would_write_again() -> None:
    """Whatever the order of a set is in either; and it is what this working tree says."""
    assert written().read_text("utf-8") == text()


def test_a_component_says_by_its_name_what_it_belongs_to() -> None:
    """`Status` or `Format` would become a class of that name in every client."""
    names = json.loads(written().read_text("utf-8"))["components"]["schemas"]

    assert {name for name in names if len(re.findall("[A-Z]", name)) == 1} == {"Gender", "Problem"}


def test_every_call_needs_the_permission_that_its_description_names() -> None:
    """M35: each sample is refused to a key that has all permissions but that one."""
    described = json.loads(written().read_text("utf-8"))["paths"]
    refused = set()
    for function, app in zip(ROUTES, apps(), strict=True):
        for sample in sorted(SAMPLES.glob(f"{function}.*.json")):
            event = json.loads(sample.read_text("utf-8"))
            if f"{event['httpMethod']} {event['resource']}" in PUBLIC:
                continue
            (needed,) = described[event["resource"]][event["httpMethod"].lower()]["security"]
            (permission,) = needed["key"]
            others = " ".join(each for each in PERMISSIONS if each != permission)
            event["requestContext"]["authorizer"] |= {"brand": GROUP, "permissions": others}
            app.begin(event)
            answer = app.resolve(event, None)
            assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (403, "missing_permission"), sample
            refused.add(f"{event['httpMethod']} {event['resource']}")
    assert refused == {line for lines in ROUTES.values() for line in lines} - set(PUBLIC)


def test_the_gateway_knows_every_route_that_is_described_and_no_other() -> None:
    described = {
        f"{method.upper()} {path}"
        for path, operations in json.loads(written().read_text("utf-8"))["paths"].items()
        for method in operations
    }

    assert described == {line for lines in ROUTES.values() for line in lines}

"""What links in messages begin with (M25), as CloudFormation works it out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from infra.routes import PUBLIC_URL
from tests.infra.conftest import Deployment

OWN = "https://m.huitou.example"
EMULATOR = "http://127.0.0.1:4571"
PSEUDO = {"AWS::Region": "ap-northeast-1", "AWS::URLSuffix": "amazonaws.com"}


def begins_links(deployment: Deployment, told: str) -> str:
    """Where ``told`` is the parameter; `Id` is whatever id the gateway gets."""
    variables = deployment.function("dispatch_messages")["Environment"]["Variables"]
    return str(worked_out(variables["HUITOU_PUBLIC_URL"], told))


def worked_out(value: Any, told: str) -> Any:
    """The few functions of CloudFormation that there are in it."""
    match value:
        case {"Ref": name}:
            return {**PSEUDO, PUBLIC_URL: told}.get(name, "Id")
        case {"Fn::If": [_, of_told, of_nothing]}:
            return worked_out(of_told if told else of_nothing, told)
        case {"Fn::Join": [between, parts]}:
            return between.join(worked_out(each, told) for each in parts)
    return value


def test_it_is_the_gateways_own_address_where_nobody_says_another(production: Deployment) -> None:
    assert production.parameters[PUBLIC_URL]["Default"] == ""
    assert begins_links(production, "") == "https://Id.execute-api.ap-northeast-1.amazonaws.com/live"


def test_it_is_what_is_told_and_here_what_the_emulator_has_below_it(production: Deployment, local: Deployment) -> None:
    assert begins_links(production, OWN) == OWN
    assert begins_links(local, EMULATOR) == f"{EMULATOR}/_aws/execute-api/Id/live"


@pytest.mark.parametrize("address", ["", OWN, f"{OWN}/club"])
def test_addresses_of_ones_own_are_taken(production: Deployment, address: str) -> None:
    assert re.fullmatch(production.parameters[PUBLIC_URL]["AllowedPattern"], address)


@pytest.mark.parametrize(
    "address", ["m.huitou.example", EMULATOR, f"{OWN}/", f"{OWN} x", f"{OWN}//x", f"{OWN}?a", "https://"]
)
def test_but_not_what_is_unencrypted_and_what_cannot_be_gone_on_with(production: Deployment, address: str) -> None:
    assert not re.fullmatch(production.parameters[PUBLIC_URL]["AllowedPattern"], address)


def test_only_on_this_machine_may_it_be_unencrypted(local: Deployment) -> None:
    assert re.fullmatch(local.parameters[PUBLIC_URL]["AllowedPattern"], EMULATOR)

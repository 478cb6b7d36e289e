"""What docs/ and the READMEs show is what the code does: error codes, calls, stored items, samples, links."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import pytest

import huitou
from cli.items import TYPES
from cli.openapi import written
from huitou.erasing.store import WordsItem
from huitou.jobs.store import JobItem
from huitou.kernel.errors import DomainError
from huitou.platform.openapi import BY_GATEWAY
from huitou.platform.problems import INTERNAL, status_of
from huitou.platform.table import Item
from huitou.purchases.store import SaleItem
from huitou.standing.store import DueItem
from infra.constructs.api import REFUSALS
from infra.routes import ROUTES
from infra.sources import ROOT
from tests.descriptions import answer_of
from tests.guide import API_GUIDE, AS_IT_STANDS, DATA_MODEL, Guide, refreshed

EVENTS_PAGE = ROOT / "events" / "README.md"
DOCUMENTS = [ROOT / "README.md", EVENTS_PAGE, *sorted((ROOT / "docs").glob("*.md"))]
ABSTRACT = {SaleItem, DueItem, WordsItem, JobItem}
"""No item is only this: what kinds have in common, and what the due index shows of a wallet."""


# --- error codes ---


def every_class_below(kind: type[Any]) -> set[type[Any]]:
    """All that the product defines, wherever."""
    for module in pkgutil.walk_packages(huitou.__path__, "huitou."):
        importlib.import_module(module.name)
    found: set[type[Any]] = set()
    rest = [kind]
    while rest:
        below = [each for each in rest.pop().__subclasses__() if each.__module__.startswith("huitou.")]
        found.update(below)
        rest += below
    return found


def codes_of_the_code() -> dict[str, set[int]]:
    """Each code with the statuses that it comes with: of our errors, of the gateway, of rejected rows (no status)."""
    codes: dict[str, set[int]] = {INTERNAL.code: {INTERNAL.status}}
    for error in every_class_below(DomainError):
        codes.setdefault(error.code, set()).add(status_of(error))
    for _, status, code, _ in REFUSALS:
        codes.setdefault(code, set()).update({status} if status else ())
    for answered, code in BY_GATEWAY.items():
        codes.setdefault(code, set()).add(int(answered))
    sources = (ROOT / "layers/huitou/python/huitou/imports").glob("*.py")
    for code in re.findall(r'Rejection\([^"]*"([a-z_]+)"', "\n".join(path.read_text() for path in sources)):
        codes.setdefault(code, set())
    return codes


def catalogue() -> dict[str, set[int]]:
    """The codes in the guide's tables; one without a status stands in the second."""
    rows = re.findall(
        r"^\| `([a-z_]+)` \| ([^|]*) \| [^|]+ \|$", API_GUIDE.read_text().partition("## Error codes")[2], re.M
    )
    assert len(rows) == len(dict(rows)), "a code stands twice"
    return {code: {int(status) for status in re.findall(r"\d{3}", place)} for code, place in rows}


def test_every_error_code_is_in_the_catalogue_with_its_status_and_no_other() -> None:
    """E30: a stable code for every refusal."""
    listed, known = catalogue(), codes_of_the_code()

    assert sorted(known.keys() - listed.keys()) == [], "missing in docs/api.md"
    assert sorted(listed.keys() - known.keys()) == [], "stale in docs/api.md"
    assert {code: statuses for code, statuses in listed.items() if statuses and statuses != known[code]} == {}


# --- calls ---


@pytest.fixture(scope="module")
def guide() -> Guide:
    """Both pages as the code would have them."""
    return refreshed()


def test_the_guide_shows_what_the_functions_answer(guide: Guide) -> None:
    assert API_GUIDE.read_text() == guide.api, "run `make docs`"


def test_the_data_model_shows_what_the_functions_store(guide: Guide) -> None:
    assert DATA_MODEL.read_text() == guide.data_model, "run `make docs`"


class Exchange(NamedTuple):
    """A request as the guide shows it, and the answer below it; a body may be left out."""

    method: str
    path: str
    body: Any
    status: int
    answer: Any


def exchanges() -> list[Exchange]:
    blocks = re.findall(r"^```http\n(.*?)^```", API_GUIDE.read_text(), re.M | re.S)
    requests, answers = blocks[::2], blocks[1::2]
    assert len(requests) == len(answers)
    return [_exchange(request, answer) for request, answer in zip(requests, answers, strict=True)]


def _exchange(request: str, answer: str) -> Exchange:
    method, target = request.split("\n", 1)[0].split(" ")
    status = answer.split(" ")[1]
    return Exchange(method, target.partition("?")[0], _body(request), int(status), _body(answer))


def _body(message: str) -> Any:
    """None where there is none, or a form."""
    head, _, text = message.partition("\n\n")
    return json.loads(text) if text.strip() and not any(header in head for header in AS_IT_STANDS) else None


@cache
def description() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(written().read_text())
    return document


def route_of(exchange: Exchange) -> str:
    """The template of a path; the longer one where two fit (``/lookup`` is no member)."""
    fitting = [
        path for path in description()["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), exchange.path)
    ]
    return str(min(fitting, key=lambda path: path.count("{")))


def misfits(body: Any, content: Any) -> Iterator[str]:
    """Where a body does not fit the schema that the description gives it, or has a field that this does not know."""
    ((_, declared),) = content.items()
    schema = {**declared["schema"], "components": description()["components"]}
    yield from (
        f"{error.instance_path}: {error.message}" for error in jsonschema_rs.validator_for(schema).iter_errors(body)
    )


def test_every_call_is_shown() -> None:
    shown = {f"{exchange.method} {route_of(exchange)}" for exchange in exchanges()}

    assert shown == {line for lines in ROUTES.values() for line in lines}


@pytest.mark.parametrize("exchange", exchanges(), ids=lambda exchange: f"{exchange.method} {exchange.path}")
def test_what_is_shown_of_a_call_fits_its_description(exchange: Exchange) -> None:
    operation = description()["paths"][route_of(exchange)][exchange.method.lower()]
    declared = answer_of(description(), operation, str(exchange.status))

    if exchange.body is not None and exchange.status < 400:
        assert list(misfits(exchange.body, operation["requestBody"]["content"])) == []
    if exchange.answer is not None:
        assert list(misfits(exchange.answer, declared["content"])) == []


# --- stored items ---


class Shown(NamedTuple):
    """An item as the data model shows it: the class that stores it, and DynamoDB's letter for each attribute."""

    kind: str
    attributes: dict[str, str]


def shown_items() -> list[Shown]:
    blocks = re.findall(r"^```text (\w+)\n(.*?)^```", DATA_MODEL.read_text(), re.M | re.S)
    line = re.compile(r"^(\w+) +(S|N|B|M|SS|BOOL) +\S", re.M)
    return [Shown(kind, dict(line.findall(text))) for kind, text in blocks]


def kinds_of_items() -> dict[str, type[Item]]:
    return {kind.__name__: kind for kind in every_class_below(Item) - ABSTRACT}


def test_every_kind_of_item_is_shown() -> None:
    text = DATA_MODEL.read_text()

    assert {shown.kind for shown in shown_items()} == kinds_of_items().keys()
    assert [name for name in TYPES if f"`{name}`" not in text] == [], "as `huitou local items` calls them"


@pytest.mark.parametrize("shown", shown_items(), ids=lambda shown: shown.kind)
def test_an_item_is_shown_with_the_attributes_that_the_code_stores(shown: Shown) -> None:
    attributes = kinds_of_items()[shown.kind].get_attributes().values()
    letters = {attribute.attr_name: attribute.attr_type for attribute in attributes}
    required = {attribute.attr_name for attribute in attributes if not attribute.null}

    assert {name: letter for name, letter in shown.attributes.items() if letters.get(name) != letter} == {}
    assert required - shown.attributes.keys() == set()


# --- samples and links ---


def test_every_sample_is_listed_with_the_function_it_is_for() -> None:
    listed = dict(re.findall(r"^\| \[([\w.]+)\]\(\1\) \| [^|]+ \| `(\w+)` \|", EVENTS_PAGE.read_text(), re.M))

    assert listed.keys() == {path.name for path in EVENTS_PAGE.parent.glob("*.json")}
    assert listed == {name: name.split(".")[0] for name in listed}
    assert [
        function for function in listed.values() if not (ROOT / "functions" / function / "handler.py").exists()
    ] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for target, _, anchor in (link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", document.read_text())):
        if target.startswith("https:"):
            continue
        path = (document.parent / target).resolve() if target else document
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
            assert anchor in {
                re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
            }

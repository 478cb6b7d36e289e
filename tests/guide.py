"""Keeps the examples of docs/ true: `make docs` sends every request that docs/api.md shows to the real
functions, writes their answers below them, and the items that docs/data-model.md shows as they were stored.

It runs in this process, over moto, with a fixed clock and fixed ids, so the same code gives the same pages:
tests/unit/test_documents.py fails where they differ. A new call is documented by writing its request and an empty
answer below it. Where an answer is shown without its body, it stays so.
"""

from __future__ import annotations

import importlib
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from statistics import mean
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import parse_qsl

import boto3
from moto import mock_aws
from ulid import ULID

from cli.call import laid_out
from cli.items import described, weights_of
from cli.openapi import written
from huitou.access.model import PERMISSIONS
from huitou.access.service import KeyService
from huitou.access.store import TableKeys
from huitou.campaigns.calling import LISTED_WITHIN
from huitou.campaigns.draw_store import TableDraws
from huitou.campaigns.drawing import initials
from huitou.campaigns.model import Draw, Journey, JourneyId, Turn, TurnOutcome
from huitou.campaigns.occasion_store import TableOccasions
from huitou.campaigns.occasions import Occasion, OccasionId
from huitou.campaigns.ports import DrawId, Kept
from huitou.campaigns.store import TableJourneys
from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId, OwnedId
from huitou.kernel.instants import format_instant, to_millis
from huitou.members.identity import IdentityHasher
from huitou.outbox.model import Cause
from huitou.outbox.store import TableOutbox
from huitou.platform.keys import DUE_SHARDS, MEMBER_SHARDS
from huitou.platform.table import Table
from huitou.points.budget_store import TableBudgets
from huitou.points.budgets import BudgetId, split
from huitou.rewards.store import TableCoupons
from huitou.segment_composition import segments_on
from huitou.standing.clock import AHEAD
from huitou.standing.store import TableWatermarks
from huitou.suppressions.model import SuppressionGround, Word, destination
from huitou.suppressions.service import Suppressions
from huitou.suppressions.store import TableSuppressions
from huitou.templates.model import TemplateKind
from infra.routes import ROUTES
from infra.sources import ROOT
from tests.builders import at
from tests.contract.targets import REGION, create_table
from tests.coupons import coupon
from tests.gateway import request
from tests.outbox import planned

API_GUIDE = ROOT / "docs" / "api.md"
DATA_MODEL = ROOT / "docs" / "data-model.md"

NOW = at("2026-11-21 18:30")
"""When the first request is sent; each later one comes a second after the one before."""
CALLS_SHOWN = 299
"""There may be as many: what no call shows comes after them, at the same time also when one is added."""
MEI = MemberId("01KAJ3XQ5T8Z4V7N2R6W9YBCDE")
FANG = MemberId("01KAJ3Y2M6R8C5W7T3P9X4HFGK")
"""Is given points, merged, parted again and forgotten."""
HUI = MemberId("01KAJ3Z8N4Q6D7X5S2V9B3KHTM")
"""Comes with the import."""
OPENED = OwnedId(MemberId("01KAJ40B7Y9F2H4K6M8P1R3T5V"), "01KAJ40C8Z1G3J5M7P9R2T4V6X")
"""A message with a link."""
BRAND_KEY = {"key_id": "3f9a1c7e5b2d8046", "brand": "maru", "permissions": " ".join(PERMISSIONS)}
GROUP_KEY = {**BRAND_KEY, "key_id": "8d1c6a340b7ef251", "brand": "group"}
AS_IT_STANDS = ("Content-Type: application/x-www-form-urlencoded", "X-Line-Signature: ")
"""Headers of bodies that the description says nothing of: forms, and what is signed to the letter."""
LINK_SECRET = json.dumps({"current": "1", "1": "a secret of the guide"})
LINE_SECRET = json.dumps({"huitou": {"channel_secret": "8f2a6c1d4e7b9035a1c2d3e4f5061728"}})
BUCKET = "imports"
TABLES = ("members", "program")
WIDEST = 150
"""Longer values of items are cut."""

_EXCHANGE = re.compile(r"^```http\n(?P<asked>.*?)^```\n```http\n(?P<answered>.*?)^```", re.M | re.S)
_ITEM = re.compile(r"^```text (?P<kind>\w+)\n(?P<shown>.*?)^```", re.M | re.S)
_ROWS = re.compile(r"^```json\n(?P<rows>\{\"type\".*?)^```", re.M | re.S)
_WEIGHTS = re.compile(r"(?<=^\| --- \| --- \| --- \|\n)(?:^\| `[A-Z]+` \|.*\n)+", re.M)
_PACKED = re.compile(r"\(\d+ bytes\)")
"""How small depends on the machine's zlib."""
_SELDOM = (
    *(
        "EVENT",
        "CONSENT",
        "COMMAND",
        "MESSAGE",
        "PRESSURE",
        "VERIFICATION",
        "CODES",
        "COUNTER",
        "JOURNEY",
        "COUPON",
        "COUPONCODE",
        "DRAW",
        "SUPPRESSION",
        "REFUND",
        "WAITING",
        "MERGE",
        "MERGED",
        "OPENING",
        "SHARD",
        "POSITION",
    ),
    *("LISTED", "ACCOUNT", "SUMS", "MONTH", "LAST", "SIMULATION", "FINDINGS", "REBUILD", "COUNT", "RESULT", "PROGRESS"),
    *("ERASURE", "WATERMARKS"),
)
"""Types of items that are there once somebody has called for them."""
_ADDRESSES = IdentityHasher(lambda: "a secret of the guide")
_SIGNED = re.compile(r'https://[^"]*?/(imports/[^"?]+)\?[^"]*')


class Guide(NamedTuple):
    """Both pages as the code would have them."""

    api: str
    data_model: str


def refreshed() -> Guide:
    """The pages with today's answers and items."""
    text = API_GUIDE.read_text()
    written()  # one of the calls asks for it
    with _cloud() as cloud:
        cloud.let_mailboxes_bounce()
        cloud.send_a_link()
        cloud.give_a_coupon()
        answers = {exchange.start(): cloud.answer(exchange) for exchange in _in_order(text)}
        cloud.do_what_no_call_shows()
        model = _WEIGHTS.sub(cloud.weights(), _ITEM.sub(cloud.item, DATA_MODEL.read_text()))
    return Guide(_EXCHANGE.sub(lambda exchange: answers[exchange.start()], text), model)


def _in_order(text: str) -> list[re.Match[str]]:
    """A programme is published first, then the calls as they stand; what comes before them looks back at them."""
    calls = text.index("\n## Members\n")

    def rank(exchange: re.Match[str]) -> tuple[bool, bool, int]:
        publishes = exchange["asked"].startswith("POST /v1/program/versions\n")
        return not publishes, exchange.start() < calls, exchange.start()

    return sorted(_EXCHANGE.finditer(text), key=rank)


class _Cloud:
    """The functions as the Lambda service runs them, and AWS around them."""

    def __init__(self) -> None:
        self._functions = {name: _loaded(name) for name in (*ROUTES, *_STATES)}
        self._dynamodb: Any = boto3.client("dynamodb", region_name=REGION)
        self._now = NOW
        self._sent = 0
        self._jobs: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "POST /v1/rebuilds\n": self._rebuild,
            "POST /v1/segments/counts\n": self._count_members,
            "POST /v1/campaigns/counts\n": self._count_members,
            "POST /v1/campaigns/miss-you/results\n": self._compare,
        }

    def answer(self, exchange: re.Match[str]) -> str:
        """The exchange, with what is answered today."""
        asked = exchange["asked"]
        self._prepare(asked)
        answered = self._send(asked)
        assert answered["statusCode"] < HTTPStatus.INTERNAL_SERVER_ERROR, f"nobody should have to read this: {asked}"
        if asked.startswith("POST /v1/imports\n"):
            self._upload(json.loads(answered["body"])["import_id"])
        if asked.startswith("POST /v1/accounts\n"):
            self._count(json.loads(answered["body"])["account_id"])
        if asked.startswith("POST /v1/simulations\n"):
            self._replay(json.loads(answered["body"]))
        if asked.startswith("POST /v1/insights\n"):
            self._find_out(json.loads(answered["body"])["run_id"])
        for line, carry_out in self._jobs.items():
            if asked.startswith(line):
                carry_out(json.loads(answered["body"]))
        if "/start\n" in asked:
            self._carry_out(asked.split("/")[3])
        shown = _shown(answered, with_body=not exchange["answered"].strip() or "\n\n" in exchange["answered"])
        return f"```http\n{asked}```\n```http\n{shown}```"

    def let_mailboxes_bounce(self) -> None:
        """No call says so."""
        members = Table("members", REGION)
        suppressions = Suppressions(TableSuppressions(members), _ADDRESSES)
        for mailbox in ("mei@example.com", "fang@example.com"):
            word = Word(NOW - timedelta(days=1), SuppressionGround.BOUNCED)
            members.commit(suppressions.hear(destination(MessageChannel.EMAIL, mailbox), word))

    def send_a_link(self) -> None:
        """In a message to somebody of whom nothing else is told."""
        sent = planned(TemplateKind.MARKETING, id=OPENED, targets=("https://huitou.example/new",), due_at=None)
        members = Table("members", REGION)
        members.commit(TableOutbox(members).add(sent))

    def _prepare(self, asked: str) -> None:
        """A trial goes to a tester; how Mei becomes one, other calls show."""
        if '"trial": true' in asked:
            self._send(f"PUT /v1/members/{MEI}/tags/staff")
            self._look_at_mei()

    def _look_at_mei(self) -> None:
        """As whoever reads the stream does."""
        members, program = Table("members", REGION), Table("program", REGION)
        segments_on(members, program, self._functions["serve_members"].programs).refresh(MEI, self._now)

    def give_a_coupon(self) -> None:
        """By a campaign, whose journey nobody sees: to Mei, who comes with the first call."""
        cake = coupon(NOW, code="7KQW3XD9PM4C")
        members = Table("members", REGION)
        members.commit(TableCoupons(members).add(replace(cake, id=cake.id._replace(member=MEI))))

    def item(self, block: re.Match[str]) -> str:
        """The block, with the item as it is stored; its keys say which."""
        keys = dict(re.findall(r"^(pk|sk) +S +(\S+)$", block["shown"], re.M))
        stored = self._stored({name: {"S": key} for name, key in keys.items()})
        packed = (_PACKED.sub("(packed)", line) for line in described(stored))
        lines = (line if len(line) <= WIDEST else f"{line[: WIDEST - 1]}…" for line in packed)
        return f"```text {block['kind']}\n" + "\n".join(lines) + "\n```"

    def weights(self) -> str:
        """What the items weigh of which a history brings none. Of a packed one that would depend on the machine."""
        stored = (item for table in TABLES for item in self._dynamodb.scan(TableName=table)["Items"])
        weights = weights_of(stored)
        rows = ((name, round(mean(weights[name])), max(weights[name])) for name in _SELDOM)
        return "".join(f"| `{name}` | {average:,} | {largest:,} |\n" for name, average, largest in rows)

    def do_what_no_call_shows(self) -> None:
        """A key, a tick, a budget, a sale without a member, a refund without a sale, a message that waits, a journey,
        its draw, more lots than a wallet keeps, and a position.
        """
        assert self._sent <= CALLS_SHOWN
        self._sent = CALLS_SHOWN
        tokens = iter(("3f9a1c7e5b2d8046", bytes(range(32)).hex()))
        table = Table("program", REGION)
        keys = KeyService(TableKeys(table), table.commit, lambda _: next(tokens))
        keys.mint("maru", ["purchases:write", "points:read"], "till app", "arn:aws:iam::123456789012:user/mei", NOW)
        table.commit([TableWatermarks(table).save(dict.fromkeys(range(DUE_SHARDS), NOW + AHEAD))])
        members = Table("members", REGION)
        members.commit(TableBudgets(members).split(BudgetId("welcome", "points"), [], split([], 10_000, version=1)))
        self._sell("20970", {})
        self._refund_before_its_sale()
        self._send(f'POST /v1/members/{MEI}/messages\nIdempotency-Key: a-slot\n\n{{"template": "points-ending"}}')
        self._begin_a_journey(members)
        for number in range(20):
            self._sell(str(21000 + number), {"member": {"id": MEI}})
        self._look_at_mei()

    def _begin_a_journey(self, members: Table) -> None:
        named, version = JourneyId(MEI, Cause("miss-you", str(to_millis(NOW)))), 3
        said = (Turn(0, NOW + timedelta(minutes=1), TurnOutcome.PLANNED, "01M7YTJHX03J4MBKAT135V6XP4"),)
        drawn, then = Draw(held_out=False), NOW + timedelta(days=14)
        journey = Journey(named, version, NOW, step=2, due_at=then, draw=drawn, turns=said)
        mailbox = _ADDRESSES.key(destination(MessageChannel.EMAIL, "mei@example.com"))
        draws = TableDraws(members)
        own = draws.add(DrawId("miss-you", MEI), Kept(drawn, counted=frozenset({initials(mailbox)})))
        shared = draws.add(DrawId("miss-you", mailbox), Kept(drawn._replace(follows=True), members=1))
        members.commit([TableJourneys(members).add(journey), own, shared])
        occasion = Occasion(OccasionId("mid-autumn", NOW, 11), NOW + LISTED_WITHIN)
        members.commit([TableOccasions(members).add(occasion)])

    def _send(self, asked: str) -> Mapping[str, Any]:
        head, _, body = asked.partition("\n\n")
        line, *headers = head.strip().splitlines()
        method, target = line.split(" ")
        path, _, query = target.partition("?")
        function, route = _route(method, path)
        event = request(
            method,
            route,
            path=_parameters(route, path),
            query=dict(parse_qsl(query)) or None,
            headers=dict(header.split(": ", 1) for header in headers),
            body=_body(body.strip(), headers),
            key=GROUP_KEY if _is_the_groups(line) else BRAND_KEY,
        )
        answered: Mapping[str, Any] = self._at_the_next_second(function).handler(event, None)
        return answered

    def _at_the_next_second(self, function: str) -> Any:
        self._sent += 1
        self._now = NOW + timedelta(seconds=self._sent)
        module = self._functions[function]
        module.app._clock = lambda: self._now
        return module

    def _upload(self, import_id: str) -> None:
        found = _ROWS.search(API_GUIDE.read_text())
        assert found, "the guide shows the rows of its import"
        s3: Any = boto3.client("s3", region_name=REGION)
        s3.put_object(Bucket=BUCKET, Key=f"imports/{import_id}/file", Body=found["rows"].encode())

    def _carry_out(self, import_id: str) -> None:
        """What the state machine does."""
        with self._clock_of_states():
            run = self._functions["partition_import"].handler({"import_id": import_id}, None)
            for chunk in self._listed(run["manifest_key"]):
                self._functions["apply_import"].handler({"run": run, "chunk": chunk}, None)
            self._functions["report_import"].handler(run, None)

    def _count(self, account_id: str) -> None:
        """What the state machine does."""
        run = {"account_id": account_id, "manifest_key": f"accounts/{account_id}/manifest.json"}
        with self._clock_of_states():
            for shard in range(MEMBER_SHARDS):
                self._functions["count_accounts"].handler({"run": run, "chunk": {"part": shard}}, None)
            self._functions["report_accounts"].handler(run, None)

    def _replay(self, created: Mapping[str, Any]) -> None:
        """What the state machine does."""
        run = {"simulation_id": created["simulation_id"]}
        manifest = f"simulations/{created['simulation_id']}/manifest-{created['progress']['parts']}.json"
        with self._clock_of_states():
            for chunk in self._listed(manifest):
                self._functions["replay_members"].handler({"run": run, "chunk": chunk}, None)
            self._functions["report_simulation"].handler(run, None)

    def _find_out(self, run_id: str) -> None:
        """What the state machine does."""
        with self._clock_of_states():
            run = self._functions["begin_insights"].handler({"run_id": run_id}, None)
            for chunk in self._listed(run["manifest_key"]):
                self._functions["measure_members"].handler({"run": run, "chunk": chunk}, None)
            self._functions["fit_insights"].handler(run, None)

    def _rebuild(self, created: Mapping[str, Any]) -> None:
        """What the state machine does."""
        run = {"rebuild_id": created["rebuild_id"]}
        with self._clock_of_states():
            for chunk in self._listed(f"rebuilds/{created['rebuild_id']}/manifest.json"):
                self._functions["rebuild_members"].handler({"run": run, "chunk": chunk}, None)
            self._functions["report_rebuild"].handler(run, None)

    def _count_members(self, created: Mapping[str, Any]) -> None:
        """What the state machine does."""
        run = {"count_id": created["count_id"]}
        with self._clock_of_states():
            for chunk in self._listed(f"counts/{created['count_id']}/manifest.json"):
                self._functions["count_members"].handler({"run": run, "chunk": chunk}, None)
            self._functions["report_count"].handler(run, None)

    def _compare(self, created: Mapping[str, Any]) -> None:
        """What the state machine does."""
        run = {"result_id": created["result_id"]}
        with self._clock_of_states():
            for chunk in self._listed(f"results/{created['result_id']}/manifest.json"):
                self._functions["measure_campaign"].handler({"run": run, "chunk": chunk}, None)
            self._functions["report_result"].handler(run, None)

    def _listed(self, manifest: str) -> list[Any]:
        s3: Any = boto3.client("s3", region_name=REGION)
        chunks: list[Any] = json.loads(s3.get_object(Bucket=BUCKET, Key=manifest)["Body"].read())
        return chunks

    @contextmanager
    def _clock_of_states(self) -> Iterator[None]:
        with (
            patch.object(self._functions["apply_import"], "datetime", _Stopped(self._now)),
            patch.object(self._functions["report_import"], "datetime", _Stopped(self._now)),
            patch.object(self._functions["rebuild_members"], "datetime", _Stopped(self._now)),
            patch("huitou.platform.state_machines.datetime", _Stopped(self._now)),
            patch.object(self._functions["begin_insights"], "datetime", _Stopped(self._now)),
        ):
            yield

    def _sell(self, receipt: str, member: Mapping[str, Any]) -> None:
        sale = {
            "store": "m1",
            "terminal": "3",
            "receipt": receipt,
            "occurred_at": format_instant(self._now),
            "currency": "TWD",
            "lines": [{"sku": "4710088412345", "category": "bread", "amount": "300"}],
            "total": "300",
        }
        answered = self._send(f"POST /v1/purchases\n\n{json.dumps({**sale, **member})}")
        assert answered["statusCode"] == HTTPStatus.CREATED, answered["body"]

    def _refund_before_its_sale(self) -> None:
        refund = {
            "refund_id": "R-4-0001",
            "purchase": {"store": "m1", "terminal": "4", "receipt": "20990", "business_date": "2026-11-21"},
            "occurred_at": format_instant(self._now),
        }
        answered = self._send(f"POST /v1/refunds\n\n{json.dumps(refund)}")
        assert answered["statusCode"] == HTTPStatus.ACCEPTED, answered["body"]

    def _stored(self, key: Mapping[str, Any]) -> Mapping[str, Any]:
        """The item with this key, in whichever table it is."""
        for table in TABLES:
            found = self._dynamodb.get_item(TableName=table, Key=key).get("Item")
            if found:
                return dict(found)
        raise LookupError(f"docs/data-model.md shows an item that is not there: {key['pk']['S']} {key['sk']['S']}")


class _Stopped:
    """Stands in for `datetime` in a module that asks it for now."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self, zone: Any) -> datetime:
        return self._now.astimezone(zone)


_STATES = (
    *("partition_import", "apply_import", "report_import"),
    *("count_accounts", "report_accounts"),
    *("replay_members", "report_simulation"),
    *("rebuild_members", "report_rebuild", "count_members", "report_count"),
    *("measure_campaign", "report_result"),
    *("begin_insights", "measure_members", "fit_insights"),
)


def _loaded(function: str) -> Any:
    return importlib.reload(importlib.import_module(f"functions.{function}.handler"))


def _route(method: str, path: str) -> tuple[str, str]:
    """The function and the template for a path; the more literal one where two fit."""
    fitting = [
        (function, line.split(" ")[1])
        for function, lines in ROUTES.items()
        for line in lines
        if re.fullmatch(f"{method} {_pattern(line.split(' ')[1])}", f"{method} {path}")
        and line.startswith(f"{method} ")
    ]
    return min(fitting, key=lambda found: found[1].count("{"))


_OF_THE_GROUP = (
    *("/v1/program/drafts", "/v1/program/rollback", "/v1/simulations", "/v1/insights", "/v1/suppressions"),
    *("/v1/accounts", "/v1/settlements", "/v1/merges", "/v1/rebuilds", "/v1/segments/preview"),
    *("/v1/segments/counts", "/v1/campaigns/counts"),
)


def _is_the_groups(line: str) -> bool:
    """Calls that only a key of the group may make."""
    path = line.split(" ")[1].partition("?")[0]
    is_about_a_member = path.endswith(("/erasure", "/export", "/tags/staff"))
    return line == "POST /v1/program/versions" or is_about_a_member or path.startswith(_OF_THE_GROUP)


def _body(text: str, headers: Sequence[str]) -> Any:
    """As it is sent."""
    stands = any(header.startswith(AS_IT_STANDS) for header in headers)
    return text if stands or not text else json.loads(text)


def _pattern(route: str) -> str:
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route)


def _parameters(route: str, path: str) -> dict[str, str] | None:
    found = re.fullmatch(_pattern(route), path)
    assert found
    return found.groupdict() or None


def _shown(answered: Mapping[str, Any], *, with_body: bool) -> str:
    status = HTTPStatus(answered["statusCode"])
    headers = {name: values[0] for name, values in answered["multiValueHeaders"].items()}
    named = (f"{name}: {headers[name]}\n" for name in ("ETag", "Location", "Retry-After") if name in headers)
    head = f"HTTP/1.1 {status.value} {status.phrase}\n" + "".join(named)
    if not with_body or not answered["body"]:
        return head
    body = _SIGNED.sub(r"https://…/\1?…", laid_out(json.loads(answered["body"])))
    return f"{head}\n{body}\n"


@contextmanager
def _cloud() -> Iterator[_Cloud]:
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "HUITOU_MEMBERS_TABLE": "members",
        "HUITOU_PROGRAM_TABLE": "program",
        "HUITOU_IDENTITY_SECRET": "identity",
        "HUITOU_LINK_SECRET": "link",
        "HUITOU_ADDRESS_SECRET": "address",
        "HUITOU_LINE_SECRET": "line",
        "HUITOU_CODE_SECRET": "code",
        "HUITOU_IMPORT_BUCKET": BUCKET,
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    with (
        mock_aws(),
        _in_silence(),
        patch("huitou.kernel.ids.ULID", wraps=ULID, side_effect=(MEI, FANG, HUI)),
        patch("huitou.program.service.CACHE_SECONDS", 0.0),
        patch("huitou.verifying.codes.OneTimeCodes.of", return_value="428913"),
        patch.dict("os.environ", environment) as variables,
    ):
        variables.pop("AWS_ENDPOINT_URL", None)
        for name in TABLES:
            create_table(name, None)
        secrets: Any = boto3.client("secretsmanager", region_name=REGION)
        secrets.create_secret(Name="identity", SecretString="a secret of the guide")
        secrets.create_secret(Name="address", SecretString="a secret of the guide")
        secrets.create_secret(Name="line", SecretString=LINE_SECRET)
        secrets.create_secret(Name="link", SecretString=LINK_SECRET)
        secrets.create_secret(Name="code", SecretString="a secret of the guide")
        s3: Any = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        states: Any = boto3.client("stepfunctions", region_name=REGION)
        definition = {"StartAt": "wait", "States": {"wait": {"Type": "Pass", "End": True}}}
        role = "arn:aws:iam::123456789012:role/import"
        for name in ("import", "account", "simulation", "insight", "rebuild", "count", "result"):
            machine = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)
            variables[f"HUITOU_{name.upper()}_STATE_MACHINE"] = machine["stateMachineArn"]
        yield _Cloud()


@contextmanager
def _in_silence() -> Iterator[None]:
    """Without the functions' logs. A level would stay theirs: Powertools keeps one logger for a service."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def main() -> None:
    """Writes both pages."""
    guide = refreshed()
    API_GUIDE.write_text(guide.api)
    DATA_MODEL.write_text(guide.data_model)


if __name__ == "__main__":
    main()

"""What the tests send: a programme, people, sales; and what they expect of a refusal."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from huitou.kernel.instants import format_instant
from tests.builders import document, rule

Body = dict[str, Any]
T = TypeVar("T")

DAY = timedelta(days=1)
NAME = "王美惠"
"""What everybody here is called, so that a log can be searched for it."""
PHONE_PREFIX = "0987"
EMAIL_DOMAIN = "people.example"
_NUMBERS = count(random.randrange(1_000_000))  # noqa: S311 - not a secret

PROGRAM = document(
    point_currencies=[
        {"id": "points", "name": "Points", "transferable": True, "expiry": {"type": "rolling_days", "days": 90}},
        {
            "id": "beans",
            "name": "Beans",
            "brand": "sora",
            "pending_days": 1,
            "expiry": {"type": "rolling_days", "days": 1},
        },
        {"id": "leaves", "name": "Leaves", "expiry": {"type": "rolling_days", "days": 1}, "expiry_notice_days": 1},
    ],
    earning=[
        rule(),
        rule(id="beans", name="Beans", currency="beans", per="10", when={"brands": ["sora"]}),
        rule(id="leaves", name="Leaves", currency="leaves", per="10", when={"categories": ["tea"]}),
        rule(id="gift", name="Gift", currency="leaves", per="10", when={"skus": ["gift-1"]}, funded_by="group"),
    ],
    tiers={
        "measure": "spend",
        "window": {"type": "calendar", "months": 12},
        "levels": [
            {"id": "basic", "name": "Basic", "threshold": "0"},
            {"id": "gold", "name": "Gold", "threshold": "50000"},
        ],
    },
    money_off=[{"brand": "maru", "currency": "points", "points": "5", "money": "5"}],
    conversions=[{"from": "leaves", "to": "points", "give": "3", "get": "1"}],
    refunds={"policy": "debt"},
    settlement={
        "worth": [
            {"currency": "points", "since": "2020-01-01", "points": "1", "money": "1"},
            {"currency": "leaves", "since": "2020-01-01", "points": "3", "money": "1"},
        ]
    },
)
"""One point per 100, good for 90 days. At sora a bean per 10, which begins the day after; for tea a leaf per 10,
and for gift-1 another one, which the group pays for.

Beans and leaves are over after the day that follows the one on which they began; of leaves, this is announced a day
before. Gold begins at 50,000 a year. At
maru, 5 points take 5 off a bill; 3 leaves become a point; points that a refund cannot take back are owed.
In the books a point is worth 1, and so are three leaves.
"""


def now() -> datetime:
    """The tests' clock, which is that of the functions too."""
    return datetime.now(UTC)


def ago(**how_long: float) -> str:
    """An instant before now, as it is sent: ``ago(days=3)``."""
    return format_instant(now() - timedelta(**how_long))


def unique(prefix: str = "") -> str:
    """A name that nobody used before."""
    return f"{prefix}{uuid4().hex[:16]}"


def a_phone() -> str:
    """A number that nobody had before, as people in Taiwan write it."""
    number = f"{next(_NUMBERS) % 1_000_000:06d}"
    return f"{PHONE_PREFIX}-{number[:3]}-{number[3:]}"


def an_email() -> str:
    """Somebody's address."""
    return f"{unique('mei.')}@{EMAIL_DOMAIN}"


def keyed(key: str | None = None) -> dict[str, str]:
    """The header that names a command; by default a new one."""
    return {"Idempotency-Key": key or unique("key-")}


def enrolment(**changes: Any) -> Body:
    """Somebody with a phone who enrols at maru."""
    return {"identities": [{"phone": a_phone()}], "profile": {"name": NAME}, "brand": "maru", **changes}


def enrol(api: httpx.Client, **changes: Any) -> str:
    """The id of a new member."""
    return str(created(api.post("/v1/members", json=enrolment(**changes)))["member_id"])


def sale(member: str | Body | None = None, amount: str = "1000", **changes: Any) -> Body:
    """A sale of bread at maru's store m1, just now, under a new receipt; ``member`` by id or by an identity."""
    reference = {"member": {"id": member} if isinstance(member, str) else member} if member else {}
    return {
        "brand": "maru",
        "store": "m1",
        "terminal": "1",
        "receipt": unique("R"),
        "occurred_at": ago(seconds=1),
        "currency": "TWD",
        "lines": [{"sku": "bread-1", "category": "bread", "amount": amount}],
        "total": amount,
        **reference,
        **changes,
    }


def sora_sale(member: str | Body | None = None, amount: str = "1000", **changes: Any) -> Body:
    """A sale at sora's store s1."""
    return sale(member, amount, **{"brand": "sora", "store": "s1", **changes})


def refund_of(bill: Body, *lines: Body) -> Body:
    """What a till sends when goods come back; without lines, everything."""
    named = {field: bill[field] for field in ("store", "terminal", "receipt", "occurred_at")}
    back = {"lines": list(lines)} if lines else {}
    return {"refund_id": unique("B"), "brand": "maru", "purchase": named, "occurred_at": bill["occurred_at"], **back}


def redemption(member: str | Body, points: str, **changes: Any) -> Body:
    """Points to be spent at maru."""
    return {
        "member": {"id": member} if isinstance(member, str) else member,
        "points": points,
        "brand": "maru",
    } | changes


def buy(api: httpx.Client, member: str, amount: str) -> Body:
    """The answer to a purchase."""
    return created(api.post("/v1/purchases", json=sale(member, amount)))


def wallet(api: httpx.Client, member: str, **query: str) -> Body:
    """A member's wallet."""
    return found(api.get(f"/v1/members/{member}/wallet", params=query))


def spendable(api: httpx.Client, member: str, **query: str) -> str:
    """What a member can spend."""
    return str(wallet(api, member, **query)["spendable"])


def entries(api: httpx.Client, member: str, **query: str) -> list[Body]:
    """All entries of a wallet, the oldest first; they follow one another without a gap."""
    items: list[Body] = []
    cursor: dict[str, str] = {}
    while True:
        page = found(api.get(f"/v1/members/{member}/entries", params={"limit": "100", **query, **cursor}))
        items += page["items"]
        if page["next_cursor"] is None:
            return items[::-1]
        cursor = {"cursor": page["next_cursor"]}


def created(answer: httpx.Response) -> Body:
    """The body of a 201."""
    return _body(answer, 201)


def found(answer: httpx.Response) -> Body:
    """The body of a 200."""
    return _body(answer, 200)


def accepted(answer: httpx.Response) -> Body:
    """The body of a 202."""
    return _body(answer, 202)


def refusal(answer: httpx.Response, status: int, code: str) -> Body:
    """The problem document of an answer with this status and code (E30): whole, and saying nothing of our insides."""
    problem = _body(answer, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["code"] == code, problem
    assert problem["status"] == status
    assert problem["type"] == f"/problems/{code}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"]
    assert "Traceback" not in answer.text
    return problem


def pointers(problem: Body) -> list[str]:
    """The places in the request that a problem names."""
    return [error["pointer"] for error in problem["errors"]]


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """The answers to all calls, each made from its own thread, let go together."""
    start = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def _body(answer: httpx.Response, status: int) -> Body:
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    body: Body = answer.json()
    return body

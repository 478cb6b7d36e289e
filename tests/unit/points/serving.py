"""How tests call the functions about points, with the events of the gateway that `events/` holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import to_instant
from huitou.platform.table import Table
from huitou.points.decisions import Decision, Earn, decide, join, touch
from huitou.points.earning import earnings
from huitou.points.store import TableWallets
from huitou.points.wallet import Cause
from tests.builders import Line, sale
from tests.contract.targets import REGION
from tests.gateway import found_at
from tests.serving import MEI, Event, Loaded, Result, enrol, enrol_mei, sample_for

FUNCTIONS = ("serve_wallets", "serve_checkouts")
NOW = to_instant(datetime.now(UTC))
DAY = timedelta(days=1)
WRITES = (
    *("redeem", "reverse", "adjust", "reinstate"),
    *("place_hold", "capture_hold", "release_hold", "transfer", "convert"),
)
READS = ("get_wallet", "list_entries", "get_redemption", "get_hold", "get_transfer", "get_conversion")
LIN = MemberId("01JNSM3VF0R6T8C1W5PJ4X9YZB")


def event(name: str, *, body: Any = None, key: str | None = None, query: dict[str, str] | None = None) -> Event:
    """The sample of a call, with other fields in its body, another Idempotency-Key or query."""
    loaded = sample_for(FUNCTIONS, name)
    if body is not None:
        fields = {**json.loads(loaded["body"] or "{}"), **body}
        loaded["body"] = json.dumps({field: value for field, value in fields.items() if value is not None})
    if key is not None:
        loaded["headers"]["Idempotency-Key"] = key
        loaded["multiValueHeaders"]["Idempotency-Key"] = [key]
    if query is not None:
        loaded["queryStringParameters"] = query
        loaded["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
    return loaded


def about(redemption: dict[str, Any], asked: Event) -> Event:
    """The same call for this redemption."""
    sample = asked["pathParameters"]["redemption_id"]
    asked["path"] = asked["path"].replace(sample, redemption["redemption_id"])
    asked["pathParameters"] = {"redemption_id": redemption["redemption_id"]}
    return asked


def of(thing: str, asked: Event) -> Event:
    """The same call for another hold, transfer, conversion or entry."""
    ((name, sample),) = asked["pathParameters"].items()
    asked["path"] = asked["path"].replace(sample, thing)
    asked["pathParameters"] = {name: thing}
    return asked


def by(brand: str, asked: Event, permissions: str = "points:read points:write") -> Event:
    """The same call with another key."""
    asked["requestContext"]["authorizer"] |= {"brand": brand, "permissions": permissions}
    return asked


class Function:
    """What answers, as the Lambda service runs it, with Mei enrolled at maru and a programme published."""

    def __init__(self, functions: Loaded) -> None:
        self._functions = functions
        self.table = Table("members", REGION)
        self.wallets = TableWallets(self.table)
        enrol_mei(self.table, functions.programs, NOW - 200 * DAY)

    def __call__(self, incoming: Event) -> Result:
        """(status, body)"""
        answer = self._functions.answer(incoming)
        return answer["statusCode"], json.loads(answer["body"])

    def location(self, incoming: Event) -> str:
        """Where the answer says that its subject is found."""
        return found_at(incoming, self._functions.answer(incoming))

    def earn(self, money: int, *, days_ago: int = 1, brand: str = "maru", purchase: str = "purchase-1") -> None:
        """What a purchase does to Mei's wallet."""
        program, at = self._functions.programs.active(), NOW - days_ago * DAY
        wallet = self.wallets.load(MEI, "points")
        assert wallet is not None
        earned = earnings(sale(Line(money), occurred_at=at, brand=brand), program)["points"]
        decision = decide(wallet, Earn(earned, brand, at, Cause("purchase", purchase)), program, NOW)
        self.table.commit(self.wallets.save(wallet, decision))

    def enrol_lin(self) -> None:
        """The friend whom the samples give points to."""
        enrol(LIN, "0922-333-444", self.table, self._functions.programs, NOW - 200 * DAY)

    def join_sora(self) -> None:
        """What Mei's first use of anything at sora does."""
        wallet = self.wallets.load(MEI, "points")
        assert wallet is not None
        self.table.commit(self.wallets.save(wallet, Decision(touch(join(wallet, "sora", NOW), NOW), ())))

    def balance(self) -> str:
        status, wallet = self(by("group", event("get_wallet", query={})))
        assert status == 200
        return str(wallet["spendable"])

    def entries(self, brand: str = "group") -> list[dict[str, Any]]:
        status, page = self(by(brand, event("list_entries")))
        assert status == 200
        return list(page["items"])

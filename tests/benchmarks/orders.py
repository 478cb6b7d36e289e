"""What the other calls about a purchase and its points cost, beside the purchase: the real handlers, one basket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from huitou.kernel.ids import MemberId
from tests.benchmarks.baskets import TEN_LINES
from tests.benchmarks.stage import JUST_NOW, Cost, Stage
from tests.gateway import request

LOTS = 10
COOLING_OFF = timedelta(days=9)
"""After which the points of sora's own have begun."""
_PURCHASES, _REFUNDS, _CHECKOUTS, _WALLETS = "record_purchases", "refund_purchases", "serve_checkouts", "serve_wallets"

Body = Mapping[str, Any]


class Till:
    """The functions that a till and an app call, over one table at one time of day; and members with ten open lots."""

    def __init__(self, endpoint: str, table: str, now: datetime) -> None:
        names = (_PURCHASES, _REFUNDS, _CHECKOUTS, _WALLETS)
        self._stages = {name: Stage(endpoint, name, table, now) for name in names}
        self._numbers = count(900_000)
        self._now = now

    def member(self) -> MemberId:
        """Somebody with ten lots of 25 points."""
        stage = self._stages[_PURCHASES]
        member = stage.enrol(f"T-{next(self._numbers)}", self._now - timedelta(days=200))
        stage.give_lots(member, LOTS)
        return member

    def with_beans(self) -> MemberId:
        """Somebody who bought at sora before, and can spend what it gives."""
        stage, member = self._stages[_PURCHASES], self.member()
        stage.now = self._now - COOLING_OFF
        self.buy(member, store=19)
        stage.now = self._now
        stage.settle(member)
        return member

    def look_at(self, member: MemberId) -> None:
        """As the stream does after each change."""
        self._stages[_PURCHASES].look_at(member, JUST_NOW)

    def buy(self, member: MemberId, *, store: int = 12, redemption: Body | None = None) -> Cost:
        """Ten lines, at maru."""
        now = self._stages[_PURCHASES].now
        basket = replace(TEN_LINES, occurred_at=now, number=next(self._numbers), store=store)
        return self._post(_PURCHASES, "/v1/purchases", {**basket.body(id=member), "redemption": redemption})

    def quote(self, member: MemberId) -> Cost:
        bill = TEN_LINES.body(id=member)
        body = {name: bill[name] for name in ("member", "brand", "store", "currency", "lines", "total")}
        return self._post(_CHECKOUTS, "/v1/quotes", body, status=200)

    def refund(self, *lines: Body) -> Cost:
        """Of what was bought last."""
        body = {
            "refund_id": str(next(self._numbers)),
            "brand": "maru",
            "purchase": {"purchase_id": self._said(_PURCHASES)["purchase_id"]},
            "occurred_at": self._now.isoformat(),
            **({"lines": lines} if lines else {}),
        }
        return self._post(_REFUNDS, "/v1/refunds", body)

    def move(self, member: MemberId) -> Cost:
        """What was bought last, to somebody else."""
        purchase = str(self._said(_PURCHASES)["purchase_id"])
        body = {"member": {"id": member}, "reason": "the neighbour's card"}
        return self._post(_REFUNDS, "/v1/purchases/{purchase_id}/move", body, {"purchase_id": purchase})

    def hold(self, member: MemberId) -> Cost:
        return self._post(_CHECKOUTS, "/v1/holds", order(member), key=next(self._numbers))

    def held(self) -> str:
        """The hold that was placed last."""
        return str(self._said(_CHECKOUTS)["hold_id"])

    def capture(self, **part: str) -> Cost:
        return self._post(_CHECKOUTS, "/v1/holds/{hold_id}/capture", part, {"hold_id": self.held()})

    def release(self) -> Cost:
        return self._post(_CHECKOUTS, "/v1/holds/{hold_id}/release", None, {"hold_id": self.held()})

    def redeem(self, member: MemberId) -> Cost:
        return self._post(_WALLETS, "/v1/redemptions", order(member), key=next(self._numbers))

    def reverse(self) -> Cost:
        path = {"redemption_id": str(self._said(_WALLETS)["redemption_id"])}
        return self._post(_WALLETS, "/v1/redemptions/{redemption_id}/reversal", None, path)

    def transfer(self, giver: MemberId, friend: MemberId) -> Cost:
        body = {"from": {"id": giver}, "to": {"id": friend}, "points": "30", "brand": "maru"}
        return self._post(_WALLETS, "/v1/transfers", body, key=next(self._numbers))

    def convert(self, member: MemberId) -> Cost:
        body = {"member": {"id": member}, "from": "beans", "to": "points", "points": "5", "brand": "sora"}
        return self._post(_WALLETS, "/v1/conversions", body, key=next(self._numbers))

    def _post(
        self,
        function: str,
        route: str,
        body: Body | None,
        path: Mapping[str, str] | None = None,
        *,
        key: int | None = None,
        status: int = 201,
    ) -> Cost:
        headers = {"Idempotency-Key": f"bench-{key}"} if key else {}
        event = request("POST", route, path=path, headers=headers, body=body)
        return self._stages[function].answer(event, status)

    def _said(self, function: str) -> Mapping[str, Any]:
        return self._stages[function].said


def order(member: MemberId) -> Body:
    """Of 200 points, at maru."""
    return {"member": {"id": member}, "points": "200", "brand": "maru"}


def measure(till: Till) -> Iterator[tuple[str, Cost]]:
    """Each call with what it cost, by members of their own."""
    for name, call in _CALLS.items():
        yield name, call(till)


def _after_a_sale(then: Callable[[Till], Cost], redemption: Body | None = None) -> Callable[[Till], Cost]:
    def call(till: Till) -> Cost:
        till.buy(till.member(), redemption=redemption)
        return then(till)

    return call


def _after_a_hold(then: Callable[[Till], Cost]) -> Callable[[Till], Cost]:
    def call(till: Till) -> Cost:
        till.hold(till.member())
        return then(till)

    return call


def _after_a_redemption(till: Till) -> Cost:
    till.redeem(till.member())
    return till.reverse()


def _out_of_a_hold(till: Till) -> Cost:
    member = till.member()
    till.hold(member)
    till.look_at(member)
    return till.buy(member, redemption={**_PAID, "hold_id": till.held()})


def _of_the_rest(till: Till) -> Cost:
    till.refund({"line": 2})
    return till.refund()


_PAID: Body = {"points": "200"}
_CALLS: Mapping[str, Callable[[Till], Cost]] = {
    "a purchase": lambda till: till.buy(till.member()),
    "a purchase that points pay in part": lambda till: till.buy(till.member(), redemption=_PAID),
    "a purchase that captures a hold": _out_of_a_hold,
    "a quote": lambda till: till.quote(till.member()),
    "a refund of a line": _after_a_sale(lambda till: till.refund({"line": 2})),
    "a refund of the rest": _after_a_sale(_of_the_rest),
    "a refund of everything": _after_a_sale(Till.refund),
    "a refund in money and points": _after_a_sale(Till.refund, redemption=_PAID),
    "a purchase moved to another member": _after_a_sale(lambda till: till.move(till.member())),
    "a redemption": lambda till: till.redeem(till.member()),
    "its reversal": _after_a_redemption,
    "a hold": lambda till: till.hold(till.member()),
    "a capture of all of it": _after_a_hold(Till.capture),
    "a capture of a part": _after_a_hold(lambda till: till.capture(points="120")),
    "a release": _after_a_hold(Till.release),
    "a transfer": lambda till: till.transfer(till.member(), till.member()),
    "a conversion": lambda till: till.convert(till.with_beans()),
}
